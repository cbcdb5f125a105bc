"""The fields of protobuf messages, read and written, without a schema.

The wire format: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
"""Wire types."""


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        number: as the schema numbers it.
        raw: all its bytes, tag and length included.
        content: the bytes after the length, of a length-delimited field; else empty.
    """

    number: int
    raw: bytes
    content: bytes


def read_fields(message: bytes) -> Iterator[Field]:
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
        yield Field(number, message[at:end], message[start:end] if kind == _BYTES else b"")
        at = end


def length_delimited(number: int, content: bytes) -> bytes:
    """The bytes of a length-delimited field."""
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The varint that begins at `at`, seven bits a byte, and where it ends."""
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | message[at] << shift, at + 1


def _encoded(value: int) -> bytes:
    """A number as a varint."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
