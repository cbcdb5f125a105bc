"""ONNX and the student: weights of a shipped network read, a trained student written.

Written are ordinary operators between `QuantizeLinear` and `DequantizeLinear`: a runtime may fuse
them to integer ones, as ONNX Runtime does, or compute the same in floats.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from marscrop.errors import ModelError
from marscrop_research.distil.student import (
    PIXEL_STEP,
    ZERO_POINT,
    QuantisedConv,
    QuantisedFeatures,
)

OPSET: Final = 18
_HALF: Final = ".half"
_MOST_BIAS: Final = 2**30
"""With the sum of products it must fit 32 bits."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Weights and biases of a shipped `features.onnx`, by torchvision's names, float32."""
    weights = {}
    for tensor in onnx.load(path).graph.initializer:
        name = tensor.name.removesuffix(_HALF).replace(".weight_bias", ".bias")
        weights[name] = torch.from_numpy(numpy_helper.to_array(tensor).astype(np.float32))
    return weights


def to_onnx(network: QuantisedFeatures) -> onnx.ModelProto:
    """`pixels` (1, h, w, 3) uint8, as they come from a decoder, to `features` (1, c, h', w').

    Raises:
        ModelError: a bias does not fit 32 bits.
    """
    graph = _Graph()
    with torch.no_grad():
        graph.node("Transpose", ["pixels"], "planes", perm=[0, 3, 1, 2])
        x = graph.dequantised("planes", PIXEL_STEP, signed=True)
        x = graph.conv("features.0", network.stem, x, PIXEL_STEP)
        step = float(network.stem.step)
        for number, block in enumerate(network.chain, start=1):
            name, out, at = f"features.{number}", x, step
            for part, conv in block.convolutions():
                out = graph.conv(f"{name}.{part}", conv, out, at)
                at = float(conv.step)
            if block.adds:
                out = graph.add(f"{name}.add", x, out, at)
            elif block.residual:
                graph.node("Add", [x, out], "features")
            x, step = out, at
        channels = network.chain[-1].project.shares.shape[0]
    return graph.model(channels)


class _Graph:
    """Nodes and tensors as they are added."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def tensor(self, name: str, values: NDArray[np.generic]) -> str:
        self._tensors.append(numpy_helper.from_array(values, name))
        return name

    def dequantised(self, name: str, step: float, signed: bool) -> str:
        """The real values of unsigned bytes."""
        return self.node(
            "DequantizeLinear", [name, *self._rule(name, step, signed)], f"{name}.real"
        )

    def conv(self, name: str, conv: QuantisedConv, x: str, step: float) -> str:
        """A convolution's output, rounded, as real values."""
        scales = conv.weight_scales()
        bias_scales = scales * step
        bias = conv.integer_bias(step)
        if bias.abs().max() > _MOST_BIAS:
            raise ModelError(name, f"a bias of {float(conv.bias.abs().max()):.3g} is too large")
        before, behind = conv.pads
        out = self.node(
            "Conv",
            [
                x,
                self._by_channel(f"{name}.weight", conv.integer_weight().to(torch.int8), scales),
                self._by_channel(f"{name}.bias", bias.to(torch.int32), bias_scales),
            ],
            f"{name}.sum",
            kernel_shape=[conv.kernel] * 2,
            strides=[conv.stride] * 2,
            pads=[before, before, behind, behind],
            group=conv.groups,
        )
        return self._rounded(name, out, float(conv.step), conv.signed)

    def add(self, name: str, a: str, b: str, step: float) -> str:
        """The sum of two signed maps of one step, rounded, as real values."""
        return self._rounded(name, self.node("Add", [a, b], f"{name}.sum"), step, signed=True)

    def model(self, channels: int) -> onnx.ModelProto:
        pixels = helper.make_tensor_value_info(
            "pixels", TensorProto.UINT8, [1, "height", "width", 3]
        )
        features = helper.make_tensor_value_info(
            "features", TensorProto.FLOAT, [1, channels, "height / 16", "width / 16"]
        )
        graph = helper.make_graph(self._nodes, "features", [pixels], [features], self._tensors)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="marscrop"
        )
        model.ir_version = 10
        onnx.checker.check_model(model, full_check=True)
        return model

    def _rounded(self, name: str, real: str, step: float, signed: bool) -> str:
        self.node("QuantizeLinear", [real, *self._rule(name, step, signed)], name)
        return self.dequantised(name, step, signed)

    def _rule(self, name: str, step: float, signed: bool) -> list[str]:
        """Names of the step and the zero point of a map of bytes."""
        rule = [f"{name}.step", f"{name}.zero"]
        if not any(tensor.name == rule[0] for tensor in self._tensors):
            self.tensor(rule[0], np.array(step, np.float32))
            self.tensor(rule[1], np.array(ZERO_POINT if signed else 0, np.uint8))
        return rule

    def _by_channel(self, name: str, integers: Tensor, scales: Tensor) -> str:
        inputs = [
            self.tensor(f"{name}.integers", integers.numpy()),
            self.tensor(f"{name}.scales", scales.numpy().astype(np.float32)),
            self.tensor(f"{name}.zeros", np.zeros(len(scales), integers.numpy().dtype)),
        ]
        return self.node("DequantizeLinear", inputs, name, axis=0)
