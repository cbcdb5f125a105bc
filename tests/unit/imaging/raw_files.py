"""Camera raw files, made here: as their makers build them, with a handful of sensor values."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from marscrop.geometry import Size

Values = bytes | str | tuple[int, ...] | tuple[tuple[int, int], ...] | list["Directory"]
Directory = dict[int, Values]
"""Tags: bytes as they are, text, LONG numbers, fractions, or directories."""

BYTES: Final = frozenset({33422, 50706, 50707})
"""Tags whose numbers are bytes."""

DNG_VERSION, SUB_DIRECTORIES, STRIPS, STRIP_BYTES = 50706, 330, 273, 279


def tiff(first: Directory, second: Directory | None = None, magic: bytes = b"II*\0") -> bytes:
    """A TIFF; `STRIPS` may hold the bytes of the only strip."""
    content = bytearray(magic + bytes(4) + bytes(8))
    place = _directory(content, first, second)
    content[4:8] = struct.pack("<L", place)
    return bytes(content)


def _directory(content: bytearray, tags: Directory, following: Directory | None = None) -> int:
    entries = []
    for tag, values in sorted(tags.items()):
        if tag == STRIPS and isinstance(values, bytes):
            place = _append(content, values)
            entries += [(STRIPS, 4, 1, struct.pack("<L", place))]
            entries += [(STRIP_BYTES, 4, 1, struct.pack("<L", len(values)))]
            continue
        entries.append((tag, *_packed(content, tag, values)))
    after = _directory(content, following) if following else 0
    table = struct.pack("<H", len(entries))
    for tag, kind, count, value in sorted(entries):
        inline = value.ljust(4, b"\0")
        if len(value) > 4:
            inline = struct.pack("<L", _append(content, value))
        table += struct.pack("<HHL", tag, kind, count) + inline
    return _append(content, table + struct.pack("<L", after))


def _packed(content: bytearray, tag: int, values: Values) -> tuple[int, int, bytes]:
    if isinstance(values, str):
        return 2, len(values) + 1, values.encode() + b"\0"
    if isinstance(values, bytes):
        return 7, len(values), values
    if isinstance(values, list):
        places = [_directory(content, one) for one in values]
        return 4, len(places), struct.pack(f"<{len(places)}L", *places)
    if tag in BYTES:
        return 1, len(values), bytes(int(v) for v in values if isinstance(v, int))
    if isinstance(values[0], tuple):
        flat = [n for pair in values if isinstance(pair, tuple) for n in pair]
        return 10, len(values), struct.pack(f"<{len(flat)}l", *flat)
    return 4, len(values), struct.pack(f"<{len(values)}L", *values)


def _append(content: bytearray, part: bytes) -> int:
    content.extend(b"\0" * (len(content) & 1))
    content.extend(part)
    return len(content) - len(part)


def sensor(size: Size) -> Directory:
    """The directory of a mosaic: red on the left, blue on the right."""
    width, height = size
    values = np.full((height, width), 400, np.uint16)
    values[0::2, 0 : width // 2 : 2] = 12_000
    values[1::2, width // 2 + 1 :: 2] = 12_000
    return {
        254: (0,),
        256: (width,),
        257: (height,),
        258: (16,),
        259: (1,),
        262: (32803,),
        277: (1,),
        278: (height,),
        STRIPS: values.tobytes(),
        33421: (2, 2),
        33422: (0, 1, 1, 2),
        50717: (16_383,),
    }


def preview(size: Size) -> Directory:
    """The directory of a small uncompressed picture in RGB."""
    width, height = size
    return {
        254: (1,),
        256: (width,),
        257: (height,),
        258: (8,),
        259: (1,),
        262: (2,),
        277: (3,),
        278: (height,),
        STRIPS: bytes(3 * width * height),
    }


COLOURS: Final[Directory] = {
    50708: "Pinhole One",
    50721: ((1, 1), (0, 1), (0, 1), (0, 1), (1, 1), (0, 1), (0, 1), (0, 1), (1, 1)),
    50728: ((1, 1), (1, 1), (1, 1)),
    50778: (21,),
}


def dng(size: Size, orientation: int = 1) -> bytes:
    """With the mosaic in its first directory."""
    told: Directory = {
        271: "Pinhole",
        272: "One",
        274: (orientation,),
        315: "Ada",
        33432: "(c) Ada",
    }
    return tiff({**sensor(size), **COLOURS, **told, DNG_VERSION: (1, 4, 0, 0)})


def with_preview(
    size: Size, make: str, jpeg: bytes = b"", orientation: int = 1, magic: bytes = b"II*\0"
) -> bytes:
    """A preview of 160 x 120 in the first directory, below it a JPEG and the mosaic."""
    of_jpeg: Directory = {254: (1,), 259: (6,), STRIPS: jpeg}
    below: list[Directory] = [*([of_jpeg] if jpeg else []), sensor(size)]
    told: Directory = {271: make, 274: (orientation,), SUB_DIRECTORIES: below, 33432: "(c) Ada"}
    return tiff({**preview(Size(160, 120)), **told}, magic=magic)


def canon_cr3(size: Size, jpeg: bytes, orientation: int) -> bytes:
    """The parts of a CR3 that are looked at: boxes of metadata, then a JPEG."""
    brand = struct.pack(">L4s4sL4s", 20, b"ftyp", b"crx ", 1, b"isom")
    told = tiff({271: "Canon", 274: (orientation,)})
    entry = b"CRAW" + bytes(24) + struct.pack(">HH", *size)
    return brand + b"moovCMT1" + told + entry + b"mdat" + jpeg


def fujifilm_raf(size: Size, jpeg: bytes) -> bytes:
    """The parts of a RAF that are looked at: a header, values and a JPEG."""
    values = struct.pack(">LHHHH", 1, 0x100, 4, size.height, size.width)
    header = b"FUJIFILMCCD-RAW 0201".ljust(92, b"\0") + struct.pack(">L", 96)
    return header + values + jpeg
