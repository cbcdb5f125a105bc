"""Metadata in the files of each format: by Pillow's encoders, or put in afterwards."""

from __future__ import annotations

import struct
from typing import Any, Final

from marscrop.imaging.jpeg.markers import APP0, COM, marker
from marscrop.imaging.metadata import gif_extensions, iptc, png_chunks
from marscrop.imaging.metadata.crop_metadata import CropMetadata
from marscrop.imaging.metadata.exif_block import EXIF_HEAD, UNDEFINED, Tag
from marscrop.imaging.metadata.exif_policy import IPTC_TAG, XMP_TAG
from marscrop.imaging.metadata.png_chunks import Chunk
from marscrop.imaging.output_format import AVIF, GIF, HEIF, JPEG, PNG, TIFF, WEBP, OutputFormat

_XMP_HEAD: Final = b"http://ns.adobe.com/xap/1.0/\0"
_BYTE: Final = 1


def encoder_arguments(metadata: CropMetadata, wanted: OutputFormat) -> dict[str, Any]:
    """Arguments for Pillow's encoder of a format; empty where `embedded` does all."""
    arguments: dict[str, Any] = {}
    exif = metadata.exif.to_bytes()
    if wanted is JPEG:
        arguments["extra"] = jpeg_segments(metadata)
        arguments["comment"] = metadata.comment
        if metadata.resolution:
            arguments["dpi"] = (metadata.resolution.x, metadata.resolution.y)
    elif wanted in (WEBP, AVIF, HEIF):
        arguments["exif"] = EXIF_HEAD + exif if exif else None
        arguments["xmp"] = metadata.xmp
    return {name: value for name, value in arguments.items() if value}


def embedded(content: bytes, metadata: CropMetadata, wanted: OutputFormat) -> bytes:
    """A file that Pillow wrote, with what its encoder does not take."""
    if wanted is PNG:
        added = png_chunks_of(metadata)
        return png_chunks.with_chunks(content, added) if added else content
    if wanted is GIF:
        return gif_extensions.with_extensions(content, metadata.xmp, metadata.comment)
    if wanted is TIFF:
        return _tiff_with_tags(content, metadata)
    return content


def jpeg_segments(metadata: CropMetadata) -> bytes:
    """The segments of a JPEG for EXIF, XMP and IPTC."""
    exif, resources = metadata.exif.to_bytes(), b""
    segments = [_segment(1, EXIF_HEAD + exif)] if exif else []
    if metadata.xmp:
        segments.append(_segment(1, _XMP_HEAD + metadata.xmp))
    if metadata.iptc:
        resources += iptc.resource(iptc.IPTC_RESOURCE, metadata.iptc)
    for kind, data in sorted(metadata.resources.items()):
        resources += iptc.resource(kind, data)
    if resources:
        segments.append(_segment(13, iptc.PHOTOSHOP_HEAD + resources))
    return b"".join(segments)


def jpeg_comment(metadata: CropMetadata) -> bytes:
    """The segment of a JPEG for its comment; empty without one."""
    comment = metadata.comment
    return marker(COM) + struct.pack(">H", len(comment) + 2) + comment if comment else b""


def png_chunks_of(metadata: CropMetadata) -> list[Chunk]:
    """The chunks of a PNG for resolution, EXIF, XMP and texts."""
    chunks = []
    if metadata.resolution:
        chunks.append(Chunk(b"pHYs", metadata.resolution.to_png()))
    exif = metadata.exif.to_bytes()
    if exif:
        chunks.append(Chunk(b"eXIf", exif))
    if metadata.xmp:
        head = png_chunks.XMP_KEY.encode() + b"\0\0\0\0\0"
        chunks.append(Chunk(b"iTXt", head + metadata.xmp))
    return [*chunks, *(text.chunk for text in metadata.texts)]


def _segment(number: int, payload: bytes) -> bytes:
    return marker(APP0 + number) + struct.pack(">H", len(payload) + 2) + payload


def _tiff_with_tags(content: bytes, metadata: CropMetadata) -> bytes:
    """A TIFF with another first directory at its end, of its own tags and these."""
    order = "<" if content[:2] == b"II" else ">"
    ours = metadata.exif.in_order(order)
    ours.picture = dict(ours.picture)
    if metadata.resolution:
        ours.picture |= metadata.resolution.to_tags(order)
    if metadata.xmp:
        ours.picture[XMP_TAG] = Tag(_BYTE, metadata.xmp)
    if metadata.iptc:
        ours.picture[IPTC_TAG] = Tag(UNDEFINED, metadata.iptc)
    if not ours.to_bytes():
        return content
    content += b"\0" * (len(content) % 2)
    block = ours.directories(len(content))
    (start,) = struct.unpack_from(order + "L", content, 4)
    entries, following = _entries(content, order, start)
    entries |= _entries(block, order, 0)[0]
    directory = struct.pack(order + "H", len(entries)) + b"".join(
        entry for _, entry in sorted(entries.items())
    )
    place = struct.pack(order + "L", len(content) + len(block))
    return content[:4] + place + content[8:] + block + directory + following


def _entries(content: bytes, order: str, start: int) -> tuple[dict[int, bytes], bytes]:
    """The entries of a directory as they stand, by tag, and where the next directory is."""
    (count,) = struct.unpack_from(order + "H", content, start)
    place, entries = start + 2, {}
    for _ in range(count):
        (tag,) = struct.unpack_from(order + "H", content, place)
        entries[tag] = content[place : place + 12]
        place += 12
    return entries, content[place : place + 4]
