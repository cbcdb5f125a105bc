"""Files with more than 8 bits a channel: the pixels by libvips or libheif, all else by Pillow.

Pillow writes a file of the same crop, at 8 bits and with nothing to see. What that says beside
pixels, its metadata and colours, is put around the deep ones.
"""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image

from marscrop.imaging import strips
from marscrop.imaging.colourspace.avif_properties import Nclx, with_any_icc, with_nclx_for_icc
from marscrop.imaging.colourspace.icc import icc_profile
from marscrop.imaging.colourspace.png_chunks import chunks_of, joined
from marscrop.imaging.colourspace.space import ADOBE_RGB
from marscrop.imaging.colourspace.written import Saying
from marscrop.imaging.deep.picture import MODES, with_colours
from marscrop.imaging.deep.reading import Deep
from marscrop.imaging.deep.tiff_merge import with_fields_of
from marscrop.imaging.output_format import AVIF, HEIF, PNG, TIFF, OutputFormat
from marscrop.imaging.strips import KEEP_EXIF, KEEP_ICC, KEEP_XMP

_KEPT_BITS: Final = {PNG.name: 16, TIFF.name: 16, AVIF.name: 12, HEIF.name: 12}
_USUAL_HDR_BITS: Final = 10
"""Of AVIF and HEIC; more are not shown everywhere."""

_AVIF_EFFORT: Final = 1
_BT_601: Final = 6
_PNG_OF_8_BITS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"sBIT", b"bKGD", b"IEND"})


def bits_kept(wanted: OutputFormat, bits: int) -> int:
    """Bits of a channel that a format keeps of so many: 16, 12, 10 or 8."""
    most = _KEPT_BITS.get(wanted.name, 8)
    if most == 12 and bits > 12:
        return _USUAL_HDR_BITS
    return min(most, 8 if bits <= 8 else 10 if bits <= 10 and most == 12 else most)


def with_deep_pixels(
    file: bytes, pixels: Deep, wanted: OutputFormat, bits: int, quality: int | None, said: Saying
) -> bytes:
    """A file with other pixels, of more bits.

    Args:
        file: of the format, with the same size.
        pixels: to be in it.
        wanted: a format that keeps more than 8 bits.
        bits: of a channel in it.
        quality: 1..100 for the lossy formats.
        said: how it says its colours.
    """
    if wanted is PNG:
        return _png(file, pixels)
    if wanted is TIFF:
        return _tiff(file, pixels)
    with Image.open(io.BytesIO(file)) as image:
        exif, xmp = image.info.get("exif"), image.info.get("xmp")
    if wanted is HEIF:
        return _heif(pixels, bits, quality, said, exif, xmp)
    return _avif(pixels, bits, quality, said, exif, xmp)


def _png(file: bytes, pixels: Deep) -> bytes:
    deep = strips.of_array(pixels).pngsave_buffer(keep="none", filter="all")
    before: list[tuple[bytes, bytes]] = []
    after: list[tuple[bytes, bytes]] = []
    told = before
    for chunk in chunks_of(file):
        if chunk[0] == b"IDAT":
            told = after
        elif chunk[0] not in _PNG_OF_8_BITS:
            told.append(chunk)
    head, *own, end = chunks_of(deep)
    data = [chunk for chunk in own if chunk[0] == b"IDAT"]
    return joined([head, *before, *data, *after, end])


def _tiff(file: bytes, pixels: Deep) -> bytes:
    deep = strips.of_array(with_colours(pixels)).tiffsave_buffer(  # Pillow reads no grey with alpha
        compression="lzw", predictor="horizontal", keep="none"
    )
    return with_fields_of(file, bytes(deep))


def _heif(pixels: Deep, bits: int, quality: int | None, said: Saying, exif: Any, xmp: Any) -> bytes:
    from pillow_heif import from_bytes

    height, width, channels = pixels.shape
    picture = from_bytes(f"{MODES[channels]};16", (width, height), pixels.tobytes())
    buffer = io.BytesIO()
    told = said.arguments(HEIF) | {"exif": exif, "xmp": xmp}
    picture.save(buffer, quality=quality, bit_depth=bits, **told)
    return buffer.getvalue()


def _avif(pixels: Deep, bits: int, quality: int | None, said: Saying, exif: Any, xmp: Any) -> bytes:
    pixels = with_colours(pixels)
    picture = strips.of_array(pixels)
    # libvips can write no numbers, but a profile, in the place of which they fit.
    profile = icc_profile(ADOBE_RGB) if said.cicp else said.icc
    keep = 0
    for name, blob, flag in (
        ("icc-profile-data", profile, KEEP_ICC),
        ("exif-data", exif, KEEP_EXIF),
        ("xmp-data", xmp, KEEP_XMP),
    ):
        if blob:
            strips.attach(picture, name, blob)
            keep |= flag
    content: bytes = picture.heifsave_buffer(
        compression="av1", bitdepth=bits, Q=quality, effort=_AVIF_EFFORT, keep=keep
    )
    if said.cicp:
        primaries, transfer = said.cicp
        return with_nclx_for_icc(content, Nclx(primaries, transfer, _BT_601))
    return with_any_icc(content)
