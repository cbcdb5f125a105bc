"""A progressive JPEG at an eighth of its size, of which most scans are stepped over.

A block is one pixel there, its DC coefficient, which has scans of its own. Pixels are
libjpeg-turbo's, to the bit (tested), in a fraction of the time and of the memory, as nobody keeps
the coefficients of the whole picture: native/progressive.c says how. What it does not know, or
finds damaged, is left to Pillow.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from marscrop import native
from marscrop.geometry import Size
from marscrop.imaging.jpeg.progressive_header import ProgressiveHeader, Scan, read_scans
from marscrop.imaging.jpeg.tables import UnknownJpegError, luma_sampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK_PX: Final = 8
_ALL: Final = 64
"""Coefficients of a block."""

_BYTES_A_PIXEL: Final = 1.25
"""Of memory at most, beside the file, which is held whole, and its longest scan."""


def decode(image: JpegImageFile, size: Size, most_bytes: int) -> Image.Image | None:
    """The stored picture at an eighth, in mode RGB or L, rounded up to whole pixels.

    Args:
        image: opened and not yet loaded; its file may be left anywhere.
        size: of the whole picture [px].
        most_bytes: of memory.

    Returns:
        None where Pillow has to do it.
    """
    library = native.library()
    if library is None or image.fp is None:
        return None
    memory = image.fp.seek(0, os.SEEK_END) + _BYTES_A_PIXEL * size.width * size.height
    if memory > most_bytes:
        return None
    image.fp.seek(0)
    content = image.fp.read()
    try:
        header = read_scans(content)
        if header.size != size:
            return None
        reader = _Reader(library, header)
        if memory + reader.longest_scan > most_bytes:  # of which there is a copy
            return None
        return Image.fromarray(reader.pixels(content))
    except UnknownJpegError:
        return None


class _Reader:
    """The coefficients that are wanted of one JPEG."""

    def __init__(self, library: native.Library, header: ProgressiveHeader) -> None:
        """Plan what is kept.

        Raises:
            UnknownJpegError: the JPEG is of a kind that is not read here.
        """
        self._ffi, self._lib, self._header = library.ffi, library.lib, header
        colours = header.sampling[1:]
        self._luma = luma_sampling(header.sampling, is_ycc=header.is_ycc)
        if any(0 in steps for steps in header.steps):
            raise UnknownJpegError
        self._size = [-(-side // _BLOCK_PX) for side in header.size]
        self._mcus = [
            -(-blocks // factor) for blocks, factor in zip(self._size, self._luma, strict=True)
        ]
        # Colours that are halved both ways make four pixels of a block, of all coefficients.
        self._kept = [1, *(_ALL if self._luma == (2, 2) else 1 for _ in colours)]
        self._sampling = [self._luma, *colours]
        self._planes: list[NDArray[np.int16]] = []
        self._wanted = [one for one in header.scans if one.first < self._kept[one.components[0]]]

    @property
    def longest_scan(self) -> int:
        """Of those that are read [bytes]."""
        return max(scan.end - scan.start for scan in self._wanted)

    def pixels(self, content: bytes) -> NDArray[np.uint8]:
        """The picture: (h, w, 3) RGB or (h, w) grey, uint8.

        Raises:
            UnknownJpegError: it is damaged.
        """
        for scan in self._wanted:
            # A bit a block at least: a header alone must not make us allocate.
            if not scan.first and self._blocks(scan) > 8 * (scan.end - scan.start):
                raise UnknownJpegError
        across, down = self._mcus
        self._planes = [
            np.zeros((down * rows, across * columns, kept), np.int16)
            for (columns, rows), kept in zip(self._sampling, self._kept, strict=True)
        ]
        for scan in self._wanted:
            self._read(scan, content)
        return self._composed()

    def _layout(self, scan: Scan) -> tuple[tuple[int, int], list[tuple[int, int]]]:
        """MCUs across and down, and the blocks that each component has in one."""
        if len(scan.components) > 1:
            across, down = self._mcus
            return (across, down), [self._sampling[component] for component in scan.components]
        # Of one component, only blocks that show something (A.2.2).
        columns, rows = self._sampling[scan.components[0]]
        across, down = (
            -(-side * factor // (most * _BLOCK_PX))
            for side, factor, most in zip(
                self._header.size, (columns, rows), self._luma, strict=True
            )
        )
        return (across, down), [(1, 1)]

    def _blocks(self, scan: Scan) -> int:
        (across, down), sampling = self._layout(scan)
        return across * down * sum(columns * rows for columns, rows in sampling)

    def _read(self, scan: Scan, content: bytes) -> None:
        """Read a scan into the planes.

        Raises:
            UnknownJpegError: its data are damaged.
        """
        ffi, lib = self._ffi, self._lib
        length = scan.end - scan.start
        data = np.zeros(length + lib.MC_PADDING, np.uint8)
        data[:length] = np.frombuffer(content, np.uint8, length, scan.start)
        (across, down), sampling = self._layout(scan)
        interval = scan.restart_interval
        restart = np.zeros((across * down - 1) // interval if interval else 0, np.int64)
        restarts = ffi.from_buffer("int64_t[]", restart), len(restart)
        start = ffi.from_buffer("uint8_t[]", data)
        left = lib.mc_unstuff(start, length, content[scan.end - 1], *restarts)
        if left < 0:
            raise UnknownJpegError
        data[left:] = 0
        table = ffi.new(
            "McScan *",
            {
                "across": across,
                "down": down,
                "components": len(scan.components),
                "planes": [self._plane(component) for component in scan.components],
                "blocks_across": [columns for columns, _ in sampling],
                "blocks_down": [rows for _, rows in sampling],
                "first": scan.first,
                "last": scan.last,
                "refines": scan.refines,
                "low": scan.low,
                "restart_interval": interval,
                "codes": scan.codes,
            },
        )
        if lib.mc_scan(table, ffi.new("McData *", (start, left, *restarts))) < 0:
            raise UnknownJpegError

    def _plane(self, component: int) -> Any:
        """`McPlane`, which is of use as long as this lives."""
        plane = self._planes[component]
        return {
            "coefficients": self._ffi.from_buffer("int16_t[]", plane),
            "stride": plane.shape[1],
            "kept": plane.shape[2],
        }

    def _composed(self) -> NDArray[np.uint8]:
        ffi, (width, height), count = self._ffi, self._size, len(self._planes)
        pixels = np.empty((height, width, count), np.uint8)
        table = ffi.new(
            "McPicture *",
            {
                "width": width,
                "height": height,
                "components": count,
                "luma_across": self._luma[0],
                "luma_down": self._luma[1],
                "planes": [self._plane(component) for component in range(count)],
                "steps": self._header.steps,
            },
        )
        if self._lib.mc_picture(table, ffi.from_buffer("uint8_t[]", pixels)) < 0:
            raise UnknownJpegError
        return pixels if count > 1 else pixels[:, :, 0]
