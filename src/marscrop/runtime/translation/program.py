"""A network as the parts in C take it (marscrop/native/network.h), written layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from marscrop.runtime.compiled_model import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS: Final = (
    "quantised convolution",
    "quantised depthwise",
    "quantised add",
    "dequantise",
    "convolution",
    "depthwise",
    "add",
    "scale",
    "channels",
    "concatenate",
    "enlarge",
    "positions",
    "sigmoid",
    "softmax",
    "output",
)
"""What a layer does, in the order of network.h's numbers."""

_LAYER_FIELDS: Final = (
    *("kind", "from", "with", "to", "first", "taps", "stride", "before"),
    *("zero_in", "zero", "rectified", "weights", "sums"),
    *("signed_sums", "scales", "biases"),
)
"""Of `McLayer`, in order; each an int32."""


class Tensor(NamedTuple):
    """What a layer writes and others read.

    Attributes:
        number: its own.
        channels: of each pixel.
        divisor: of the picture's height and width.
        bytes: of a number: 1, an integer of 0..255, or 4, a float.
    """

    number: int
    channels: int
    divisor: int
    bytes: int


class ProgramWriter:
    """A program in the making."""

    def __init__(self) -> None:
        """A program without layers."""
        self._layers: list[dict[str, int]] = []
        self._tensors: list[Tensor] = []
        self._numbers: list[bytes] = [bytes(4)]
        self._end = 4
        self._outputs: list[tuple[str, int, int]] = []

    def tensor(self, channels: int, divisor: int, size: int) -> Tensor:
        """A new tensor, whose numbers have `size` bytes."""
        tensor = Tensor(len(self._tensors), channels, divisor, size)
        self._tensors.append(tensor)
        return tensor

    def layer(self, kind: str, source: Tensor, target: Tensor | None, **fields: int) -> None:
        """One more layer, of `KINDS`, with what else of its fields is not 0."""
        layer = dict.fromkeys(_LAYER_FIELDS, 0)
        to = 0 if target is None else target.number
        layer.update(kind=KINDS.index(kind), to=to, **fields)
        layer["from"] = source.number
        self._layers.append(layer)

    def store(self, values: NDArray[Any]) -> int:
        """Where numbers lie now, from a multiple of their size on."""
        place = -self._end % values.itemsize + self._end
        content = values.tobytes()
        self._numbers.append(bytes(place - self._end) + content)
        self._end = place + len(content)
        return place

    def output(self, name: str, tensor: Tensor) -> None:
        """A tensor of floats is an output of this name."""
        self.layer("output", tensor, None, first=len(self._outputs))
        self._outputs.append((name, tensor.channels, tensor.divisor))

    def program(self) -> Program:
        """The program of what was added."""
        slots = _slots(self._layers, self._tensors)
        return Program(
            layers=np.array(
                [[layer[field] for field in _LAYER_FIELDS] for layer in self._layers], np.int32
            ),
            tensors=np.array(
                [[*tensor[1:], slot] for tensor, slot in zip(self._tensors, slots, strict=True)],
                np.int32,
            ),
            numbers=np.frombuffer(b"".join(self._numbers), np.uint8),
            slots=max(slots) + 1,
            outputs=self._outputs,
        )


def _slots(layers: Sequence[Mapping[str, int]], tensors: Sequence[Tensor]) -> list[int]:
    """A slot of the scratch for each tensor; none is another's while it is needed."""
    last: dict[int, int] = {}
    for number, layer in enumerate(layers):
        for field in ("from", "with", "to"):
            last[layer[field]] = number
    sizes = [tensor.channels * tensor.bytes / tensor.divisor**2 for tensor in tensors]
    slots = [0] * len(tensors)
    room = [sizes[0]]
    free: set[int] = set()
    placed = {0}
    for number, layer in enumerate(layers):
        to = layer["to"]
        if to not in placed:
            fitting = [slot for slot in free if room[slot] >= sizes[to]]
            slot = (
                min(fitting, key=room.__getitem__)
                if fitting
                else max(free, key=room.__getitem__, default=len(room))
            )
            if slot == len(room):
                room.append(0)
            free.discard(slot)
            room[slot] = max(room[slot], sizes[to])
            slots[to] = slot
            placed.add(to)
        free.update(slots[one] for one in placed if last.get(one, -1) == number)
    return slots
