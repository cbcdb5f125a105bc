"""What a file's first bytes say of it, where its format needs a way of its own to be opened."""

from __future__ import annotations

from typing import Final

HEADER_BYTES: Final = 256
"""Of a file, that are looked at."""

JPEG: Final = b"\xff\xd8"
PNG: Final = b"\x89PNG\r\n\x1a\n"
JXL_CODESTREAM: Final = b"\xff\x0a"

_JXL_CONTAINER: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_CONTAINER_BRANDS: Final = frozenset({b"mif1", b"msf1"})

_TIFFS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAWS: Final = (
    (0, b"FUJIFILMCCD-RAW", "Fujifilm RAF"),
    (0, b"IIRO", "Olympus ORF"),
    (0, b"IIRS", "Olympus ORF"),
    (0, b"MMOR", "Olympus ORF"),
    (0, b"IIU\0", "Panasonic RW2"),
    (0, b"FOVb", "Sigma X3F"),
    (0, b"\0MRM", "Minolta MRW"),
    (6, b"HEAPCCDR", "Canon CRW"),
    (8, b"CR\2", "Canon CR2"),
    (8, b"IIII", "Phase One IIQ"),
    (4, b"ftypcrx ", "Canon CR3"),
)


def is_heif(header: bytes) -> bool:
    """Whether a file is HEIF that Pillow cannot read: not AVIF, its sibling."""
    if header[4:8] != b"ftyp":
        return False
    box = header[: int.from_bytes(header[:4], "big")]
    major, compatible = box[8:12], {box[i : i + 4] for i in range(16, len(box), 4)}
    if major in _CONTAINER_BRANDS:
        return not compatible & _AVIF_BRANDS or bool(compatible & _HEIC_BRANDS)
    return major in _HEIC_BRANDS


def is_jxl(header: bytes) -> bool:
    """Whether a file is JPEG XL."""
    return header.startswith((JXL_CODESTREAM, _JXL_CONTAINER))


def is_tiff(header: bytes) -> bool:
    """Whether a file begins as a TIFF does; most camera raw does, too."""
    return header.startswith(_TIFFS)


def raw_kind(header: bytes) -> str | None:
    """The kind of camera raw, such as "Canon CR3", where the first bytes alone tell it."""
    return next((kind for at, magic, kind in _RAWS if header[at:].startswith(magic)), None)
