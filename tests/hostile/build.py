"""Files by hand, byte for byte: what no encoder would write."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from PIL import Image

_MEBIBYTE = 1 << 20
_ADLER_MODULUS = 65521

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, RGBA = 0, 2, 3, 6


def encoded(image: Image.Image, container: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, container, **options)
    return buffer.getvalue()


def deflated_zeros(count: int) -> bytes:
    """A zlib stream of `count` zeros, a thousandth as long, without making them."""
    packer = zlib.compressobj(9, wbits=-15)
    mebibyte = packer.compress(bytes(_MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(9, wbits=-15)
    end = rest.compress(bytes(count % _MEBIBYTE)) + rest.flush()
    adler = (count % _ADLER_MODULUS) << 16 | 1
    return b"\x78\x9c" + mebibyte * (count // _MEBIBYTE) + end + struct.pack(">L", adler)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def png_header(width: int, height: int, bits: int = 8, colour: int = RGB, woven: int = 0) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, bits, colour, 0, 0, woven))


def black_png(width: int, height: int, bits: int = 8, colour: int = GREY) -> bytes:
    """A whole PNG of zeros."""
    samples = {GREY: 1, RGB: 3, PALETTE: 1, RGBA: 4}[colour]
    row = 1 + -(-width * samples * bits // 8)
    palette = png_chunk(b"PLTE", bytes(3)) if colour == PALETTE else b""
    pixels = png_chunk(b"IDAT", deflated_zeros(row * height))
    end = png_chunk(b"IEND", b"")
    return PNG_MAGIC + png_header(width, height, bits, colour) + palette + pixels + end


def with_png_chunks(png: bytes, chunks: Iterable[bytes]) -> bytes:
    """Further chunks right after the header."""
    header_end = len(PNG_MAGIC) + 25
    return png[:header_end] + b"".join(chunks) + png[header_end:]


def tiff(entries: Sequence[tuple[int, int, int, int]], data: bytes = b"") -> bytes:
    """A little-endian TIFF of one directory; `data` begins at byte 8, before it.

    Args:
        entries: tag, type, count, value or offset.
        data: what offsets point at.
    """
    data += bytes(len(data) % 2)
    directory = struct.pack("<H", len(entries))
    for tag, kind, count, value in sorted(entries):
        packed = struct.pack("<HH", value, 0) if kind == 3 and count == 1 else None
        directory += struct.pack("<HHL", tag, kind, count) + (packed or struct.pack("<L", value))
    return struct.pack("<2sHL", b"II", 42, 8 + len(data)) + data + directory + bytes(4)


def black_tiff(
    width: int, height: int, *, bits: int = 8, float_samples: bool = False, tile: int = 0
) -> bytes:
    """One deflated strip (or tile) of zeros."""
    shape = (tile, tile) if tile else (width, height)
    packed = deflated_zeros(shape[0] * shape[1] * bits // 8)
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, bits),
        (259, 3, 1, 8),  # deflate
        (262, 3, 1, 1),
        (277, 3, 1, 1),
    ]
    if float_samples:
        entries.append((339, 3, 1, 3))
    if tile:
        entries += [(322, 4, 1, tile), (323, 4, 1, tile), (324, 4, 1, 8), (325, 4, 1, len(packed))]
    else:
        entries += [(273, 4, 1, 8), (278, 4, 1, height), (279, 4, 1, len(packed))]
    return tiff(entries, packed)


def black_webp(width: int, height: int) -> bytes:
    """A lossless WebP in which pixels take no bits at all: 36 bytes, whatever its size."""
    bits, length = 0, 0
    # Signature, sides, no alpha, version; no transform, no cache, one group of codes; then five
    # codes of a single symbol, 0.
    fields = [(0x2F, 8), (width - 1, 14), (height - 1, 14), (0, 1), (0, 3), (0, 3)]
    for value, size in [*fields, *[(0b0001, 4)] * 5]:
        bits |= value << length
        length += size
    body = bits.to_bytes(-(-length // 8) + 2, "little")
    body += bytes(len(body) % 2)
    chunk = b"VP8L" + struct.pack("<L", len(body)) + body
    return b"RIFF" + struct.pack("<L", 4 + len(chunk)) + b"WEBP" + chunk


def gif(width: int, height: int, frame: tuple[int, int, int, int], data: bytes = b"") -> bytes:
    """A GIF of one frame (x, y, width, height), with the LZW codes in `data`."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    blocks = b"".join(bytes([len(b)]) + b for b in _blocks(data))
    return screen + b"," + struct.pack("<4HB", *frame, 0) + b"\x02" + blocks + b"\0;"


def _blocks(data: bytes) -> list[bytes]:
    return [data[start : start + 255] for start in range(0, len(data), 255)]


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_jpeg_segments(jpeg: bytes, segments: Iterable[bytes]) -> bytes:
    """Further segments right after the start."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def with_jpeg_size(jpeg: bytes, width: int, height: int) -> bytes:
    """Another size in the header of a frame, baseline or progressive."""
    position = 2
    while jpeg[position + 1] not in (0xC0, 0xC2):
        position += 2 + int.from_bytes(jpeg[position + 2 : position + 4], "big")
    start = position + 5
    return jpeg[:start] + struct.pack(">HH", height, width) + jpeg[start + 4 :]


def jpeg_of_scans(width: int, height: int, scans: int) -> bytes:
    """A progressive JPEG of which each scan says in a few bytes that all blocks are zeros."""
    frame = jpeg_segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    table = jpeg_segment(0xDB, b"\x00" + b"\x01" * 64)
    # One code of one bit each: DC difference 0; AC a run of blocks without anything.
    dc = jpeg_segment(0xC4, b"\x00" + b"\x01" + bytes(15) + b"\x00")
    ac = jpeg_segment(0xC4, b"\x10" + b"\x01" + bytes(15) + b"\xe0")
    blocks = -(-width // 8) * -(-height // 8)
    first = jpeg_segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + bytes(-(-blocks // 8))
    run = "0" + "1" * 14  # 32,767 blocks
    bits = run * -(-blocks // 32767)
    bits += "1" * (-len(bits) % 8)
    packed = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    further = jpeg_segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + packed
    return b"\xff\xd8" + table + frame + dc + ac + first + further * scans + b"\xff\xd9"


def planar_jpeg(width: int, height: int) -> bytes:
    """A black baseline JPEG with a scan for each of its three components."""
    parts = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    frame = jpeg_segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + parts)
    table = jpeg_segment(0xDB, b"\x00" + b"\x01" * 64)
    # One code of one bit each: DC difference 0; AC the end of the block.
    codes = b"".join(jpeg_segment(0xC4, bytes([kind, 1]) + bytes(16)) for kind in (0x00, 0x10))
    blocks = -(-width // 8) * -(-height // 8)
    scans = b"".join(
        jpeg_segment(0xDA, bytes([1, number, 0, 0, 63, 0])) + bytes(-(-2 * blocks // 8))
        for number in (1, 2, 3)
    )
    return b"\xff\xd8" + table + frame + codes + scans + b"\xff\xd9"


def bmp_of_runs(width: int, height: int, codes: bytes) -> bytes:
    """An 8-bit BMP, run-length encoded."""
    start = 14 + 40 + 1024
    info = struct.pack("<LllHHLLllLL", 40, width, height, 1, 8, 1, len(codes), 0, 0, 256, 0)
    head = b"BM" + struct.pack("<LHHL", start + len(codes), 0, 0, start)
    return head + info + bytes(1024) + codes


def icc_segments(profile: bytes) -> list[bytes]:
    """A profile over as many segments of a JPEG as it takes, up to 255."""
    size = 65519
    parts = [profile[start : start + size] for start in range(0, len(profile), size)]
    count = len(parts)
    return [
        jpeg_segment(0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + part)
        for number, part in enumerate(parts, start=1)
    ]


def exif(entries: Sequence[tuple[int, int, int, int]], data: bytes = b"") -> bytes:
    """An EXIF block of one directory, as a JPEG has it."""
    return b"Exif\0\0" + tiff(entries, data)
