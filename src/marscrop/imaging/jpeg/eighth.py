"""A JPEG decoded at an eighth of its size by a reader of our own that skips what is not needed.

Its pixels are libjpeg-turbo's, to the bit (tested), in a fraction of the time: `native/jpeg.c` says
how. What it does not know, or finds damaged, is left to Pillow.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from marscrop import native
from marscrop.geometry import Size
from marscrop.imaging.jpeg.baseline_header import BaselineHeader, read_header
from marscrop.imaging.jpeg.markers import EOI
from marscrop.imaging.jpeg.tables import UnknownJpegError, luma_sampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIVISOR: Final = 8

_BYTES_A_PIXEL: Final = 0.25
"""Of memory for what is read, beside the file, which is held whole."""

_LEAST_BYTES_A_THREAD: Final = 1 << 18
"""Of data: for less, starting a thread costs more than it gains."""

_BLOCKS_OF_HALVED: Final = 6
"""4:2:0: the only layout of that many blocks."""


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
    try:
        header = read_header(image.fp)
        if header.size != size:
            return None
        data = np.empty(file_bytes - header.end + library.lib.MC_PADDING, np.uint8)
        image.fp.seek(header.end)
        read = image.fp.readinto(data)  # type: ignore[attr-defined]
        if read != file_bytes - header.end:
            return None
        data[read:] = 0
        pixels = _Reader(library, header, data).pixels(threads)
    except UnknownJpegError:
        return None
    return Image.fromarray(pixels)


class _Reader:
    """The data of one JPEG, ready to be read."""

    def __init__(
        self, library: native.Library, header: BaselineHeader, data: NDArray[np.uint8]
    ) -> None:
        """Take stuffing and markers out of the data that follow the header.

        Args:
            library: of native functions.
            header: of a JPEG.
            data: what follows it, and as many bytes as `MC_PADDING` says; changed here.

        Raises:
            UnknownJpegError: the JPEG is of another kind, or damaged.
        """
        self.ffi, self.lib = ffi, lib = library.ffi, library.lib
        self.stopped = False
        table = _as_table(header, ffi)
        self._plan_bytes = ffi.new("char[]", lib.mc_plan_size())
        self.plan = ffi.cast("struct McPlan *", self._plan_bytes)
        if lib.mc_plan_fill(self.plan, table) < 0:
            raise UnknownJpegError
        self._size = [-(-side // DIVISOR) for side in header.size]
        self._components: int = table.components
        self.blocks: int = table.luma_across * table.luma_down + table.components - 1
        self.added = 8 if self.blocks == _BLOCKS_OF_HALVED else 0
        self.mcus: int = lib.mc_mcus(self.plan)
        self._bytes = data
        data_bytes = len(data) - lib.MC_PADDING
        # Two codes of a bit each in a block at least: a header alone must not make us allocate.
        if self.mcus * self.blocks > 4 * data_bytes:
            raise UnknownJpegError
        interval = header.restart_interval
        self._interval = interval
        self._restart = np.zeros((self.mcus - 1) // interval if interval else 0, np.int64)
        restart = ffi.from_buffer("int64_t[]", self._restart), len(self._restart)
        start = ffi.from_buffer("uint8_t[]", data)
        self.length: int = lib.mc_unstuff(start, data_bytes, EOI, *restart)
        if self.length < 0:
            raise UnknownJpegError
        self.data = ffi.new("McData *", (start, self.length, *restart))

    def pixels(self, threads: int) -> NDArray[np.uint8]:
        """The picture: (h, w, 3) RGB or (h, w) grey, uint8.

        Raises:
            UnknownJpegError: it is damaged.
        """
        runs = self._runs(max(1, min(threads, self.length // _LEAST_BYTES_A_THREAD)))
        _at_once([run.read for run in runs], self.stop)
        self._check()
        parts = [(runs[0], 0)]
        for run in runs[1:]:
            parts += self._joined(parts, run)
        parts += self._ended(parts)
        return self._composed(parts)

    def stop(self) -> None:
        """Let every run end soon, in whatever thread."""
        self.stopped = True

    def _check(self) -> None:
        """Raises UnknownJpegError where a run that began in step could not be read."""
        if self.stopped:
            raise UnknownJpegError

    def _runs(self, count: int) -> list[_Run]:
        """As many runs of about the same length, of which all but the first begin at a guess."""
        begins, restarts = [0], [0]
        for part in range(1, count):
            begin, restart = self.length * part // count, 0
            if len(self._restart):  # where every reader is in step
                restart = int(np.searchsorted(self._restart, begin))
                if restart == len(self._restart):
                    break
                begin = int(self._restart[restart])
            begins.append(begin)
            restarts.append(restart + 1)
        ends = [8 * begin for begin in begins[1:]]
        ends.append(8 * self.length - 7)  # beyond, there are only bits that fill a byte
        return [
            _Run(self, 8 * begin, end, restart, guessed=begin > 0 and not len(self._restart))
            for begin, end, restart in zip(begins, ends, restarts, strict=True)
        ]

    def _joined(self, parts: list[tuple[_Run, int]], run: _Run) -> list[tuple[_Run, int]]:
        """From the end of `parts`, which are in step, to the end of `run`; as in `_composed`.

        Raises:
            UnknownJpegError: it is damaged.
        """
        last = parts[-1][0]
        if len(self._restart):
            # A restart marker is in step with the bits, but must also stand at its MCU.
            if last.stopped != run.begin or _count(parts) != run.restart * self._interval:
                raise UnknownJpegError
            return [(run, 0)]
        bridge = _Run(self, last.stopped, run.end, 0, guessed=False)
        bridge.read(run.positions[: run.count])
        self._check()
        return [(bridge, 0), *([(run, bridge.met)] if bridge.met is not None else [])]

    def _ended(self, parts: list[tuple[_Run, int]]) -> list[tuple[_Run, int]]:
        """Small MCUs that begin within the last byte, if there are some left to read."""
        count = _count(parts)
        missing = self.mcus - count
        if missing <= 0:
            return []
        if count <= len(self._restart) * self._interval:  # no marker stands there
            raise UnknownJpegError
        rest = _Run(self, parts[-1][0].stopped, 8 * self.length, 0, guessed=False)
        rest.read(most=missing)
        self._check()
        return [(rest, 0)]

    def _composed(self, parts: list[tuple[_Run, int]]) -> NDArray[np.uint8]:
        """The pixels of runs, each from one of its MCUs on."""
        if _count(parts) != self.mcus:
            raise UnknownJpegError
        if parts[-1][0].stopped <= 8 * (self.length - 1):  # more data than picture
            raise UnknownJpegError
        width, height = self._size
        pixels = np.empty((height, width, self._components), np.uint8)
        place = self.ffi.new("McPlace *")
        for run, first in parts:
            composed = self.lib.mc_compose(
                self.plan,
                place,
                run.count - first,
                self.ffi.from_buffer("int16_t[]", run.differences[first:]),
                self.ffi.from_buffer("int32_t[]", run.added[first:]),
                self.ffi.from_buffer("uint8_t[]", pixels),
            )
            if composed < 0:
                raise UnknownJpegError
        return pixels if self._components > 1 else pixels[:, :, 0]


class _Run:
    """Some MCUs, one after the other.

    Attributes:
        begin: where it begins, maybe at a guess [bits of the data].
        restart: restart markers before that, where it is not guessed.
        end: from where on none is begun [bits of the data].
        count: how many were read; 0 if the data are damaged, or no place to begin at was found.
        stopped: where the next one would begin.
        met: which of the positions to be met that is, or None.
        differences, added, positions: what was read; see `McRun`.
    """

    def __init__(
        self, reader: _Reader, begin: int, end: int, restart: int, *, guessed: bool
    ) -> None:
        self._reader = reader
        self.begin, self.restart = begin, restart
        self.end, self.count, self.stopped = end, 0, begin
        self.met: int | None = None
        most = min(reader.mcus, max(0, end - begin) // (2 * reader.blocks) + 1)
        self.differences = np.empty((most, reader.blocks), np.int16)
        self.added = np.empty((most, reader.added), np.int32)
        self.positions = np.empty(most, np.int64)
        ffi = reader.ffi
        self._table = ffi.new(
            "McRun *",
            {
                "position": begin,
                "end": end,
                "most": most,
                "restart": restart,
                "guessed": guessed,
                "spare": end - begin,
                "differences": ffi.from_buffer("int16_t[]", self.differences),
                "added": ffi.from_buffer("int32_t[]", self.added),
                "positions": ffi.from_buffer("int64_t[]", self.positions),
            },
        )

    def read(self, meet: NDArray[np.int64] | None = None, most: int | None = None) -> None:
        """Read until one of the positions `meet`, so many MCUs, or the end."""
        if meet is not None:
            self._table.meet = self._reader.ffi.from_buffer("int64_t[]", meet)
            self._table.meets = len(meet)
        if most is not None:
            self._table.most = min(most, self._table.most)
        reader, table = self._reader, self._table
        more = 1
        while more > 0:
            if reader.stopped:
                return
            more = reader.lib.mc_read(reader.plan, reader.data, table)
        if more == 0:
            self.count, self.stopped = table.count, table.position
            self.met = table.passed if table.met else None
        elif not table.guessed:
            reader.stop()


def _at_once(works: list[Callable[[], None]], stop: Callable[[], None]) -> None:
    """Do each in a thread of its own, the first in this one; here too, where there are no more.

    Args:
        works: to be done.
        stop: makes them end soon, where this one is interrupted.
    """
    first, *rest = works
    started = []
    try:
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
    except BaseException:  # a signal, as a rule
        stop()
        for thread in started:
            thread.join()
        raise


def _count(parts: list[tuple[_Run, int]]) -> int:
    """MCUs of runs, each from one of its own on."""
    return sum(run.count - first for run, first in parts)


def _as_table(header: BaselineHeader, ffi: Any) -> Any:
    """The header as C has it, `McHeader *`.

    Raises:
        UnknownJpegError: it is not of the kinds that are read here.
    """
    across, down = luma_sampling(
        [(one.across, one.down) for one in header.components], is_ycc=header.is_ycc
    )
    width, height = header.size
    return ffi.new(
        "McHeader *",
        {
            "width": width,
            "height": height,
            "components": len(header.components),
            "luma_across": across,
            "luma_down": down,
            "restart_interval": header.restart_interval,
            "steps": [component.steps for component in header.components],
            "dc": [component.dc for component in header.components],
            "ac": [component.ac for component in header.components],
        },
    )
