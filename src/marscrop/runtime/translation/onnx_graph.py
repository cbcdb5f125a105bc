"""The graph of an ONNX file: its nodes and constants, as they are stored.

The few fields that networks of this project use, read from the protocol buffer itself: the package
`onnx` takes longer to import than these networks to run. Who needs more has ONNX Runtime.

Source: onnx.proto of ONNX IR version 10; https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TYPES: Final[Mapping[int, np.dtype[Any]]] = {
    1: np.dtype("<f4"),
    2: np.dtype("u1"),
    3: np.dtype("i1"),
    6: np.dtype("<i4"),
    7: np.dtype("<i8"),
    10: np.dtype("<f2"),
}
"""NumPy's names of the element types of `TensorProto.DataType` that are read."""

_Value: TypeAlias = "int | memoryview"


class Node(NamedTuple):
    """An operation.

    Attributes:
        kind: such as "Conv".
        inputs: names of values; "" for one that is left out.
        outputs: names of what comes out.
        attributes: numbers, texts, tensors and lists of whole numbers, by name.
    """

    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]


class Graph(NamedTuple):
    """A network.

    Attributes:
        nodes: in an order in which they can be run.
        constants: by name.
        inputs: names.
        outputs: names.
    """

    nodes: list[Node]
    constants: dict[str, NDArray[Any]]
    inputs: list[str]
    outputs: list[str]


def read_graph(content: bytes) -> Graph:
    """The graph of an ONNX file.

    Raises:
        ValueError: not such a file, or with something in it that is not read here.
    """
    try:
        (model,) = (value for field, value in _fields(memoryview(content)) if field == 7)
        return _graph(_bytes(model))
    except (IndexError, KeyError, UnicodeDecodeError, struct.error) as error:
        raise ValueError(f"not an ONNX graph that can be read here: {error}") from None


def _graph(content: memoryview) -> Graph:
    graph = Graph([], {}, [], [])
    for field, value in _fields(content):
        if field == 1:
            graph.nodes.append(_node(_bytes(value)))
        elif field == 5:
            name, tensor = _tensor(_bytes(value))
            graph.constants[name] = tensor
        elif field in (11, 12):
            (graph.inputs if field == 11 else graph.outputs).append(_name(_bytes(value)))
    return graph


def _node(content: memoryview) -> Node:
    kind, inputs, outputs, attributes = "", [], [], {}
    for field, value in _fields(content):
        if field == 1:
            inputs.append(_text(value))
        elif field == 2:
            outputs.append(_text(value))
        elif field == 4:
            kind = _text(value)
        elif field == 5:
            name, attribute = _attribute(_bytes(value))
            attributes[name] = attribute
    return Node(kind, inputs, outputs, attributes)


def _attribute(content: memoryview) -> tuple[str, Any]:
    name, found = "", None
    numbers: list[int] = []
    for field, value in _fields(content):
        if field == 1:
            name = _text(value)
        elif field == 2:
            (found,) = struct.unpack("<f", _bytes(value))
        elif field == 3:
            found = value
        elif field == 4:
            found = _text(value)
        elif field == 5:
            _, found = _tensor(_bytes(value))
        elif field == 8:
            numbers.extend(_numbers(value))
    return name, found if found is not None else numbers


def _tensor(content: memoryview) -> tuple[str, NDArray[Any]]:
    name, kind, raw = "", 0, memoryview(b"")
    shape: list[int] = []
    for field, value in _fields(content):
        if field == 1:
            shape.extend(_numbers(value))
        elif field == 2 and isinstance(value, int):
            kind = value
        elif field == 8:
            name = _text(value)
        elif field == 9:
            raw = _bytes(value)
        else:
            raise ValueError(f"a tensor's field {field}")
    numbers: NDArray[Any] = np.frombuffer(raw, _TYPES[kind])
    return name, numbers.reshape(shape)


def _name(content: memoryview) -> str:
    return next(_text(value) for field, value in _fields(content) if field == 1)


def _fields(content: memoryview) -> Iterator[tuple[int, _Value]]:
    """The fields of a message with their values: a whole number, or the bytes of anything else."""
    at, end = 0, len(content)
    while at < end:
        tag, at = _varint(content, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield tag >> 3, value
            continue
        size = {1: 8, 5: 4}.get(wire, 0)
        if wire == 2:
            size, at = _varint(content, at)
        if not size <= end - at or wire not in (1, 2, 5):
            raise ValueError("a field that ends too early")
        yield tag >> 3, content[at : at + size]
        at += size


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    byte = content[at]
    if byte < 0x80:  # nearly all
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = content[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + 1
        shift += 7


def _numbers(value: _Value) -> list[int]:
    """Signed whole numbers: one, or several that are packed."""
    if isinstance(value, int):
        return [_signed(value)]
    numbers, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(_signed(number))
    return numbers


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _bytes(value: _Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where there should be bytes")
    return value


def _text(value: _Value) -> str:
    return str(_bytes(value), "utf-8")
