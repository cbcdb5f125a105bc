"""An ONNX graph as layers for the parts in C (marscrop/native/network.h), or that it is none.

It knows what this project's networks consist of: convolutions of 8-bit integers as quantised
networks spell them (DequantizeLinear, Conv, QuantizeLinear), and a few operations on floats.
Whatever else a graph has is refused, and ONNX Runtime runs it. Nothing is guessed: each node is
either translated with all that it says, or ends the translation.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from marscrop.runtime.translation.convolutions import (
    Convolved,
    Integers,
    Real,
    float_convolution,
    quantised_convolution,
)
from marscrop.runtime.translation.positions import Expression, positions
from marscrop.runtime.translation.program import ProgramWriter, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.runtime.translation.onnx_graph import Graph, Node

    Array = NDArray[Any]


class NotTranslatedError(Exception):
    """A graph has something that is not for the parts in C."""


class _Added(NamedTuple):
    """Two reals, added up."""

    one: Real
    other: Real


class _Channels(NamedTuple):
    """Some channels of a tensor of floats."""

    tensor: Tensor
    first: int
    channels: int


class _LogSum(NamedTuple):
    """The logarithm of a sum of exponentials."""

    channels: _Channels


class _LogSoftmax(NamedTuple):
    """Log shares."""

    channels: _Channels


_Value: TypeAlias = (
    "Tensor | Integers | Real | Convolved | _Added | _Channels | Expression | _LogSum"
    " | _LogSoftmax | Array"
)


class Translator:
    """Makes a program of graphs, of which later ones take outputs of earlier ones."""

    def __init__(self, writer: ProgramWriter, picture: str) -> None:
        """Translate into a program.

        Args:
            writer: of the program, which has no tensors yet.
            picture: name of the input that is the picture, (height, width, 3) uint8.
        """
        self._writer = writer
        self._picture = writer.tensor(3, 1, 1)
        self._values: dict[str, _Value] = {picture: self._picture}
        self._rectified: dict[str, str] = {}
        self._floats: dict[str, Tensor] = {}

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
            self._writer.output(name, self._float(name))

    def _constant(self, name: str) -> Array:
        value = self._values[name]
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name} is no constant")
        return value

    def _float(self, name: str) -> Tensor:
        """A value as a tensor of floats."""
        if name not in self._floats:
            self._floats[name] = self._made_float(self._values[name])
        return self._floats[name]

    def _made_float(self, value: _Value) -> Tensor:
        match value:
            case Tensor(bytes=4):
                return value
            case Real(tensor, step, zero):
                target = self._writer.tensor(tensor.channels, tensor.divisor, 4)
                scales = self._writer.store(np.array([step], np.float32))
                self._writer.layer("dequantise", tensor, target, zero_in=zero, scales=scales)
                return target
            case _Added(one, other):
                first, second = self._made_float(one), self._made_float(other)
                target = self._writer.tensor(first.channels, first.divisor, 4)
                self._writer.layer("add", first, target, **{"with": second.number})
                return target
            case _Channels(tensor, first, channels):
                target = self._writer.tensor(channels, tensor.divisor, 4)
                self._writer.layer("channels", tensor, target, first=first)
                return target
        raise TypeError("no floats")

    # What nodes mean. Each method takes one and returns the value that comes out of it.

    def _same(self, node: Node) -> _Value:
        return self._values[node.inputs[0]]

    def _transposed(self, node: Node) -> _Value:
        """Pixels of planes, which stay pixels here."""
        if node.attributes["perm"] != [0, 3, 1, 2] or self._same(node) != self._picture:
            raise ValueError("another order")
        return self._picture

    def _cast(self, node: Node) -> _Value:
        to_float = 1
        if node.attributes["to"] != to_float:
            raise ValueError("to another type")
        return self._constant(node.inputs[0]).astype(np.float32)

    def _dequantised(self, node: Node) -> _Value:
        source, scale, zero = (self._values[name] for name in node.inputs)
        if isinstance(source, Tensor) and source.bytes == 1:
            return Real(source, np.float32(scale), int(zero))  # type: ignore[arg-type]
        if not isinstance(source, np.ndarray) or np.any(zero):  # type: ignore[arg-type]
            raise ValueError("integers with another zero")
        if source.ndim and node.attributes.get("axis", 1) != 0:
            raise ValueError("another axis")
        return Integers(source, np.asarray(scale))

    def _quantised(self, node: Node) -> _Value:
        value = self._values[node.inputs[0]]
        step, zero = (self._constant(name) for name in node.inputs[1:])
        if zero.dtype != np.uint8 or step.size != 1:
            raise ValueError("to another type")
        if isinstance(value, _Added):
            return self._quantised_sum(value, np.float32(step), int(zero))
        if isinstance(value, Convolved):
            return quantised_convolution(self._writer, value, np.float32(step), int(zero))
        raise ValueError("of something else")

    def _quantised_sum(self, value: _Added, step: np.float32, zero: int) -> Tensor:
        if {(one.step, one.zero) for one in value} != {(step, zero)}:
            raise ValueError("a sum with steps of its own")
        one, other = value.one.tensor, value.other.tensor
        _must_match(one, other)
        target = self._writer.tensor(one.channels, one.divisor, 1)
        self._writer.layer("quantised add", one, target, zero=zero, **{"with": other.number})
        return target

    def _convolved(self, node: Node) -> _Value:
        real = self._values[node.inputs[0]]
        if isinstance(real, Real):
            integers, offsets = (self._values[name] for name in node.inputs[1:])
            if not isinstance(integers, Integers) or not isinstance(offsets, Integers):
                raise ValueError("floats in a quantised network")
            return Convolved(real, integers, offsets, node)
        source = self._float(node.inputs[0])
        weights, bias = (self._constant(name) for name in node.inputs[1:])
        rectified = node.outputs[0] in self._rectified
        return float_convolution(self._writer, source, weights, bias, node, rectified)

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

    def _scaled(self, source: Tensor, factor: Array, offset: Array) -> Tensor:
        target = self._writer.tensor(source.channels, source.divisor, 4)
        scales, biases = (
            self._writer.store(np.broadcast_to(part, source.channels).astype(np.float32))
            for part in (factor, offset)
        )
        self._writer.layer("scale", source, target, scales=scales, biases=biases)
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
        target = self._writer.tensor(source.channels, source.divisor // 2, 4)
        self._writer.layer("enlarge", source, target)
        return target

    def _concatenated(self, node: Node) -> _Value:
        if node.attributes["axis"] != 1:
            raise ValueError("not of channels")
        values = [self._values[name] for name in node.inputs]
        if all(isinstance(value, Expression) for value in values):
            return Expression("Concat", tuple(values))
        size = next(part for part in map(_divisor, values) if part)
        parts = [
            self._positions(value, size) if isinstance(value, Expression) else self._float(name)
            for name, value in zip(node.inputs, values, strict=True)
        ]
        target = self._writer.tensor(sum(part.channels for part in parts), size, 4)
        first = 0
        for part in parts:
            if part.divisor != size:
                raise ValueError("of several sizes")
            self._writer.layer("concatenate", part, target, first=first)
            first += part.channels
        return target

    def _positions(self, value: Expression, divisor: int) -> Tensor:
        if value != positions(divisor):
            raise ValueError("of something else")
        target = self._writer.tensor(4, divisor, 4)
        self._writer.layer("positions", self._picture, target)
        return target

    def _sliced(self, node: Node) -> _Value:
        first, end, axis, step = (int(self._constant(name)[0]) for name in node.inputs[1:])
        if axis != 1 or step != 1 or first < 0 or end < 0:
            raise ValueError("not of channels")
        value = self._values[node.inputs[0]]
        within = value if isinstance(value, _Channels) else self._all_channels(node.inputs[0])
        count = min(end, within.channels) - first
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
        if isinstance(one, Expression):
            operand = other if isinstance(other, Expression) else float(other)  # type: ignore[arg-type]
            return Expression(node.kind, (one, operand))
        if isinstance(other, _LogSum) and node.kind == "Sub" and other.channels == one:
            return _LogSoftmax(other.channels)
        if isinstance(one, Real) and isinstance(other, Real) and node.kind == "Add":
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
            value = self._values[node.inputs[0]]
            if not isinstance(value, _Channels) or value.channels != 1:
                raise ValueError("of several channels")
            return Expression("Shape", (value.tensor.divisor,))
        if node.kind == "Expand":
            shape = self._expression(node.inputs[1], "Shape")
            if float(self._constant(node.inputs[0])) != 1:
                raise ValueError("of other numbers")
            return Expression("Ones", shape.operands)
        self._expression(node.inputs[0], "Ones")
        flags = {"reverse", "exclusive", "noop_with_empty_axes"}
        if any(node.attributes.get(flag) for flag in flags):
            raise ValueError("in another direction")
        axis = int(self._constant(node.inputs[1]).reshape(()))
        return Expression(node.kind, (self._values[node.inputs[0]], axis))

    def _expression(self, name: str, kind: str) -> Expression:
        value = self._values[name]
        if not isinstance(value, Expression) or value.kind != kind:
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
        if not isinstance(value, _Channels) or value.channels != 1:
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
        target = self._writer.tensor(1, source.divisor, 4)
        self._writer.layer("softmax", source, target)
        return target

    def _sigmoid(self, node: Node) -> _Value:
        source = self._float(node.inputs[0])
        target = self._writer.tensor(source.channels, source.divisor, 4)
        self._writer.layer("sigmoid", source, target)
        return target


def _divisor(value: _Value) -> int:
    """Of the picture's sides, for this value's; 0 where it has no size of its own."""
    match value:
        case Tensor():
            return value.divisor
        case Real(tensor=tensor) | _Channels(tensor=tensor):
            return tensor.divisor
        case _Added(one=one):
            return one.tensor.divisor
    return 0


def _must_match(one: Tensor, other: Tensor) -> None:
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
