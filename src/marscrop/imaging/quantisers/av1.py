"""The quantiser of an AV1 key frame (AV1 specification, sections 5.5 and 5.9), as AVIF holds it.

Read of frames that still pictures and the beginnings of animations have: shown key frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from marscrop.imaging.quantisers.bits import BitReader, BitsError
from marscrop.imaging.quantisers.heif_items import CodedPicture

HEADER_BYTES: Final = 4096
"""Of a picture's stream that are needed."""

_SEQUENCE, _FRAME_HEADER, _FRAME = 1, 3, 6
_CONFIG_BYTES: Final = 4
_SELECT: Final = 2
"""Where a sequence leaves a tool to its frames."""

_KEY: Final = 0
_MAX_TILE_WIDTH, _MAX_TILE_AREA = 4096, 4096 * 2304
_MAX_TILES: Final = 64
_LOWEST_LAYERS: Final = 0x101
"""The temporal and the spatial layer that a key frame is in."""


class _Sequence(NamedTuple):
    reduced: bool
    width_bits: int
    height_bits: int
    size: tuple[int, int]
    large_blocks: bool
    screen_content: int
    integer_motion: int
    superres: bool
    frame_ids: bool
    frame_id_bits: int
    order_hint_bits: int
    decoder_model: bool
    removal_time_bits: int
    equal_interval: bool
    presentation_bits: int
    operating_points: tuple[tuple[int, bool], ...]


def quantiser(picture: CodedPicture) -> int | None:
    """base_q_idx of a picture, 0 (finest) to 255; None where it is not found."""
    try:
        return _quantiser(picture)
    except (BitsError, IndexError):
        return None


def _quantiser(picture: CodedPicture) -> int | None:
    sequence = None
    for kind, data in (*_units(picture.configuration[_CONFIG_BYTES:]), *_units(picture.data)):
        if kind == _SEQUENCE:
            sequence = _read_sequence(BitReader(data))
        elif kind in (_FRAME_HEADER, _FRAME) and sequence:
            return _frame_quantiser(BitReader(data), sequence)
    return None


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of a stream's units (OBUs), the last one as far as it was read."""
    position = 0
    while position < len(data):
        head = data[position]
        position += 2 if head & 4 else 1
        length = len(data) - position
        if head & 2:
            length, position = _leb128(data, position)
        yield head >> 3 & 15, data[position : position + min(length, HEADER_BYTES)]
        position += length


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = 0
    for index in range(8):
        byte = data[position + index]
        value |= (byte & 127) << 7 * index
        if not byte & 128:
            return value, position + index + 1
    raise BitsError


def _read_sequence(bits: BitReader) -> _Sequence:
    bits.skip(3 + 1)
    reduced = bits.flag()
    decoder_model = equal_interval = False
    delay_bits = removal_bits = presentation_bits = 0
    points: list[tuple[int, bool]] = []
    if reduced:
        bits.skip(5)
    else:
        if bits.flag():  # times
            bits.skip(64)
            if equal_interval := bits.flag():
                bits.unsigned_exp_golomb()
            if decoder_model := bits.flag():
                delay_bits = bits.bits(5) + 1
                bits.skip(32)
                removal_bits, presentation_bits = bits.bits(5) + 1, bits.bits(5) + 1
        initial_delay = bits.flag()
        for _ in range(bits.bits(5) + 1):
            point = bits.bits(12)
            if bits.bits(5) > 7:
                bits.skip(1)
            timed = decoder_model and bits.flag()
            if timed:
                bits.skip(2 * delay_bits + 1)
            points.append((point, timed))
            if initial_delay and bits.flag():
                bits.skip(4)
    width_bits, height_bits = bits.bits(4) + 1, bits.bits(4) + 1
    size = bits.bits(width_bits) + 1, bits.bits(height_bits) + 1
    frame_ids, frame_id_bits = not reduced and bits.flag(), 0
    if frame_ids:
        frame_id_bits = bits.bits(4) + 2
        frame_id_bits += bits.bits(3) + 1
    large_blocks = bits.flag()
    bits.skip(2)
    screen_content = integer_motion = _SELECT
    order_hint_bits = 0
    if not reduced:
        bits.skip(4)
        order_hint = bits.flag()
        bits.skip(2 * order_hint)
        screen_content = _SELECT if bits.flag() else bits.bits(1)
        if screen_content > 0:
            integer_motion = _SELECT if bits.flag() else bits.bits(1)
        order_hint_bits = bits.bits(3) + 1 if order_hint else 0
    return _Sequence(
        reduced,
        width_bits,
        height_bits,
        size,
        large_blocks,
        screen_content,
        integer_motion,
        bits.flag(),
        frame_ids,
        frame_id_bits,
        order_hint_bits,
        decoder_model,
        removal_bits,
        equal_interval,
        presentation_bits,
        tuple(points),
    )


def _frame_quantiser(bits: BitReader, sequence: _Sequence) -> int | None:
    if not sequence.reduced:
        if bits.flag() or bits.bits(2) != _KEY or not bits.flag():
            return None  # one that was shown before, no key frame, or none to show
        if sequence.decoder_model and not sequence.equal_interval:
            bits.skip(sequence.presentation_bits)
    fixed_probabilities = bits.flag()
    screen_content = sequence.screen_content
    if screen_content == _SELECT:
        screen_content = bits.bits(1)
    if screen_content and sequence.integer_motion == _SELECT:
        bits.skip(1)
    other_size = False
    if not sequence.reduced:
        bits.skip(sequence.frame_id_bits)
        other_size = bits.flag()
        bits.skip(sequence.order_hint_bits)
        if sequence.decoder_model and bits.flag():
            for layers, timed in sequence.operating_points:
                if timed and (not layers or layers & _LOWEST_LAYERS == _LOWEST_LAYERS):
                    bits.skip(sequence.removal_time_bits)
    width, height = sequence.size
    if other_size:
        width, height = bits.bits(sequence.width_bits) + 1, bits.bits(sequence.height_bits) + 1
    narrowed = sequence.superres and bits.flag()
    if narrowed:
        denominator = bits.bits(3) + 9
        width = (width * 8 + denominator // 2) // denominator
    if bits.flag():  # to be shown at another size
        bits.skip(32)
    if screen_content and not narrowed:
        bits.skip(1)
    if not sequence.reduced and not fixed_probabilities:
        bits.skip(1)
    _skip_tiles(bits, width, height, 7 if sequence.large_blocks else 6)
    return bits.bits(8)


def _skip_tiles(bits: BitReader, width: int, height: int, block_bits: int) -> None:
    across, down = (-(-(-(-side // 8) * 8) // (1 << block_bits)) for side in (width, height))
    widest, most_area = _MAX_TILE_WIDTH >> block_bits, _MAX_TILE_AREA >> 2 * block_bits
    least_across = _log2(widest, across)
    least = max(least_across, _log2(most_area, across * down))
    if bits.flag():  # all of the same size
        columns = _increased(bits, least_across, _log2(1, min(across, _MAX_TILES)))
        rows = _increased(bits, max(least - columns, 0), _log2(1, min(down, _MAX_TILES)))
    else:
        area, columns, width_px = across * down, 0, 0
        largest = 0
        while width_px < across:
            found = _non_symmetric(bits, min(across - width_px, widest)) + 1
            largest = max(largest, found)
            width_px += found
            columns += 1
        area = area >> (least + 1) if least else area
        tallest, rows, height_px = max(area // largest, 1), 0, 0
        while height_px < down:
            height_px += _non_symmetric(bits, min(down - height_px, tallest)) + 1
            rows += 1
        columns, rows = _log2(1, columns), _log2(1, rows)
    if columns or rows:
        bits.skip(columns + rows + 2)


def _log2(unit: int, target: int) -> int:
    """The least power of two by which `unit` is at least `target`."""
    power = 0
    while unit << power < target:
        power += 1
    return power


def _increased(bits: BitReader, least: int, most: int) -> int:
    while least < most and bits.flag():
        least += 1
    return least


def _non_symmetric(bits: BitReader, count: int) -> int:
    """A number below `count` (AV1, 4.10.7)."""
    width = count.bit_length()
    short = (1 << width) - count
    value = bits.bits(width - 1)
    return value if value < short else (value << 1) - short + bits.bits(1)
