"""The scans of a progressive JPEG, and what is said of them (ITU T.81, annexes B and G).

Only files are taken that send all bits of all coefficients, in order: of others libjpeg makes up
what is missing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from marscrop.imaging.jpeg.markers import ALONE, EOI, OTHER_FRAMES, SOF2, SOI, SOS, all_segments
from marscrop.imaging.jpeg.tables import MALFORMED, Tables, UnknownJpegError

_FRAMES: Final = frozenset({SOF2})
_LAST: Final = 63
_MOST_LOW: Final = 13
_UNKNOWN: Final = -1
_DC, _AC = 0, 1


class Scan(NamedTuple):
    """A scan of DC coefficients, or of one component's AC coefficients.

    Attributes:
        components: of the frame, counted from 0.
        codes: of each: how many have 1..16 bits, then their symbols; empty where none are used.
        first, last: coefficients in zigzag order: 0 and 0, or some of 1..63.
        refines: one bit of coefficients whose higher bits are known.
        low: bits that come later.
        restart_interval: MCUs from one restart marker to the next; 0 without.
        start, end: of its data [bytes], with the marker behind them.
    """

    components: tuple[int, ...]
    codes: tuple[bytes, ...]
    first: int
    last: int
    refines: bool
    low: int
    restart_interval: int
    start: int
    end: int


class ProgressiveHeader(NamedTuple):
    """All that is not entropy-coded.

    Attributes:
        size: width and height [px].
        sampling: blocks of each component across and down an MCU.
        steps: quantisation of each component, 64 bytes in zigzag order.
        is_ycc: whether libjpeg takes three components for luma and colours.
        scans: in order.
    """

    size: tuple[int, int]
    sampling: list[tuple[int, int]]
    steps: list[bytes]
    is_ycc: bool
    scans: list[Scan]


def read_scans(content: bytes) -> ProgressiveHeader:
    """The segments of a JPEG, up to its end.

    Raises:
        UnknownJpegError: it is of another kind, damaged, or lacks some scan.
    """
    try:
        return _read(content)
    except MALFORMED:
        raise UnknownJpegError from None


def _read(content: bytes) -> ProgressiveHeader:
    tables, scans = Tables(_FRAMES), list[Scan]()
    known, is_ycc = _Known(), False
    for code, start, end in all_segments(content):
        if scans and scans[-1].end == 0:
            scans[-1] = scans[-1]._replace(end=start + 2)
        if code == EOI:
            known.check_complete(len(tables.frame))
            steps = [known.steps[component] for component in range(len(tables.frame))]
            return ProgressiveHeader(tables.size, tables.sampling(), steps, is_ycc, scans)
        if code == SOI and start == 0:
            continue
        if code in ALONE or code in OTHER_FRAMES - _FRAMES or end > len(content):
            break
        payload = content[start + 4 : end]
        if code == SOS:
            if not scans:  # libjpeg no longer changes its mind then
                is_ycc = tables.is_ycc
            scans.append(_scan(tables, payload, end))
            known.note(scans[-1], tables)
        else:
            tables.note(code, payload)
    raise UnknownJpegError


def _scan(tables: Tables, payload: bytes, start: int) -> Scan:
    identifiers = [identifier for identifier, _, _ in tables.frame]
    count = payload[0]
    if not 1 <= count <= len(identifiers) or len(payload) != 4 + 2 * count:
        raise UnknownJpegError
    named, chosen = payload[1 : 1 + 2 * count : 2], payload[2 : 2 + 2 * count : 2]
    if len(set(identifiers)) < len(identifiers) or not set(named) <= set(identifiers):
        raise UnknownJpegError
    components = tuple(identifiers.index(one) for one in named)
    first, last, high, low = payload[-3], payload[-2], payload[-1] >> 4, payload[-1] & 15
    of_dc = first == 0
    if list(components) != sorted(set(components)) or (not of_dc and count > 1):
        raise UnknownJpegError
    if not (last == 0 if of_dc else first <= last <= _LAST) or low > _MOST_LOW:
        raise UnknownJpegError
    if high and high != low + 1:
        raise UnknownJpegError
    codes = tuple(
        b""
        if of_dc and high
        else _sound(tables.codes[(_DC, table >> 4) if of_dc else (_AC, table & 15)])
        for table in chosen
    )
    interval = tables.restart_interval
    return Scan(components, codes, first, last, bool(high), low, interval, start, 0)


def _sound(codes: bytes) -> bytes:
    """Codes that libjpeg takes, of scans that nobody reads here, too.

    Raises:
        UnknownJpegError: there are too many of some length.
    """
    code = 0
    for length, count in enumerate(codes[:16], 1):
        code += count
        if code >= 1 << length:
            raise UnknownJpegError
        code <<= 1
    return codes


class _Known:
    """How many bits of which coefficients are still to come.

    Attributes:
        steps: quantisation of each component that had a scan: as it was said at the first one.
    """

    def __init__(self) -> None:
        self.steps: dict[int, bytes] = {}
        self._low: dict[tuple[int, int], int] = {}

    def note(self, scan: Scan, tables: Tables) -> None:
        for component in scan.components:
            self.steps.setdefault(component, tables.steps[tables.frame[component][2]])
            if scan.first and (component, 0) not in self._low:
                raise UnknownJpegError
            for index in range(scan.first, scan.last + 1):
                before = self._low.get((component, index), _UNKNOWN)
                if before != (scan.low + 1 if scan.refines else _UNKNOWN):
                    raise UnknownJpegError
                self._low[component, index] = scan.low

    def check_complete(self, components: int) -> None:
        """Raises UnknownJpegError where some bits never came."""
        if len(self._low) != components * (_LAST + 1) or any(self._low.values()):
            raise UnknownJpegError
