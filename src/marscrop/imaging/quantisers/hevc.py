"""The quantiser of an HEVC picture (ITU-T H.265, sections 7.3.2 and 7.3.6), as HEIC holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from marscrop.imaging.quantisers.bits import BitReader, BitsError
from marscrop.imaging.quantisers.heif_items import CodedPicture

SLICE_BYTES: Final = 4096
"""Of a picture's stream that are needed, with what may stand before the slice."""

_SPS, _PPS = 33, 34
_SLICES: Final = range(22)
_FIRST_OF_RANDOM_ACCESS, _LAST_OF_RANDOM_ACCESS = 16, 23
_WITHOUT_ORDER: Final = frozenset({19, 20})
"""Pictures (IDR) of which no place in an order is told."""

_INTRA: Final = 2
_MOST_SETS: Final = 64


class _Sequence(NamedTuple):
    separate_planes: bool
    has_colour: bool
    order_bits: int
    filters_samples: bool


class _Picture(NamedTuple):
    tells_output: bool
    extra_bits: int
    quantiser: int


def quantiser(picture: CodedPicture) -> int | None:
    """QP of a picture's first slice, 0 (finest) to 51; None where it is not found."""
    try:
        return _quantiser(picture)
    except (BitsError, IndexError):
        return None


def _quantiser(picture: CodedPicture) -> int | None:
    sequence, general = None, None
    length_bytes = 1 + (picture.configuration[21] & 3)
    units = [*_configured(picture.configuration), *_units(picture.data, length_bytes)]
    for unit in units:
        kind = unit[0] >> 1 & 63
        if kind == _SPS:
            sequence = _read_sequence(_reader(unit))
        elif kind == _PPS:
            general = _read_picture(_reader(unit))
        elif kind in _SLICES and sequence and general:
            return _slice_quantiser(_reader(unit), kind, sequence, general)
    return None


def _configured(configuration: bytes) -> Iterator[bytes]:
    """The parameter sets of an hvcC (ISO/IEC 14496-15, 8.3.3.1)."""
    position = 23
    for _ in range(configuration[22]):
        count = int.from_bytes(configuration[position + 1 : position + 3], "big")
        position += 3
        for _ in range(min(count, _MOST_SETS)):
            length = int.from_bytes(configuration[position : position + 2], "big")
            unit = configuration[position + 2 : position + 2 + length]
            if unit:
                yield unit
            position += 2 + length


def _units(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """Of a stream, the last one as far as it was read."""
    position = 0
    while position + length_bytes < len(data):
        length = int.from_bytes(data[position : position + length_bytes], "big")
        position += length_bytes
        if unit := data[position : position + length]:
            yield unit
        position += length


def _reader(unit: bytes) -> BitReader:
    """What follows a unit's header, without what keeps start codes out of it."""
    return BitReader(unit[2:SLICE_BYTES].replace(b"\0\0\3", b"\0\0"))


def _read_sequence(bits: BitReader) -> _Sequence:
    bits.skip(4)
    sublayers = bits.bits(3)
    bits.skip(1)
    _skip_profile(bits, sublayers)
    bits.unsigned_exp_golomb()
    chroma = bits.unsigned_exp_golomb()
    separate = chroma == 3 and bits.flag()
    for _ in range(2):  # width, height
        bits.unsigned_exp_golomb()
    if bits.flag():  # what is cut off at the edges
        for _ in range(4):
            bits.unsigned_exp_golomb()
    for _ in range(2):  # depths
        bits.unsigned_exp_golomb()
    order_bits = 4 + bits.unsigned_exp_golomb()
    for _ in range(sublayers + 1 if bits.flag() else 1):
        for _ in range(3):
            bits.unsigned_exp_golomb()
    for _ in range(6):  # sizes of blocks
        bits.unsigned_exp_golomb()
    if bits.flag() and bits.flag():
        _skip_scaling_lists(bits)
    bits.skip(1)
    return _Sequence(separate, chroma != 0 and not separate, order_bits, bits.flag())


def _skip_profile(bits: BitReader, sublayers: int) -> None:
    bits.skip(88 + 8)
    present = [(bits.flag(), bits.flag()) for _ in range(sublayers)]
    if sublayers:
        bits.skip(2 * (8 - sublayers))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)


def _skip_scaling_lists(bits: BitReader) -> None:
    for size in range(4):
        for _ in range(2 if size == 3 else 6):
            if not bits.flag():
                bits.unsigned_exp_golomb()
                continue
            if size > 1:
                bits.signed_exp_golomb()
            for _ in range(min(64, 1 << (4 + 2 * size))):
                bits.signed_exp_golomb()


def _read_picture(bits: BitReader) -> _Picture:
    for _ in range(2):
        bits.unsigned_exp_golomb()
    bits.skip(1)
    tells_output, extra = bits.flag(), bits.bits(3)
    bits.skip(2)
    for _ in range(2):
        bits.unsigned_exp_golomb()
    return _Picture(tells_output, extra, 26 + bits.signed_exp_golomb())


def _slice_quantiser(
    bits: BitReader, kind: int, sequence: _Sequence, picture: _Picture
) -> int | None:
    if not bits.flag():  # not the first
        return None
    if _FIRST_OF_RANDOM_ACCESS <= kind <= _LAST_OF_RANDOM_ACCESS:
        bits.skip(1)
    bits.unsigned_exp_golomb()
    bits.skip(picture.extra_bits)
    if bits.unsigned_exp_golomb() != _INTRA:
        return None
    bits.skip(picture.tells_output)
    bits.skip(2 * sequence.separate_planes)
    if kind not in _WITHOUT_ORDER:  # with the sets of earlier pictures, which we leave alone
        return None
    if sequence.filters_samples:
        bits.skip(1 + sequence.has_colour)
    found = picture.quantiser + bits.signed_exp_golomb()
    return found if -48 <= found <= 51 else None
