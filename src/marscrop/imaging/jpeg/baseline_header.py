"""The header of a baseline JPEG, as far as its data need it (ITU T.81, annex B)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Final, NamedTuple

from marscrop.imaging.jpeg.markers import ALONE, OTHER_FRAMES, SOF0, SOF1, SOI, SOS, segments
from marscrop.imaging.jpeg.tables import MALFORMED, Tables, UnknownJpegError

_FRAMES: Final = frozenset({SOF0, SOF1})


class Component(NamedTuple):
    """Luma, or one of the colours.

    Attributes:
        across, down: blocks of an MCU.
        steps: quantisation, 64 bytes in zigzag order.
        dc, ac: Huffman tables: how many codes have 1..16 bits, then their symbols.
    """

    across: int
    down: int
    steps: bytes
    dc: bytes
    ac: bytes


@dataclass(frozen=True, slots=True)
class BaselineHeader:
    """What comes before the entropy-coded data.

    Attributes:
        size: width and height [px].
        components: one, or three.
        restart_interval: MCUs from one restart marker to the next; 0 without.
        is_ycc: whether libjpeg takes three components for luma and colours.
        end: where the data begin [bytes].
    """

    size: tuple[int, int]
    components: tuple[Component, ...]
    restart_interval: int
    is_ycc: bool
    end: int


def read_header(file: IO[bytes]) -> BaselineHeader:
    """The segments of a JPEG up to its only scan; leaves the file anywhere.

    Raises:
        UnknownJpegError: it is of another kind, or damaged.
    """
    try:
        return _read(file)
    except MALFORMED:
        raise UnknownJpegError from None


def _read(file: IO[bytes]) -> BaselineHeader:
    tables = Tables(_FRAMES)
    for code, start, end in segments(file):
        if code == SOI and start == 0:
            continue
        if code in ALONE or code in OTHER_FRAMES:
            break
        payload = file.read(end - start - 4)
        if len(payload) < end - start - 4:
            break
        if code == SOS:
            return BaselineHeader(
                tables.size,
                tuple(_components(tables, payload)),
                tables.restart_interval,
                tables.is_ycc,
                end,
            )
        tables.note(code, payload)
    raise UnknownJpegError


def _components(tables: Tables, scan: bytes) -> list[Component]:
    """What a scan of all coefficients of all components names."""
    identifiers = [identifier for identifier, _, _ in tables.frame]
    count = len(identifiers)
    if not count or scan[0] != count or len(scan) != 4 + 2 * count:
        raise UnknownJpegError
    named, chosen = list(scan[1 : 1 + 2 * count : 2]), scan[2 : 2 + 2 * count : 2]
    if named != identifiers or len(set(named)) < count or scan[-3:] != b"\0\x3f\0":
        raise UnknownJpegError
    return [
        Component(
            *sampling,
            tables.steps[steps],
            tables.codes[0, table >> 4],
            tables.codes[1, table & 15],
        )
        for sampling, (_, _, steps), table in zip(
            tables.sampling(), tables.frame, chosen, strict=True
        )
    ]
