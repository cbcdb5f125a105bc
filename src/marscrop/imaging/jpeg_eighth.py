"""A JPEG decoded at an eighth of its size by a reader of our own that skips what is not needed.

Its pixels are libjpeg-turbo's, to the bit (tested), in a fraction of the time: `native/jpeg.c` says
how. What it does not know, or finds damaged, is left to Pillow.
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from marscrop import native
from marscrop.geometry import Size

DIVISOR: Final = 8

_BYTES_A_PIXEL: Final = 0.25
"""Of memory for what is read, beside the file, which is held whole."""

_LEAST_BYTES_A_THREAD: Final = 1 << 18
"""Of data: for less, starting a thread costs more than it gains."""

_PADDING: Final = 512  # MC_PADDING of jpeg.h
_SOS, _DQT, _DHT, _DRI, _SOF0, _SOF1 = 0xDA, 0xDB, 0xC4, 0xDD, 0xC0, 0xC1
_APP0, _APP14 = 0xE0, 0xEE
_OTHER_FRAMES: Final = frozenset(range(0xC2, 0xD0)) - {_DHT}
_BLOCKS_OF_HALVED: Final = 6
"""4:2:0: the only layout of that many blocks."""
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xDA)})
_YCC_IDS: Final = (1, 2, 3)


class _UnknownError(Exception):
    """A JPEG of a kind that is left to Pillow."""


@dataclass(slots=True)
class _Header:
    """What comes before the entropy-coded data."""

    size: tuple[int, int] = (0, 0)
    components: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Identifier, blocks across and down, quantisation table."""
    scan: list[tuple[int, int]] = field(default_factory=list)
    """Huffman tables of each component: DC, AC."""
    steps: dict[int, bytes] = field(default_factory=dict)
    codes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """By class (0 DC, 1 AC) and number."""
    restart_interval: int = 0
    jfif: bool = False
    adobe_transform: int | None = None
    end: int = 0

    @property
    def is_ycc(self) -> bool:
        """Whether libjpeg takes three components for luma and colours."""
        if self.jfif:
            return True
        if self.adobe_transform is not None:
            return self.adobe_transform == 1
        return tuple(c[0] for c in self.components) == _YCC_IDS


def decode(image: JpegImageFile, size: Size, threads: int, most_bytes: int) -> Image.Image | None:
    """The stored picture at an eighth, in mode RGB or L, rounded up to whole pixels.

    Args:
        image: opened and not yet loaded; its file may be left anywhere.
        size: of the whole picture [px].
        threads: to read with.
        most_bytes: of memory.

    Returns:
        None where Pillow has to do it.
    """
    library = native.library()
    if library is None or image.fp is None or image.info.get("progressive"):
        return None
    file_bytes = image.fp.seek(0, os.SEEK_END)
    if file_bytes + _BYTES_A_PIXEL * size.width * size.height > most_bytes:
        return None
    image.fp.seek(0)
    content = np.empty(file_bytes + _PADDING, np.uint8)
    if image.fp.readinto(content[:file_bytes]) != file_bytes:  # type: ignore[attr-defined]
        return None
    content[file_bytes:] = 0
    try:
        header = _read_header(content[:file_bytes].data)
        if header.size != size:
            return None
        pixels = _Reader(library, header, content).pixels(threads)
    except (_UnknownError, struct.error, IndexError, KeyError):
        return None
    return Image.fromarray(pixels)


class _Reader:
    """The data of one JPEG, ready to be read."""

    def __init__(
        self, library: native.Library, header: _Header, content: NDArray[np.uint8]
    ) -> None:
        """Take stuffing and markers out of the data that follow the header.

        Args:
            library: of native functions.
            header: of a JPEG.
            content: its bytes, and as many as `_PADDING` says; changed here.

        Raises:
            _UnknownError: the JPEG is of another kind, or damaged.
        """
        table = _as_table(header)
        self.library, self.plan = library, ctypes.create_string_buffer(library.mc_plan_size())
        if library.mc_plan_fill(self.plan, table) < 0:
            raise _UnknownError
        self._size = [-(-side // DIVISOR) for side in header.size]
        self._components = table.components
        luma = table.luma_across * table.luma_down
        self.blocks = luma + table.components - 1
        self.added = 8 if self.blocks == _BLOCKS_OF_HALVED else 0
        self.mcus: int = library.mc_mcus(self.plan)
        self._bytes = content[header.end :]
        data_bytes = len(self._bytes) - _PADDING
        # Two codes of a bit each in a block at least: a header alone must not make us allocate.
        if self.mcus * self.blocks > 4 * data_bytes:
            raise _UnknownError
        interval = header.restart_interval
        self._restart = np.zeros((self.mcus - 1) // interval if interval else 0, np.int64)
        restart = self._restart.ctypes.data, len(self._restart)
        length = library.mc_unstuff(self._bytes.ctypes.data, data_bytes, *restart)
        if length < 0:
            raise _UnknownError
        self.data = native.Data(self._bytes.ctypes.data, length, *restart)

    def pixels(self, threads: int) -> NDArray[np.uint8]:
        """The picture: (h, w, 3) RGB or (h, w) grey, uint8.

        Raises:
            _UnknownError: it is damaged.
        """
        runs = self._runs(max(1, min(threads, self.data.length // _LEAST_BYTES_A_THREAD)))
        _at_once([run.read for run in runs])
        parts = [(runs[0], 0)]
        for run in runs[1:]:
            parts += self._joined(parts[-1][0], run)
        parts += self._ended(parts)
        return self._composed(parts)

    def _runs(self, count: int) -> list[_Run]:
        """As many runs of about the same length, of which all but the first begin at a guess."""
        begins, restarts = [0], [0]
        for part in range(1, count):
            begin, restart = self.data.length * part // count, 0
            if len(self._restart):  # where every reader is in step
                restart = int(np.searchsorted(self._restart, begin))
                if restart == len(self._restart):
                    break
                begin = int(self._restart[restart])
            begins.append(begin)
            restarts.append(restart + 1)
        ends = [8 * begin for begin in begins[1:]]
        ends.append(8 * self.data.length - 7)  # beyond, there are only bits that fill a byte
        return [
            _Run(self, 8 * begin, end, restart, guessed=begin > 0 and not len(self._restart))
            for begin, end, restart in zip(begins, ends, restarts, strict=True)
        ]

    def _joined(self, last: _Run, run: _Run) -> list[tuple[_Run, int]]:
        """From the end of `last`, which is in step, on to the end of `run`; as in `_composed`."""
        bridge = _Run(self, last.stopped, run.end, 0, guessed=False)
        bridge.read(run.positions[: run.count])
        if bridge.count and len(self._restart):
            raise _UnknownError
        return [(bridge, 0), *([(run, bridge.met)] if bridge.met >= 0 else [])]

    def _ended(self, parts: list[tuple[_Run, int]]) -> list[tuple[_Run, int]]:
        """Small MCUs that begin within the last byte, if there are some left to read."""
        missing = self.mcus - _count(parts)
        if missing <= 0:
            return []
        rest = _Run(self, parts[-1][0].stopped, 8 * self.data.length, 0, guessed=False)
        rest.read(most=missing)
        return [(rest, 0)]

    def _composed(self, parts: list[tuple[_Run, int]]) -> NDArray[np.uint8]:
        """The pixels of runs, each from one of its MCUs on."""
        if _count(parts) != self.mcus:
            raise _UnknownError
        if parts[-1][0].stopped <= 8 * (self.data.length - 1):  # more data than picture
            raise _UnknownError
        width, height = self._size
        pixels = np.empty((height, width, self._components), np.uint8)
        place = native.Place()
        for run, first in parts:
            self.library.mc_compose(
                self.plan,
                place,
                run.count - first,
                run.differences[first:].ctypes.data,
                run.added[first:].ctypes.data,
                pixels.ctypes.data,
            )
        return pixels if self._components > 1 else pixels[:, :, 0]


class _Run:
    """Some MCUs, one after the other.

    Attributes:
        end: from where on none is begun [bits of the data].
        count: how many were read; 0 if the data are damaged.
        stopped: where the next one would begin.
        met: which of the positions to be met that is, or -1.
        differences, added, positions: what was read; see `McRun`.
    """

    def __init__(
        self, reader: _Reader, begin: int, end: int, restart: int, *, guessed: bool
    ) -> None:
        self._reader = reader
        self.end, self.count, self.stopped, self.met = end, 0, begin, -1
        most = min(reader.mcus, max(0, end - begin) // (2 * reader.blocks) + 1)
        self.differences = np.empty((most, reader.blocks), np.int16)
        self.added = np.empty((most, reader.added), np.int32)
        self.positions = np.empty(most, np.int64)
        self._table = native.Run(
            begin=begin,
            end=end,
            most=most,
            restart=restart,
            guessed=guessed,
            differences=self.differences.ctypes.data,
            added=self.added.ctypes.data,
            positions=self.positions.ctypes.data,
        )

    def read(self, meet: NDArray[np.int64] | None = None, most: int | None = None) -> None:
        """Read until one of the positions `meet`, so many MCUs, or the end."""
        if meet is not None:
            self._table.meet, self._table.meets = meet.ctypes.data, len(meet)
        if most is not None:
            self._table.most = min(most, self._table.most)
        count = self._reader.library.mc_read(self._reader.plan, self._reader.data, self._table)
        self.count = max(0, count)
        self.stopped, self.met = self._table.stopped, self._table.met


def _at_once(works: list[Callable[[], None]]) -> None:
    """Do each in a thread of its own, the first in this one; here too, where there are no more."""
    first, *rest = works
    started = []
    for work in rest:
        thread = threading.Thread(target=work)
        try:
            thread.start()
        except RuntimeError:  # the system gives no more
            work()
        else:
            started.append(thread)
    first()
    for thread in started:
        thread.join()


def _count(parts: list[tuple[_Run, int]]) -> int:
    """MCUs of runs, each from one of its own on."""
    return sum(run.count - first for run, first in parts)


def _as_table(header: _Header) -> native.Header:
    """The header as C has it.

    Raises:
        _UnknownError, KeyError: it is not of the kinds that are read here.
    """
    components = len(header.components)
    if components == 3 and not header.is_ycc:
        raise _UnknownError
    if any(component[1:3] != (1, 1) for component in header.components[1:]):
        raise _UnknownError
    # Of a single component, a block is an MCU whatever its header says (ITU T.81, A.2.2).
    across, down = header.components[0][1:3] if components == 3 else (1, 1)
    table = native.Header(
        *header.size, components, across, down, restart_interval=header.restart_interval
    )
    for i, ((_, _, _, steps), (dc, ac)) in enumerate(
        zip(header.components, header.scan, strict=True)
    ):
        ctypes.memmove(table.steps[i], header.steps[steps], 64)
        for target, key in ((table.dc[i], (0, dc)), (table.ac[i], (1, ac))):
            ctypes.memmove(target, header.codes[key].ljust(272, b"\0"), 272)
    return table


def _read_header(content: memoryview) -> _Header:
    """The segments of a baseline JPEG (ITU T.81, B.2) up to its only scan.

    Raises:
        _UnknownError, struct.error, IndexError: it is of another kind, or damaged.
    """
    header = _Header()
    if bytes(content[:2]) != b"\xff\xd8":
        raise _UnknownError
    at = 2
    while True:
        if content[at] != 0xFF:
            raise _UnknownError
        code = content[at + 1]
        if code == 0xFF:  # a filler
            at += 1
            continue
        if code in _WITHOUT_LENGTH or code in _OTHER_FRAMES:
            raise _UnknownError
        (length,) = struct.unpack_from(">H", content, at + 2)
        segment = bytes(content[at + 4 : at + 2 + length])
        at += 2 + length
        if length < 2 or at > len(content):
            raise _UnknownError
        if code == _SOS:
            header.end = at
            _read_scan(header, segment)
            return header
        _read_segment(header, code, segment)


def _read_segment(header: _Header, code: int, segment: bytes) -> None:
    if code == _DQT:
        while segment:
            if segment[0] > 3:  # 16 bits, or a number that there is not
                raise _UnknownError
            header.steps[segment[0]], segment = segment[1:65], segment[65:]
    elif code == _DHT:
        while segment:
            values = sum(segment[1:17])
            key, codes = divmod(segment[0], 16), segment[1 : 17 + values]
            if len(codes) < 16 + values or values > 256:
                raise _UnknownError
            header.codes[key], segment = codes, segment[17 + values :]
    elif code == _DRI:
        (header.restart_interval,) = struct.unpack(">H", segment)
    elif code in (_SOF0, _SOF1):
        bits, height, width, count = struct.unpack_from(">BHHB", segment)
        if bits != 8 or count not in (1, 3) or header.components:
            raise _UnknownError
        header.size = width, height
        for number, sampling, table in struct.iter_unpack("BBB", segment[6 : 6 + 3 * count]):
            header.components.append((number, sampling >> 4, sampling & 15, table))
    elif code == _APP0:
        header.jfif |= segment.startswith(b"JFIF\0")
    elif code == _APP14 and segment.startswith(b"Adobe"):
        header.adobe_transform = segment[11]


def _read_scan(header: _Header, segment: bytes) -> None:
    count = len(header.components)
    numbers = tuple(component[0] for component in header.components)
    if not count or segment[0] != count or len(segment) != 4 + 2 * count:
        raise _UnknownError
    if tuple(segment[1 : 1 + 2 * count : 2]) != numbers or segment[-3:] != b"\0\x3f\0":
        raise _UnknownError
    if len(set(numbers)) < count or any(len(steps) < 64 for steps in header.steps.values()):
        raise _UnknownError
    header.scan = [divmod(tables, 16) for tables in segment[2 : 2 + 2 * count : 2]]
