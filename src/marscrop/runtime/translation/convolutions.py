"""Convolutions as layers: weights packed, and all that they say of padding and steps looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from marscrop.runtime.compiled_model import BLOCK
from marscrop.runtime.translation import packing
from marscrop.runtime.translation.program import ProgramWriter, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.runtime.translation.onnx_graph import Node

    Array = NDArray[Any]

_LARGEST_WEIGHT: Final = 64
"""Two products of it and a byte fit 16 bits, which some processors add them in."""
_LARGEST_SCALE: Final = 16
"""So that scaled sums of bytes fit 32 bits."""
_QUANTISED_TAPS: Final = 3
_MOST_TAPS: Final = 5
_BIAS_TOLERANCE: Final = 1e-6
"""By how much the step of biases may differ from that of sums, relative."""
_HALF: Final = 128
"""What is taken from bytes where a processor multiplies signed ones."""


class Integers(NamedTuple):
    """Constant integers that stand for reals.

    Attributes:
        values: with one of `scales` for each of the first axis.
        scales: what a real is for each step.
    """

    values: Array
    scales: Array


class Real(NamedTuple):
    """What a tensor of bytes stands for: (byte - zero) * step."""

    tensor: Tensor
    step: np.float32
    zero: int


class Convolved(NamedTuple):
    """Reals convolved with integers, before they are quantised again."""

    real: Real
    weights: Integers
    bias: Integers
    node: Node


def quantised_convolution(
    writer: ProgramWriter, value: Convolved, step: np.float32, zero: int
) -> Tensor:
    """What comes out of a convolution of bytes: a layer more, and its tensor of bytes.

    Raises:
        ValueError: it is not for the parts in C.
    """
    real, weights, bias, node = value
    integers = weights.values
    if integers.dtype != np.int8 or np.abs(integers.astype(int)).max() > _LARGEST_WEIGHT:
        raise ValueError("weights that are too large")
    if bias.values.dtype != np.int32 or np.any(
        np.abs(bias.scales / (real.step * weights.scales) - 1) > _BIAS_TOLERANCE
    ):
        raise ValueError("a bias with a step of its own")
    shape = _Shape.of(node, integers.shape, real.tensor)
    if bias.values.shape != (len(integers),):
        raise ValueError("a bias of another length")
    if shape.taps == 1 and real.tensor.channels % packing.QUAD:
        raise ValueError("of channels that fill no instruction")
    rows = integers.transpose(0, 2, 3, 1).reshape(len(integers), -1)
    totals = rows.sum(1, dtype=np.int32)
    sums = bias.values - real.zero * totals
    # As ONNX Runtime has it, rounding by rounding.
    scales = np.broadcast_to((real.step * weights.scales) / step, len(integers))
    if scales.max() > _LARGEST_SCALE:
        raise ValueError("a step that is too small")
    values = [sums, sums + _HALF * totals, scales]
    if shape.depthwise:
        if shape.taps != _QUANTISED_TAPS:
            raise ValueError("filters of another size")
        rows, *values = (packing.repeated(part) for part in (rows, *values))
        packed = packing.quantised_depthwise_weights(rows)
        values = [packing.quantised_depthwise_order(part) for part in values]
    else:
        packed = packing.quantised_product_weights(rows)
        values = [packing.padded_columns(part) for part in values]
    target = writer.tensor(len(integers), real.tensor.divisor * shape.stride, 1)
    writer.layer(
        "quantised depthwise" if shape.depthwise else "quantised convolution",
        real.tensor,
        target,
        **shape.fields(),
        first=len(rows),
        zero_in=real.zero,
        zero=zero,
        weights=writer.store(packed),
        sums=writer.store(values[0].astype(np.int32)),
        signed_sums=writer.store(values[1].astype(np.int32)),
        scales=writer.store(values[2].astype(np.float32)),
    )
    return target


def float_convolution(
    writer: ProgramWriter, source: Tensor, weights: Array, bias: Array, node: Node, rectified: bool
) -> Tensor:
    """What comes out of a convolution of floats: a layer more, and its tensor of floats.

    Args:
        writer: of the program.
        source: what is convolved.
        weights: (channels, channels before, taps, taps).
        bias: (channels,).
        node: that says how.
        rectified: whether what is below 0 becomes 0.

    Raises:
        ValueError: it is not for the parts in C.
    """
    shape = _Shape.of(node, weights.shape, source)
    if bias.shape != (len(weights),):
        raise ValueError("a bias of another length")
    rows = weights.transpose(0, 2, 3, 1).reshape(len(weights), -1).astype(np.float32)
    target = writer.tensor(len(weights), source.divisor * shape.stride, 4)
    writer.layer(
        "depthwise" if shape.depthwise else "convolution",
        source,
        target,
        **shape.fields(),
        rectified=int(rectified),
        weights=writer.store(packing.product_weights(rows)),
        biases=writer.store(packing.padded_columns(bias.astype(np.float32))),
    )
    return target


class _Shape(NamedTuple):
    """What a convolution's filters are like.

    Attributes:
        taps: on a side.
        stride: pixels from one place to the next.
        before: pixels of padding at the left and the top.
        depthwise: whether each channel has a filter of its own.
    """

    taps: int
    stride: int
    before: int
    depthwise: bool

    @classmethod
    def of(cls, node: Node, weights: tuple[int, ...], source: Tensor) -> _Shape:
        """The shape that a node and its weights' shape say.

        Raises:
            ValueError: it is not for the parts in C.
        """
        said = node.attributes
        outputs, inputs, *taps = weights
        group = said.get("group", 1)
        stride, other_stride = said.get("strides", [1, 1])
        top, left, bottom, right = said.get("pads", [0, 0, 0, 0])
        if taps != said.get("kernel_shape", taps) or taps[0] != taps[1] or taps[0] > _MOST_TAPS:
            raise ValueError("filters of another size")
        if set(said.get("dilations", [1])) != {1} or said.get("auto_pad", "NOTSET") != "NOTSET":
            raise ValueError("dilated, or padded otherwise")
        if stride != other_stride or (top, bottom) != (left, right) or stride not in (1, 2):
            raise ValueError("not the same across and down")
        # So that the sides that come out are those that go in, divided by the stride.
        if (top + bottom - taps[0] + stride) // stride or top >= taps[0]:
            raise ValueError("padded otherwise")
        depthwise = group > 1
        if depthwise and not (group == source.channels == outputs and inputs == 1):
            raise ValueError("in groups")
        if depthwise and outputs % BLOCK:
            raise ValueError("of channels that fill no register")
        if not depthwise and inputs != source.channels:
            raise ValueError("of other channels")
        return cls(taps[0], stride, top, depthwise)

    def fields(self) -> dict[str, int]:
        """Of a layer."""
        return {"taps": self.taps, "stride": self.stride, "before": self.before}
