"""Hostile files, made on the fly, by families.

The same bytes each time on one machine (encoders of other versions write others).
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from PIL import Image
from tests.hostile.build import (
    GREY,
    PALETTE,
    RGB,
    RGBA,
    black_png,
    black_tiff,
    black_webp,
    bmp_of_runs,
    deflated_zeros,
    encoded,
    exif,
    gif,
    icc_segments,
    jpeg_of_scans,
    jpeg_segment,
    planar_jpeg,
    png_chunk,
    tiff,
    with_jpeg_segments,
    with_jpeg_size,
    with_png_chunks,
)
from tests.hostile.seeds import photo, seeds

_ORIENTATION = 0x0112
_SHORT, _LONG, _BYTES = 3, 4, 7


class Case(NamedTuple):
    """One hostile file.

    Attributes:
        name: with the suffix that it pretends to have; no two of a family are equal.
        content: its bytes.
    """

    name: str
    content: bytes


def bombs() -> Iterator[Case]:
    """Few bytes, many pixels: beyond every limit, and just within that of pixels."""
    for side in (9_000, 17_000, 60_000):
        yield Case(f"grey{side}.png", black_png(side, min(side, 17_000)))
        yield Case(f"two-level{side}.png", black_png(side, min(side, 17_000), 1))
    yield Case("palette.png", black_png(9_000, 9_000, 8, PALETTE))
    yield Case("rgb.png", black_png(8_500, 8_500, 8, RGB))
    yield Case("rgba.png", black_png(6_000, 6_000, 8, RGBA))
    yield Case("rgba16.png", black_png(6_000, 6_000, 16, RGBA))
    yield Case("rgba-refused.png", black_png(12_000, 12_000, 16, RGBA))
    for side in (4_000, 13_000, 16_383):
        yield Case(f"flat{side}.webp", black_webp(side, side))
    yield Case("flat.gif", encoded(Image.new("P", (7_000, 7_000)), "GIF"))
    yield Case("large-screen.gif", gif(65_535, 65_535, (0, 0, 8, 8), b"\x44\x01\x05"))
    yield Case("large-frame.gif", gif(8, 8, (0, 0, 65_535, 65_535), b"\x44\x01\x05"))
    yield Case("float.tif", black_tiff(6_000, 6_000, bits=32, float_samples=True))
    yield Case("double.tif", black_tiff(6_000, 6_000, bits=64, float_samples=True))
    yield Case("float-refused.tif", black_tiff(17_000, 17_000, bits=32, float_samples=True))
    yield Case("strip.tif", black_tiff(12_000, 12_000))
    yield Case("tile.tif", black_tiff(30, 20, tile=32_768))
    yield Case("all-strips-one.tif", _repeated_strip(9_000, 9_000))
    yield Case("flat.avif", encoded(Image.new("L", (6_000, 4_000)), "AVIF", speed=10))
    yield Case("huge.avif", _with_sides(seeds()["photo.avif"], b"ispe", 30_000, 30_000))
    yield Case("large.avif", _with_sides(seeds()["photo.avif"], b"ispe", 12_000, 12_000))
    yield Case("huge.jp2", _with_sides(seeds()["photo.jp2"], b"ihdr", 60_000, 60_000, skip=0))
    yield Case("large.jp2", _with_jp2_size(seeds()["photo.jp2"], 15_000, 15_000))
    yield Case("flat.jp2", encoded(Image.new("L", (3_000, 3_000)), "JPEG2000"))
    for name in ("baseline.jpg", "progressive.jpg"):
        for side in (5_000, 17_000, 65_500):
            yield Case(f"{side}-{name}", with_jpeg_size(seeds()[name], side, side))
    yield Case("planar.jpg", planar_jpeg(9_000, 9_000))
    yield Case("planar-within.jpg", planar_jpeg(6_000, 6_000))
    yield Case("runs.bmp", bmp_of_runs(17_000, 17_000, b"\0\2\0\xff" * 70))
    yield Case("ends.bmp", bmp_of_runs(160_000_000, 1, b"\1\1\0\0"))
    yield Case("ends-within.bmp", bmp_of_runs(12_000_000, 1, b"\1\1\0\0"))
    yield Case("raw.ppm", b"P6\n17000 17000\n255\n" + bytes(100))
    yield Case("odd.ppm", b"P6\n2000 1000\n254\n" + bytes(6_000_000))
    yield Case("plain.ppm", b"P3\n17000 17000\n255\n1 2 3")
    yield Case("flat.psd", _with_psd_size(seeds()["flat.psd"], 17_000, 17_000))


def floods() -> Iterator[Case]:
    """Small parts without end: what costs is their number."""
    jpeg, png = seeds()["baseline.jpg"], seeds()["rgb.png"]
    yield Case("segments.jpg", with_jpeg_segments(jpeg, [jpeg_segment(0xEF, b"")] * 500_000))
    yield Case("comments.jpg", with_jpeg_segments(jpeg, [jpeg_segment(0xFE, b"a")] * 300_000))
    yield Case("padding.jpg", jpeg[:2] + b"\xff" * 2_000_000 + jpeg[2:])
    yield Case("scans.jpg", jpeg_of_scans(9_000, 9_000, 3_000))
    yield Case("scans-within.jpg", jpeg_of_scans(9_000, 9_000, 90))
    yield Case("chunks.png", with_png_chunks(png, [png_chunk(b"prVt", b"")] * 300_000))
    yield Case("texts.png", with_png_chunks(png, [png_chunk(b"tEXt", b"a\0b")] * 200_000))
    yield Case("late.png", png[:-12] + png_chunk(b"prVt", b"") * 300_000)
    yield Case("data.png", png[:-12] + png_chunk(b"IDAT", b"") * 300_000 + png[-12:])
    yield Case("comments.gif", _with_gif_blocks(b"!\xfe\x01a\0" * 500_000))
    yield Case("one-comment.gif", _with_gif_blocks(b"!\xfe" + b"\1a" * 500_000 + b"\0"))
    yield Case("comments.ppm", b"P6\n" + b"#a\n" * 500_000 + b"4 4\n255\n" + bytes(48))
    yield Case("strips.tif", _many_strips(1_000_000))
    yield Case("tags.tif", _overlapping_tags(60_000, 1_000_000))
    resources = b"8BIM\x03\xed\0\0\0\0\0\0" * 300_000
    psd = seeds()["flat.psd"]
    yield Case("resources.psd", psd[:30] + struct.pack(">L", len(resources)) + resources + psd[34:])
    jp2 = seeds()["photo.jp2"]
    yield Case("boxes.jp2", jp2[:12] + b"\0\0\0\x08free" * 500_000 + jp2[12:])
    webp = seeds()["lossy.webp"]
    yield Case("chunks.webp", _riff(webp[12:] + b"junk\0\0\0\0" * 500_000))
    avif = seeds()["photo.avif"]
    start = int.from_bytes(avif[:4], "big")
    yield Case("boxes.avif", avif[:start] + b"\0\0\0\x08free" * 500_000 + avif[start:])


def truncations() -> Iterator[Case]:
    """Every format, cut at every tenth of its length."""
    for name, content in seeds().items():
        for tenth in range(1, 10):
            yield Case(f"cut{tenth}-{name}", content[: len(content) * tenth // 10])


def wrong_suffixes() -> Iterator[Case]:
    """Every format under the name of another."""
    names = sorted(seeds())
    for name, other in zip(names, [*names[5:], *names[:5]], strict=True):
        yield Case(f"{name.replace('.', '-')}.{other.rpartition('.')[2]}", seeds()[name])


def polyglots() -> Iterator[Case]:
    """Two files in one."""
    some = seeds()
    jpeg, png, webp = some["baseline.jpg"], some["rgb.png"], some["lossy.webp"]
    page = b"<html><script>alert(1)</script></html>"
    yield Case("jpeg-then-zip.jpg", jpeg + _zip(b"a" * 100))
    yield Case("jpeg-then-html.jpg", jpeg + page)
    yield Case("html-in-comment.jpg", with_jpeg_segments(jpeg, [jpeg_segment(0xFE, page)]))
    yield Case("html-in-text.png", with_png_chunks(png, [png_chunk(b"tEXt", b"x\0" + page)]))
    yield Case("png-then-jpeg.png", png + jpeg)
    yield Case("jpeg-then-png.jpg", jpeg + png)
    yield Case("html-then-jpeg.jpg", page + jpeg)
    yield Case("pdf-then-jpeg.jpg", _pdf() + jpeg)
    yield Case("gif-script.gif", b"GIF89a=1;/*" + some["moving.gif"][11:] + b"*/")
    yield Case("riff-of-two.webp", webp + some["alpha.webp"])
    yield Case("tiff-in-tiff.tif", some["lzw.tif"] + some["raw.tif"])
    yield Case("avif-heic.avif", some["photo.avif"].replace(b"avif", b"heic"))
    yield Case("bmp-jpeg.bmp", b"BM" + jpeg)


def sizes() -> Iterator[Case]:
    """One pixel, one row, one column, and the longest edges that formats have."""
    shapes = [(1, 1), (1, 2), (3, 1), (1, 300), (300, 1), (1, 16_383), (65_500, 1), (1, 65_500)]
    for width, height in shapes:
        for container, suffix in [
            ("JPEG", "jpg"),
            ("PNG", "png"),
            ("TIFF", "tif"),
            ("GIF", "gif"),
            ("BMP", "bmp"),
            ("WEBP", "webp"),
            ("AVIF", "avif"),
        ]:
            if max(width, height) <= 16_383 or suffix not in ("webp", "avif"):
                image = Image.new("RGB", (width, height), (90, 120, 30))
                yield Case(f"{width}x{height}.{suffix}", encoded(image, container))
    yield Case("65500x4000.jpg", encoded(Image.new("L", (65_500, 40)), "JPEG"))
    yield Case("none.gif", gif(0, 0, (0, 0, 0, 0)))
    yield Case("none.bmp", bmp_of_runs(0, 5, b"\0\1"))
    yield Case("negative.bmp", bmp_of_runs(5, -5, b"\0\1"))
    yield Case("long.png", black_png(30_000_000, 1))
    yield Case("tall.png", black_png(1, 30_000_000))


def animations() -> Iterator[Case]:
    """A hundred frames, of which only the first is looked at."""
    frames = [photo().rotate(angle) for angle in range(100)]
    options = {"save_all": True, "append_images": frames[1:]}
    for container, suffix in (("GIF", "gif"), ("WEBP", "webp"), ("PNG", "png"), ("TIFF", "tif")):
        yield Case(f"hundred.{suffix}", encoded(frames[0], container, **options))
    few = {"save_all": True, "append_images": frames[1:20], "speed": 10}
    yield Case("twenty.avif", encoded(frames[0], "AVIF", **few))
    yield Case("frame-outside.gif", gif(8, 8, (5000, 5000, 9, 9), b"\x44\x01\x05"))


def metadata() -> Iterator[Case]:
    """EXIF that is broken or lies, huge profiles and texts."""
    jpeg, png = seeds()["progressive.jpg"], seeds()["palette.png"]
    for name, block in {
        "empty": b"Exif\0\0",
        "no-order": b"Exif\0\0ZZ\0*\0\0\0\x08",
        "far": b"Exif\0\0II*\0\xff\xff\xff\xff",
        "loop": exif([(0x8769, _LONG, 1, 8)]),
        "cut": exif([(_ORIENTATION, _SHORT, 1, 6)])[:20],
        "orientation0": exif([(_ORIENTATION, _SHORT, 1, 0)]),
        "orientation9": exif([(_ORIENTATION, _SHORT, 1, 9)]),
        "orientation-lies": exif([(_ORIENTATION, _SHORT, 1, 6)]),
        "orientation-many": exif([(_ORIENTATION, _SHORT, 20_000, 8)], bytes(40_000)),
        "orientation-bytes": exif([(_ORIENTATION, _BYTES, 4, 6)]),
        "size-lies": exif([(0x0100, _LONG, 1, 60_000), (0x0101, _LONG, 1, 1)]),
        "count-lies": exif([(0x010F, 2, 0xFFFFFFFF, 8)]),
        "overlapping": exif([(n, _BYTES, 40_000, 8) for n in range(1_000, 2_500)], bytes(40_000)),
    }.items():
        yield Case(f"{name}.jpg", with_jpeg_segments(jpeg, [jpeg_segment(0xE1, block)]))
        yield Case(f"{name}.png", with_png_chunks(png, [png_chunk(b"eXIf", block[6:])]))
    overlapping = exif([(n, _BYTES, 8_000_000, 8) for n in range(1_000, 60_000)], bytes(8_000_000))
    yield Case("overlapping-much.png", with_png_chunks(png, [png_chunk(b"eXIf", overlapping[6:])]))
    profile = bytes(16) + b"RGB " + bytes(15_000_000)
    yield Case("profile.jpg", with_jpeg_segments(jpeg, icc_segments(profile)))
    yield Case("profile-lies.jpg", with_jpeg_segments(jpeg, icc_segments(profile[:70_000])[:1]))
    packed = b"icc\0\0" + deflated_zeros(300_000_000)
    yield Case("profile.png", with_png_chunks(png, [png_chunk(b"iCCP", packed)]))
    text = b"Comment\0\0" + deflated_zeros(300_000_000)
    yield Case("text.png", with_png_chunks(png, [png_chunk(b"zTXt", text)]))
    many = [png_chunk(b"zTXt", b"C\0\0" + deflated_zeros(1_000_000)) for _ in range(100)]
    yield Case("texts.png", with_png_chunks(png, many))
    large = png_chunk(b"tEXt", b"Comment\0" + b"x" * 5_000_000)
    yield Case("plain-text.png", with_png_chunks(png, [large]))
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + b"<tiff:Orientation>" * 3_000
    yield Case("xmp.jpg", with_jpeg_segments(jpeg, [jpeg_segment(0xE1, xmp)]))


def colours() -> Iterator[Case]:
    """Pixels that are no colours, or of which nobody says what they mean."""
    for name, values in {
        "nan": np.full((20, 30), np.nan),
        "inf": np.full((20, 30), np.inf),
        "some": np.tile([np.nan, np.inf, -np.inf, 0.0, 1e38, -1e38], (20, 5)),
        "tiny": np.full((20, 30), 1e-45),
    }.items():
        yield Case(f"{name}.tif", encoded(Image.fromarray(values.astype(np.float32)), "TIFF"))
    cmyk = photo().convert("CMYK")
    yield Case("cmyk.jpg", encoded(cmyk, "JPEG", quality=70))
    yield Case("cmyk.tif", encoded(cmyk, "TIFF"))
    yield Case("cmyk-wrong-profile.jpg", encoded(cmyk, "JPEG", icc_profile=bytes(200)))
    yield Case("lab.tif", encoded(Image.new("LAB", (30, 20), (50, 99, 99)), "TIFF"))
    wide = np.array([[-(2**31), 2**31 - 1, 0, 65_536]] * 4, np.int32)
    yield Case("wide.tif", encoded(Image.fromarray(wide), "TIFF"))
    yield Case("clear.png", encoded(Image.new("RGBA", (30, 20)), "PNG"))
    yield Case("keyed16.png", with_png_chunks(black_png(30, 20, 16, GREY), [_clear_black()]))
    yield Case("no-palette.png", black_png(30, 20, 8, PALETTE).replace(b"PLTE", b"PLTF"))


def no_images() -> Iterator[Case]:
    """What people send in place of photos."""
    yield Case("empty.jpg", b"")
    yield Case("byte.png", b"\x89")
    yield Case("zeros.jpg", bytes(10_000))
    yield Case("noise.jpg", _noise(1, 10_000))
    for name, content in seeds().items():
        yield Case(f"magic-{name}", content[:16] + _noise(name, 3_000))
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'
    yield Case("drawing.svg.jpg", svg)
    yield Case("xml.jpg", b'<?xml version="1.0"?>' + svg)
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>'
    yield Case("entities.jpg", entities)
    yield Case("page.html.jpg", b"<!doctype html><title>404 Not Found</title>")
    yield Case("paper.pdf.jpg", _pdf())
    yield Case("paper.eps.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    yield Case("archive.zip.jpg", _zip(b"x" * 1000))
    yield Case("archive-bomb.zip.jpg", _zip(bytes(10_000_000)))
    yield Case("archive.gz.jpg", b"\x1f\x8b\x08" + bytes(100))
    yield Case("program.jpg", b"\x7fELF" + bytes(500))
    yield Case("icon.ico.jpg", encoded(photo().resize((16, 16)), "ICO"))
    yield Case("error.json.jpg", b'{"error": "not found"}')


FAMILIES: Final[dict[str, Callable[[], Iterator[Case]]]] = {
    "bombs": bombs,
    "floods": floods,
    "truncated": truncations,
    "wrong suffix": wrong_suffixes,
    "polyglots": polyglots,
    "sizes": sizes,
    "animations": animations,
    "metadata": metadata,
    "colours": colours,
    "no images": no_images,
}


def _noise(seed: int | str, count: int) -> bytes:
    return random.Random(seed).randbytes(count)  # noqa: S311


def _with_sides(content: bytes, box: bytes, width: int, height: int, *, skip: int = 4) -> bytes:
    """Other sides in the first box of a kind, `skip` bytes after its name (JPEG 2000: h, w)."""
    start = content.index(box) + 4 + skip
    return content[:start] + struct.pack(">LL", width, height) + content[start + 8 :]


def _with_jp2_size(content: bytes, width: int, height: int) -> bytes:
    changed = _with_sides(content, b"ihdr", height, width, skip=0)
    start = changed.index(b"\xff\x51") + 6
    sides = struct.pack(">LLLLLL", width, height, 0, 0, width, height)
    return changed[:start] + sides + changed[start + 24 :]


def _with_psd_size(content: bytes, width: int, height: int) -> bytes:
    return content[:14] + struct.pack(">LL", height, width) + content[22:]


def _with_gif_blocks(blocks: bytes) -> bytes:
    content = seeds()["moving.gif"]
    start = content.index(b"!")
    return content[:start] + blocks + content[start:]


def _repeated_strip(width: int, height: int) -> bytes:
    """Thousands of strips that are all the same few bytes."""
    packed = deflated_zeros(width)
    data = packed + struct.pack("<L", 8) * height + struct.pack("<L", len(packed)) * height
    places = 8 + len(packed)
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 8)]
    entries += [(262, 3, 1, 1), (277, 3, 1, 1), (278, 4, 1, 1)]
    entries += [(273, 4, height, places), (279, 4, height, places + 4 * height)]
    return tiff(entries, data)


def _many_strips(count: int) -> bytes:
    entries = [(256, 4, 1, 4_000), (257, 4, 1, 4_000), (258, 3, 1, 8), (259, 3, 1, 1)]
    entries += [(262, 3, 1, 1), (277, 3, 1, 1), (278, 4, 1, 1)]
    entries += [(273, 4, count, 8), (279, 4, count, 8)]
    return tiff(entries, bytes(4 * count))


def _overlapping_tags(count: int, size: int) -> bytes:
    """Tags that all point at the same bytes: read each for itself, they are gigabytes."""
    entries = [(256, 4, 1, 30), (257, 4, 1, 20), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(277, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, 20), (279, 4, 1, 600)]
    entries += [(tag, 7, size, 8) for tag in range(1_000, 1_000 + count)]
    return tiff(entries, bytes(size))


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<L", 4 + len(chunks)) + b"WEBP" + chunks


def _clear_black() -> bytes:
    return png_chunk(b"tRNS", b"\0\0")


def _pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def _zip(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photo.jpg", content)
    return buffer.getvalue()
