"""The student: the MobileNetV2 blocks of a shipped network, in integers of 8 bits, to be trained.

Between layers there are only integers: 0..255 behind an activation, -128..127 elsewhere, each worth
a *step* that is learned. So the network in evaluation mode is, to the bit, the one that runs. Sums
are of integers, and each is multiplied once, by one float, and rounded to the nearest even: nothing
depends on the processor.

Weights have 7 bits, -63..63, with a scale for each channel. Processors without VNNI add pairs of
products of an unsigned and a signed byte in 16 bits: 2 x 255 x 63 fits, with 8 bits it would not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marscrop.errors import ModelError

MOST_WEIGHT: Final = 63
MOST_UNSIGNED: Final = 255
MOST_SIGNED: Final = 127
ZERO_POINT: Final = 128
"""Of signed values, and of pixels: what is stored as an unsigned byte is this much more."""

PIXEL_STEP: Final = 1 / 127.5
_PIXEL_SHIFT: Final = 0.5
"""The shipped network's pixels are (value - 127.5) / 127.5; a zero point must be whole."""

_STRIDES: Final = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1)
"""Of `features.1` ... `features.12`."""
_LEAST_SCALE: Final = 1e-6
"""A channel of no weights has a bias still, which is counted in scales and must fit 32 bits."""
_MOST_ACTIVATION: Final = 6.0
_LEAST_RANGE: Final = 1e-3
"""Of a map in which photos show nothing."""


class QuantisedConv(nn.Module):
    """A convolution from integers to integers; ReLU6 is what the output's range leaves.

    Attributes:
        shares: weights, batch norm folded in, in units of each channel's largest at first.
        unit: (c_out, 1, 1, 1) those.
        bias: real.
        log_step: of the output, logarithm; several maps that are added up share one.
        signed: whether the output is -128..127; else 0..255, everything below 0 cut off.
        stride, groups, kernel: of the convolution.
        most: largest output seen while `measuring`, real.
    """

    unit: Tensor

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor,
        *,
        signed: bool,
        stride: int = 1,
        groups: int = 1,
        log_step: nn.Parameter | None = None,
    ) -> None:
        super().__init__()
        # Batch norm's factors differ a thousandfold between channels; the optimiser's steps do not.
        self.register_buffer("unit", weight.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-8))
        self.shares = nn.Parameter(weight / self.unit)
        self.bias = nn.Parameter(bias.clone())
        self.log_step = nn.Parameter(torch.zeros(())) if log_step is None else log_step
        self.signed, self.stride, self.groups = signed, stride, groups
        self.kernel = weight.shape[-1]
        self.measuring, self.most = False, 0.0

    @property
    def step(self) -> Tensor:
        """What one of the output is worth."""
        return self.log_step.exp()

    @property
    def pads(self) -> tuple[int, int]:
        """Rows before and behind; columns alike."""
        if self.kernel == 1:
            return 0, 0
        return (0, 1) if self.stride == 2 else (1, 1)

    def weight_scales(self) -> Tensor:
        """(c_out,) what one of each channel's integer weights is worth."""
        most = self.shares.detach().abs().amax(dim=(1, 2, 3))
        return (self.unit.flatten() * most / MOST_WEIGHT).clamp(min=_LEAST_SCALE)

    def integer_weight(self) -> Tensor:
        """(c_out, c_in / groups, k, k) -63..63, as float."""
        return _rounded(self.shares * (self.unit / self.weight_scales()[:, None, None, None]))

    def integer_bias(self, step: Tensor | float) -> Tensor:
        """(c_out,) in products of an integer weight and an input of this step, as float."""
        return _rounded(self.bias / (self.weight_scales() * step))

    def forward(self, x: Tensor, step: Tensor | float) -> Tensor:
        """(b, c, h, w) integers worth `step` each to (b, c_out, h', w') integers."""
        weight, bias = self.integer_weight(), self.integer_bias(step)
        # What a product is worth in steps of the output, rounded as runtimes round it.
        factor = self.weight_scales() * step / self.step
        if self.training:  # the same but for float rounding, with a pass over the map less
            out = self._convolved(x, weight * factor[:, None, None, None], bias * factor)
        else:  # sums of integers, which floats hold exactly
            out = self._convolved(x, weight, bias) * factor[:, None, None]
        return self._measured(out) if self.measuring else to_integers(out, self.signed)

    def _convolved(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        if self.pads == (0, 1):
            x = F.pad(x, (0, 1, 0, 1))
        padding = 1 if self.pads == (1, 1) else 0
        return F.conv2d(x, weight, bias, self.stride, padding, 1, self.groups)

    def _measured(self, out: Tensor) -> Tensor:
        """Not rounded."""
        if not self.signed:
            out = out.clamp(min=0).minimum(_MOST_ACTIVATION / self.step)
        self.note(out)
        return out

    def note(self, out: Tensor) -> None:
        """See to it that `most` is what photos need of (b, c, h, w): the mean of their largest."""
        most = float(out.abs().amax(dim=(1, 2, 3)).mean() * self.step)
        self.most = max(self.most, most)


class QuantisedBlock(nn.Module):
    """An inverted residual: expand (not in the first), filter each channel, project, add.

    Attributes:
        expand, filter, project: the convolutions.
        residual: whether the block's input is to be added.
        adds: whether the block does it; the last one leaves it to the caller.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        name: str,
        stride: int,
        before: QuantisedConv,
        last: bool,
    ) -> None:
        super().__init__()

        def conv(
            part: str,
            *,
            signed: bool,
            stride: int = 1,
            groups: int = 1,
            log_step: nn.Parameter | None = None,
        ) -> QuantisedConv:
            weight = _found(weights, f"{name}.{part}.weight")
            bias = _found(weights, f"{name}.{part}.bias")
            return QuantisedConv(
                weight, bias, signed=signed, stride=stride, groups=groups, log_step=log_step
            )

        expands = f"{name}.conv.2.weight" in weights
        depthwise, project = ("conv.1.0", "conv.2") if expands else ("conv.0.0", "conv.1")
        hidden = _found(weights, f"{name}.{depthwise}.weight").shape[0]
        self.expand = conv("conv.0.0", signed=False) if expands else None
        self.filter = conv(depthwise, signed=False, stride=stride, groups=hidden)
        channels = _found(weights, f"{name}.{project}.weight").shape[0]
        self.residual = before.signed and stride == 1 and channels == before.shares.shape[0]
        self.adds = self.residual and not last
        # With one step for all, a sum is one of integers, and the same on every processor.
        shared = before.log_step if self.adds else None
        self.project = conv(project, signed=True, log_step=shared)

    def convolutions(self) -> list[tuple[str, QuantisedConv]]:
        """Those that are there, in their order, by name."""
        parts = {"expand": self.expand, "filter": self.filter, "project": self.project}
        return [(name, conv) for name, conv in parts.items() if conv is not None]

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        """Integers worth `step` each to integers worth `project.step` each."""
        out, at = x, step
        for _, conv in self.convolutions():
            out, at = conv(out, at), conv.step
        if not self.adds:
            return out
        out = x + out
        if self.project.measuring:
            self.project.note(out)
            return out
        return F.hardtanh(out, -ZERO_POINT, MOST_SIGNED)


class QuantisedFeatures(nn.Module):
    """`features.onnx` of a shipped model as a network to be trained.

    Attributes:
        stem: `features.0`.
        chain: `features.1` ... `features.12`; `blocks` holds the same for torch.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        """Start from a shipped network's weights.

        Args:
            weights: real, batch norm folded in, by torchvision's names (`read_weights`);
                expansion channels may have been left out (`prune`).

        Raises:
            ModelError: a weight is missing.
        """
        super().__init__()
        stem = _found(weights, "features.0.0.weight")
        shift = stem.sum(dim=(1, 2, 3)) * (_PIXEL_SHIFT * PIXEL_STEP)
        bias = _found(weights, "features.0.0.bias") + shift
        self.stem = QuantisedConv(stem, bias, signed=False, stride=2)
        self.chain: list[QuantisedBlock] = []
        before = self.stem
        for number, stride in enumerate(_STRIDES, start=1):
            last = number == len(_STRIDES)
            block = QuantisedBlock(weights, f"features.{number}", stride, before, last)
            self.chain.append(block)
            before = block.project
        self.blocks = nn.ModuleList(self.chain)

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor]) -> Self:
        """A student as `state_dict` left it, with as many channels as it has there.

        Raises:
            ModelError: a weight is missing.
            RuntimeError: of torch, the rest does not fit.
        """
        weights = {}
        for name, value in state.items():
            layer, _, kind = name.rpartition(".")
            if kind == "shares":
                weights[f"{_published(layer)}.weight"] = value * state[f"{layer}.unit"]
                weights[f"{_published(layer)}.bias"] = state[f"{layer}.bias"]
        network = cls(weights)
        network.load_state_dict(state)
        return network

    def forward(self, pixels: Tensor) -> Tensor:
        """(b, 3, h, w) RGB, 0..255, to (b, c, h / 16, w / 16) real."""
        x, step = self.stem(pixels.float() - ZERO_POINT, PIXEL_STEP), self.stem.step
        for block in self.chain[:-1]:
            x, step = block(x, step), block.project.step
        last = self.chain[-1]
        features: Tensor = x * step + last(x, step) * last.project.step  # small, and stays real
        return features

    @torch.no_grad()
    def measure(self, pixels: Tensor) -> None:
        """Set all steps by what photos need while nothing is rounded but weights."""
        layers = [module for module in self.modules() if isinstance(module, QuantisedConv)]
        for layer in layers:
            layer.measuring, layer.most = True, 0.0
        self(pixels)
        for layer in layers:
            layer.measuring = False
            sharing = [other for other in layers if other.log_step is layer.log_step]
            most = max(_LEAST_RANGE, *(other.most for other in sharing))
            layer.log_step.fill_(math.log(most / (MOST_SIGNED if layer.signed else MOST_UNSIGNED)))


class _Rounded(torch.autograd.Function):
    """The nearest integer; for gradients, nothing was rounded."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.round()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return gradient


def _rounded(x: Tensor) -> Tensor:
    return _Rounded.apply(x)  # type: ignore[no-any-return, no-untyped-call]


def to_integers(x: Tensor, signed: bool) -> Tensor:
    """The nearest of -128..127 or 0..255. Takes `x` for itself."""
    low, high = (-ZERO_POINT, MOST_SIGNED) if signed else (0, MOST_UNSIGNED)
    return _rounded(F.hardtanh(x, low, high, inplace=True))


def _published(layer: str) -> str:
    """torchvision's name of a layer."""
    if layer == "stem":
        return "features.0.0"
    _, index, part = layer.split(".")
    number = int(index) + 1
    names = {"expand": "0.0", "filter": "1.0", "project": "2"}
    if number == 1:
        names = {"filter": "0.0", "project": "1"}
    return f"features.{number}.conv.{names[part]}"


def _found(weights: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in weights:
        raise ModelError(None, f"the shipped network lacks {name!r}; is it a MobileNetV2 to c4_6?")
    return weights[name]
