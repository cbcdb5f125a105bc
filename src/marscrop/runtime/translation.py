"""An ONNX graph as layers for the parts in C (marscrop/native/network.h), or that it is none.

It knows what this project's networks consist of: convolutions of 8-bit integers as quantised
networks spell them (DequantizeLinear, Conv, QuantizeLinear), and a few operations on floats. Whatever
else a graph has is refused, and ONNX Runtime runs it. Nothing is guessed: each node is either
translated with all that it says, or ends the translation.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from marscrop.runtime import packing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.runtime.onnx_graph import Graph, Node

    Array = NDArray[Any]

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
    *("zero_in", "zero", "rectified", "weights", "sums", "scales", "biases"),
)
"""Of `McLayer`, in order; each an int32."""

_LARGEST_WEIGHT: Final = 64
"""Two products of it and a byte fit 16 bits, which some processors add them in."""
_QUANTISED_TAPS: Final = 3
_MOST_TAPS: Final = 5


class NotTranslatedError(Exception):
    """A graph has something that is not for the parts in C."""


class Program(NamedTuple):
    """A network as `McNetwork` has it.

    Attributes:
        layers: (n, 15) int32.
        tensors: (m, 4) int32: channels, divisor, bytes of a number, slot.
        numbers: uint8, weights and the like; its first bytes are nobody's.
        slots: how many there are.
        outputs: name, channels and divisor of each.
    """

    layers: NDArray[np.int32]
    tensors: NDArray[np.int32]
    numbers: NDArray[np.uint8]
    slots: int
    outputs: list[tuple[str, int, int]]


class _Tensor(NamedTuple):
    """A tensor that layers write: bytes or floats."""

    index: int
    channels: int
    divisor: int
    bytes: int


class _Integers(NamedTuple):
    """Constant integers that stand for reals."""

    values: Array
    scales: Array


class _Real(NamedTuple):
    """What a tensor of bytes stands for."""

    tensor: _Tensor
    step: np.float32
    zero: int


class _Convolved(NamedTuple):
    """Reals convolved with integers, before they are quantised again."""

    real: _Real
    weights: _Integers
    bias: Array
    node: Node


class _Added(NamedTuple):
    """Two reals, added up."""

    one: _Real
    other: _Real


class _Channels(NamedTuple):
    """Some channels of a tensor of floats."""

    tensor: _Tensor
    first: int
    count: int


class _Expression(NamedTuple):
    """An operation on what depends on nothing but the picture's size."""

    kind: str
    operands: tuple[object, ...]


class _LogSum(NamedTuple):
    """The logarithm of a sum of exponentials."""

    channels: _Channels


class _LogSoftmax(NamedTuple):
    """Log shares."""

    channels: _Channels


_Value: TypeAlias = (
    "_Tensor | _Integers | _Real | _Convolved | _Added | _Channels | _Expression | _LogSum"
    " | _LogSoftmax | Array"
)


class Translator:
    """Makes a program of graphs, of which later ones take outputs of earlier ones."""

    def __init__(self) -> None:
        """A program without layers."""
        self._layers: list[dict[str, int]] = []
        self._tensors: list[_Tensor] = []
        self._numbers: list[bytes] = [bytes(4)]
        self._end = 4
        self._outputs: list[tuple[str, int, int]] = []
        self._values: dict[str, _Value] = {}
        self._rectified: dict[str, str] = {}
        self._floats: dict[str, _Tensor] = {}

    def picture(self, name: str) -> None:
        """The picture, (height, width, 3) uint8, is the input of this name."""
        self._values[name] = self._tensor(3, 1, 1)

    def add(self, graph: Graph, outputs: Sequence[str]) -> None:
        """Add a graph's nodes.

        Args:
            graph: whose inputs are the picture, or outputs of earlier graphs by the same names.
            outputs: those that are wanted.

        Raises:
            NotTranslatedError: it has something that this does not know.
        """
        self._values.update(graph.constants)
        self._rectified = _rectified(graph)
        for node in graph.nodes:
            translate = _TRANSLATIONS.get(node.kind)
            if translate is None or len(node.outputs) != 1:
                raise NotTranslatedError(node.kind)
            try:
                self._values[node.outputs[0]] = translate(self, node)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                raise NotTranslatedError(f"{node.kind}: {error}") from None
        for name in outputs:
            tensor = self._float(name)
            self._layer("output", tensor, None, first=len(self._outputs))
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

    def _tensor(self, channels: int, divisor: int, size: int) -> _Tensor:
        tensor = _Tensor(len(self._tensors), channels, divisor, size)
        self._tensors.append(tensor)
        return tensor

    def _layer(self, kind: str, source: _Tensor, target: _Tensor | None, **fields: int) -> None:
        layer = dict.fromkeys(_LAYER_FIELDS, 0)
        to = 0 if target is None else target.index
        layer.update(kind=KINDS.index(kind), to=to, **fields)
        layer["from"] = source.index
        self._layers.append(layer)

    def _store(self, values: Array) -> int:
        """Where numbers lie now, from a multiple of their size on."""
        place = -self._end % values.itemsize + self._end
        content = values.tobytes()
        self._numbers.append(bytes(place - self._end) + content)
        self._end = place + len(content)
        return place

    def _constant(self, name: str) -> Array:
        value = self._values[name]
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name} is no constant")
        return value

    def _float(self, name: str) -> _Tensor:
        """A value as a tensor of floats."""
        if name not in self._floats:
            self._floats[name] = self._made_float(self._values[name])
        return self._floats[name]

    def _made_float(self, value: _Value) -> _Tensor:
        match value:
            case _Tensor(bytes=4):
                return value
            case _Real(tensor, step, zero):
                target = self._tensor(tensor.channels, tensor.divisor, 4)
                scales = self._store(np.array([step], np.float32))
                self._layer("dequantise", tensor, target, zero_in=zero, scales=scales)
                return target
            case _Added(one, other):
                first, second = self._made_float(one), self._made_float(other)
                target = self._tensor(first.channels, first.divisor, 4)
                self._layer("add", first, target, **{"with": second.index})
                return target
            case _Channels(tensor, first, count):
                target = self._tensor(count, tensor.divisor, 4)
                self._layer("channels", tensor, target, first=first)
                return target
        raise TypeError("no floats")

    # What nodes mean. Each method takes one and returns the value that comes out of it.

    def _same(self, node: Node) -> _Value:
        return self._values[node.inputs[0]]

    def _transposed(self, node: Node) -> _Value:
        """Pixels of planes, which stay pixels here."""
        if node.attributes["perm"] != [0, 3, 1, 2]:
            raise ValueError("another order")
        return self._tensors[self._values[node.inputs[0]].index]  # type: ignore[union-attr]

    def _cast(self, node: Node) -> _Value:
        to_float = 1
        if node.attributes["to"] != to_float:
            raise ValueError("to another type")
        return self._constant(node.inputs[0]).astype(np.float32)

    def _dequantised(self, node: Node) -> _Value:
        source, scale, zero = (self._values[name] for name in node.inputs)
        if isinstance(source, _Tensor) and source.bytes == 1:
            return _Real(source, np.float32(scale), int(zero))  # type: ignore[arg-type]
        if not isinstance(source, np.ndarray) or np.any(zero):  # type: ignore[arg-type]
            raise ValueError("integers with another zero")
        if source.ndim and node.attributes.get("axis", 1) != 0:
            raise ValueError("another axis")
        return _Integers(source, np.asarray(scale))

    def _quantised(self, node: Node) -> _Value:
        value = self._values[node.inputs[0]]
        step, zero = (self._constant(name) for name in node.inputs[1:])
        if zero.dtype != np.uint8 or step.size != 1:
            raise ValueError("to another type")
        if isinstance(value, _Added):
            return self._quantised_sum(value, np.float32(step), int(zero))
        if isinstance(value, _Convolved):
            return self._quantised_convolution(value, np.float32(step), int(zero))
        raise ValueError("of something else")

    def _quantised_sum(self, value: _Added, step: np.float32, zero: int) -> _Tensor:
        if {(one.step, one.zero) for one in value} != {(step, zero)}:
            raise ValueError("a sum with steps of its own")
        one, other = value.one.tensor, value.other.tensor
        _must_match(one, other)
        target = self._tensor(one.channels, one.divisor, 1)
        self._layer("quantised add", one, target, zero=zero, **{"with": other.index})
        return target

    def _quantised_convolution(self, value: _Convolved, step: np.float32, zero: int) -> _Tensor:
        real, weights, bias, node = value
        integers = weights.values
        if integers.dtype != np.int8 or np.abs(integers.astype(int)).max() > _LARGEST_WEIGHT:
            raise ValueError("weights that are too large")
        filters = _Filter.of(node, integers.shape, real.tensor)
        rows = integers.transpose(0, 2, 3, 1).reshape(len(integers), -1)
        sums = bias - real.zero * rows.sum(1, dtype=np.int32)
        # As ONNX Runtime has it, rounding by rounding.
        scales = (real.step * weights.scales) / step
        if filters.depthwise:
            if filters.taps != _QUANTISED_TAPS:
                raise ValueError("filters of another size")
            rows, sums, scales = (packing.repeated(part) for part in (rows, sums, scales))
            packed = packing.quantised_depthwise_weights(rows)
            per_channel = packing.quantised_depthwise_order
        else:
            packed = packing.quantised_product_weights(rows)
            per_channel = packing.padded_columns
        target = self._tensor(len(integers), real.tensor.divisor * filters.stride, 1)
        self._layer(
            "quantised depthwise" if filters.depthwise else "quantised convolution",
            real.tensor,
            target,
            **filters.fields(),
            first=len(sums),
            zero_in=real.zero,
            zero=zero,
            weights=self._store(packed),
            sums=self._store(per_channel(sums.astype(np.int32))),
            scales=self._store(per_channel(scales.astype(np.float32))),
        )
        return target

    def _convolved(self, node: Node) -> _Value:
        values = [self._values[name] for name in node.inputs]
        if isinstance(values[0], _Real):
            real, weights, bias = values
            if not isinstance(weights, _Integers) or not isinstance(bias, _Integers):
                raise ValueError("floats in a quantised network")
            if bias.values.dtype != np.int32 or np.any(
                np.abs(bias.scales / (real.step * weights.scales) - 1) > 1e-6  # noqa: PLR2004
            ):
                raise ValueError("a bias with a step of its own")
            return _Convolved(real, weights, bias.values, node)
        return self._float_convolution(node)

    def _float_convolution(self, node: Node) -> _Tensor:
        source = self._float(node.inputs[0])
        weights, bias = (self._constant(name) for name in node.inputs[1:])
        filters = _Filter.of(node, weights.shape, source)
        rows = weights.transpose(0, 2, 3, 1).reshape(len(weights), -1)
        pack = packing.depthwise_weights if filters.depthwise else packing.product_weights
        target = self._tensor(len(weights), source.divisor * filters.stride, 4)
        self._layer(
            "depthwise" if filters.depthwise else "convolution",
            source,
            target,
            **filters.fields(),
            rectified=int(node.outputs[0] in self._rectified),
            weights=self._store(pack(rows.astype(np.float32))),
            biases=self._store(packing.padded_columns(bias.astype(np.float32))),
        )
        return target

    def _rectify(self, node: Node) -> _Value:
        if self._rectified.get(node.inputs[0]) != node.outputs[0]:
            raise ValueError("not behind a convolution")
        return self._values[node.inputs[0]]

    def _normalised(self, node: Node) -> _Value:
        source = self._float(node.inputs[0])
        scale, bias, mean, variance = (
            self._constant(name).astype(np.float64) for name in node.inputs[1:]
        )
        factor = scale / np.sqrt(variance + node.attributes["epsilon"])
        return self._scaled(source, factor, bias - mean * factor)

    def _scaled(self, source: _Tensor, factor: Array, offset: Array) -> _Tensor:
        target = self._tensor(source.channels, source.divisor, 4)
        scales, biases = (
            self._store(np.broadcast_to(part, source.channels).astype(np.float32))
            for part in (factor, offset)
        )
        self._layer("scale", source, target, scales=scales, biases=biases)
        return target

    def _enlarged(self, node: Node) -> _Value:
        said = [node.attributes[name] for name in ("mode", "nearest_mode")]
        said.append(node.attributes["coordinate_transformation_mode"])
        factors = self._constant(node.inputs[2]).tolist()
        if said != ["nearest", "floor", "asymmetric"] or factors != [1, 1, 2, 2]:
            raise ValueError("by other than two")
        source = self._float(node.inputs[0])
        if source.divisor % 2:
            raise ValueError("beyond the picture")
        target = self._tensor(source.channels, source.divisor // 2, 4)
        self._layer("enlarge", source, target)
        return target

    def _concatenated(self, node: Node) -> _Value:
        if node.attributes["axis"] != 1:
            raise ValueError("not of channels")
        values = [self._values[name] for name in node.inputs]
        if all(isinstance(value, _Expression) for value in values):
            return _Expression("Concat", tuple(values))
        size = next(part for part in map(self._size, values) if part)
        parts = [
            self._positions(value, size) if isinstance(value, _Expression) else self._float(name)
            for name, value in zip(node.inputs, values, strict=True)
        ]
        target = self._tensor(sum(part.channels for part in parts), size, 4)
        first = 0
        for part in parts:
            if part.divisor != size:
                raise ValueError("of several sizes")
            self._layer("concatenate", part, target, first=first)
            first += part.channels
        return target

    def _size(self, value: _Value) -> int:
        match value:
            case _Tensor():
                return value.divisor
            case _Real(tensor=tensor) | _Channels(tensor=tensor):
                return tensor.divisor
            case _Added(one=one):
                return one.tensor.divisor
        return 0

    def _positions(self, value: _Expression, divisor: int) -> _Tensor:
        if value != _POSITIONS:
            raise ValueError("of something else")
        target = self._tensor(4, divisor, 4)
        self._layer("positions", self._tensors[0], target)
        return target

    def _sliced(self, node: Node) -> _Value:
        first, end, axis, step = (int(self._constant(name)[0]) for name in node.inputs[1:])
        if axis != 1 or step != 1 or first < 0 or end < 0:
            raise ValueError("not of channels")
        value = self._values[node.inputs[0]]
        within = value if isinstance(value, _Channels) else self._all_channels(node.inputs[0])
        count = min(end, within.count) - first
        if count <= 0:
            raise ValueError("of no channels")
        return _Channels(within.tensor, within.first + first, count)

    def _all_channels(self, name: str) -> _Channels:
        tensor = self._float(name)
        return _Channels(tensor, 0, tensor.channels)

    def _gathered(self, node: Node) -> _Value:
        index = self._constant(node.inputs[1])
        if node.attributes["axis"] != 1 or index.ndim:
            raise ValueError("not a channel")
        tensor = self._float(node.inputs[0])
        return _Channels(tensor, range(tensor.channels)[int(index)], 1)

    def _calculated(self, node: Node) -> _Value:
        """Arithmetic: of the picture's size, of a tensor with a number, or of two tensors."""
        one, other = (self._values[name] for name in node.inputs)
        if isinstance(one, _Expression):
            operand = other if isinstance(other, _Expression) else float(other)  # type: ignore[arg-type]
            return _Expression(node.kind, (one, operand))
        if isinstance(other, _LogSum) and node.kind == "Sub" and other.channels == one:
            return _LogSoftmax(other.channels)
        if isinstance(one, _Real) and isinstance(other, _Real) and node.kind == "Add":
            _must_match(one.tensor, other.tensor)
            return _Added(one, other)
        number = float(self._constant(node.inputs[1]))
        source = self._float(node.inputs[0])
        if node.kind == "Mul":
            return self._scaled(source, np.array(number), np.array(0))
        if node.kind == "Add":
            return self._scaled(source, np.array(1), np.array(number))
        raise ValueError("of a tensor and a number")

    def _measured(self, node: Node) -> _Value:
        """The size of a value, or something made of it."""
        if node.kind == "Shape":
            return _Expression("Shape", ())
        if node.kind == "Expand":
            filled, _ = self._constant(node.inputs[0]), self._expression(node.inputs[1], "Shape")
            return _Expression("Filled", (float(filled),))
        self._expression(node.inputs[0], "Filled")
        flags = {"reverse", "exclusive", "noop_with_empty_axes"}
        if any(node.attributes.get(flag) for flag in flags):
            raise ValueError("in another direction")
        axis = int(self._constant(node.inputs[1]).reshape(()))
        return _Expression(node.kind, (self._values[node.inputs[0]], axis))

    def _expression(self, name: str, kind: str) -> _Expression:
        value = self._values[name]
        if not isinstance(value, _Expression) or value.kind != kind:
            raise TypeError(f"{name} is something else")
        return value

    def _log_sum(self, node: Node) -> _Value:
        value = self._values[node.inputs[0]]
        if not isinstance(value, _Channels) or self._constant(node.inputs[1]).tolist() != [1]:
            raise ValueError("of something else")
        return _LogSum(value)

    def _flat(self, node: Node) -> _Value:
        """One channel as a row of numbers, which is what it is here."""
        value = self._values[node.inputs[0]]
        if not isinstance(value, _Channels) or value.count != 1:
            raise ValueError("of several channels")
        if self._constant(node.inputs[1]).tolist() != [1, -1]:
            raise ValueError("to another shape")
        return value

    def _unsqueezed(self, node: Node) -> _Value:
        value = self._values[node.inputs[0]]
        if not isinstance(value, _LogSum):
            raise TypeError("of something else")
        return value

    def _exponential(self, node: Node) -> _Value:
        value = self._values[node.inputs[0]]
        if not isinstance(value, _LogSoftmax):
            raise TypeError("of something else")
        source = self._made_float(value.channels)
        target = self._tensor(1, source.divisor, 4)
        self._layer("softmax", source, target)
        return target

    def _sigmoid(self, node: Node) -> _Value:
        source = self._float(node.inputs[0])
        target = self._tensor(source.channels, source.divisor, 4)
        self._layer("sigmoid", source, target)
        return target


class _Filter(NamedTuple):
    """What a convolution's filters are like."""

    taps: int
    stride: int
    before: int
    depthwise: bool

    @classmethod
    def of(cls, node: Node, shape: tuple[int, ...], source: _Tensor) -> _Filter:
        said = node.attributes
        outputs, inputs, *taps = shape
        group = said.get("group", 1)
        depthwise = group > 1
        stride, other_stride = said.get("strides", [1, 1])
        top, left, bottom, right = said.get("pads", [0, 0, 0, 0])
        if taps != said.get("kernel_shape", taps) or taps[0] != taps[1]:
            raise ValueError("filters that are not square")
        if set(said.get("dilations", [1])) != {1} or said.get("auto_pad", "NOTSET") != "NOTSET":
            raise ValueError("dilated, or padded otherwise")
        if stride != other_stride or (top, bottom) != (left, right) or stride not in (1, 2):
            raise ValueError("not the same across and down")
        # So that the sides that come out are those that go in, divided by the stride.
        if (top + bottom - taps[0] + stride) // stride or top > taps[0]:
            raise ValueError("padded otherwise")
        if depthwise and not (group == source.channels == outputs and inputs == 1):
            raise ValueError("in groups")
        if depthwise and outputs % packing.BLOCK:
            raise ValueError("of channels that fill no register")
        if not depthwise and inputs != source.channels:
            raise ValueError("of other channels")
        if taps[0] > _MOST_TAPS:
            raise ValueError("filters that are too large")
        return cls(taps[0], stride, top, depthwise)

    def fields(self) -> dict[str, int]:
        return {"taps": self.taps, "stride": self.stride, "before": self.before}


def _must_match(one: _Tensor, other: _Tensor) -> None:
    if one[1:] != other[1:]:
        raise ValueError("tensors of several sizes")


def _rectified(graph: Graph) -> dict[str, str]:
    """The convolutions whose output only a Relu reads, with what that makes of it."""
    readers = Counter(itertools.chain(graph.outputs, *(node.inputs for node in graph.nodes)))
    convolved = {node.outputs[0] for node in graph.nodes if node.kind == "Conv"}
    return {
        node.inputs[0]: node.outputs[0]
        for node in graph.nodes
        if node.kind == "Relu" and node.inputs[0] in convolved and readers[node.inputs[0]] == 1
    }


def _slots(layers: Sequence[Mapping[str, int]], tensors: Sequence[_Tensor]) -> list[int]:
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
        free.update(slots[index] for index in placed if last.get(index, -1) == number)
    return slots


def _position(axis: int) -> _Expression:
    """Where a cell's middle lies along an axis, from -1 to 1, as the exported networks spell it."""
    ones = _Expression("Filled", (1.0,))
    counted = _Expression("CumSum", (ones, axis))
    middle = _Expression("Sub", (_Expression("Mul", (counted, 2.0)), 1.0))
    share = _Expression("Div", (middle, _Expression("ReduceSum", (ones, axis))))
    return _Expression("Sub", (share, 1.0))


_Y, _X = _position(2), _position(3)
_POSITIONS: Final = _Expression(
    "Concat", (_Y, _X, _Expression("Mul", (_Y, _Y)), _Expression("Mul", (_X, _X)))
)

_TRANSLATIONS: Final[Mapping[str, Callable[[Translator, Node], _Value]]] = {
    "Add": Translator._calculated,
    "BatchNormalization": Translator._normalised,
    "Cast": Translator._cast,
    "Concat": Translator._concatenated,
    "Conv": Translator._convolved,
    "CumSum": Translator._measured,
    "DequantizeLinear": Translator._dequantised,
    "Div": Translator._calculated,
    "Exp": Translator._exponential,
    "Expand": Translator._measured,
    "Gather": Translator._gathered,
    "Identity": Translator._same,
    "Mul": Translator._calculated,
    "QuantizeLinear": Translator._quantised,
    "ReduceLogSumExp": Translator._log_sum,
    "ReduceSum": Translator._measured,
    "Relu": Translator._rectify,
    "Reshape": Translator._flat,
    "Resize": Translator._enlarged,
    "Shape": Translator._measured,
    "Sigmoid": Translator._sigmoid,
    "Slice": Translator._sliced,
    "Sub": Translator._calculated,
    "Transpose": Translator._transposed,
    "Unsqueeze": Translator._unsqueezed,
}
