"""XMP of which all is kept that is still true of a crop."""

from __future__ import annotations

import re
from typing import Final

from marscrop.geometry import Window
from marscrop.imaging.metadata.placement import Placement
from marscrop.imaging.metadata.regions import IPTC_EXT, move_regions
from marscrop.imaging.metadata.xmp_packet import Field, Name, XmpPacket, items
from marscrop.imaging.metadata.xmp_rights import DC, PHOTOSHOP, TIFF

EXIF: Final = "http://ns.adobe.com/exif/1.0/"
_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_CAMERA_RAW: Final = "http://ns.adobe.com/camera-raw-settings/1.0/"
PANORAMA: Final = "http://ns.google.com/photos/1.0/panorama/"
CAMERA: Final = "http://ns.google.com/photos/1.0/camera/"
CONTAINER: Final = "http://ns.google.com/photos/1.0/container/"
GAIN_MAPS: Final = (
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
)

_UNTRUE_SPACES: Final = frozenset(
    {
        *GAIN_MAPS,
        PANORAMA,
        CAMERA,
        CONTAINER,
        f"{CONTAINER}item/",
        "http://ns.apple.com/pixeldatainfo/1.0/",
        "http://ns.google.com/photos/1.0/image/",
        "http://ns.google.com/photos/1.0/depthmap/",
        "http://ns.google.com/photos/1.0/focus/",
        "http://ns.google.com/photos/1.0/audio/",
        "http://ns.google.com/photos/1.0/cloudlib/",
        "http://ns.google.com/photos/dd/1.0/device/",
        "http://ns.google.com/photos/dd/1.0/image/",
        "http://ns.adobe.com/xmp/note/",
        "http://ns.adobe.com/camera-raw-defaults/1.0/",
        "http://ns.adobe.com/camera-raw-saved-settings/1.0/",
        "http://ns.acdsee.com/regions/",
        "http://ns.adobe.com/xap/1.0/g/img/",
    }
)
"""Whose properties tell of further pictures in the file, or of places in the whole photo."""

_UNTRUE: Final[frozenset[Name]] = frozenset(
    {
        (_XMP, "Thumbnails"),
        (IPTC_EXT, "ImageRegion"),
        (DC, "format"),
        (PHOTOSHOP, "ICCProfile"),
        (PHOTOSHOP, "ColorMode"),
        (EXIF, "ColorSpace"),
        *((TIFF, local) for local in (
            "BitsPerSample", "Compression", "PhotometricInterpretation", "PlanarConfiguration",
            "SamplesPerPixel", "YCbCrPositioning", "YCbCrSubSampling", "NativeDigest",
        )),
        (EXIF, "NativeDigest"),
    }
)  # fmt: skip

_RAW_PLACES: Final = (
    "Crop", "HasCrop", "RetouchInfo", "RetouchAreas", "RedEyeInfo", "Upright", "Perspective",
    "PaintBasedCorrections", "GradientBasedCorrections", "CircularGradientBasedCorrections",
    "MaskGroupBasedCorrections", "LensBlur", "DepthMapInfo",
)  # fmt: skip
"""How settings of Camera Raw begin that are about places in the photo."""

_DECLARATION: Final = re.compile(rb"(\s+xmlns:([\w.\-]+)\s*=\s*(\"[^\"]*\"|'[^']*'))")

_WIDTHS: Final[frozenset[Name]] = frozenset({(TIFF, "ImageWidth"), (EXIF, "PixelXDimension")})
_HEIGHTS: Final[frozenset[Name]] = frozenset({(TIFF, "ImageLength"), (EXIF, "PixelYDimension")})
_SUBJECTS: Final[frozenset[Name]] = frozenset({(EXIF, "SubjectArea"), (EXIF, "SubjectLocation")})


def true_of(packet: XmpPacket, placement: Placement) -> tuple[bytes, frozenset[str]]:
    """A packet of the photo, changed so that it is true of the crop.

    Returns:
        the new packet, and the names of the people who are cut off.

    Raises:
        ValueError, OverflowError: numbers that nobody writes.
    """
    gone = move_regions(packet, placement)
    size = placement.stored_size
    for _, field in list(packet.fields()):
        space, local = field.name
        is_raw_place = space == _CAMERA_RAW and local.startswith(_RAW_PLACES)
        if space in _UNTRUE_SPACES or field.name in _UNTRUE or is_raw_place:
            packet.remove(field.start, field.end)
        elif field.name in _WIDTHS:
            packet.replace(field, str(size.width))
        elif field.name in _HEIGHTS:
            packet.replace(field, str(size.height))
        elif field.name == (TIFF, "Orientation"):
            packet.replace(field, str(placement.orientation_after))
        elif field.name in _SUBJECTS:
            _move_subject(packet, field, placement)
    return _without_declarations(packet.to_bytes()), gone


def _without_declarations(content: bytes) -> bytes:
    """A packet that names no more the namespaces of which nothing is left in it.

    By the names alone programs, and we, tell that there is a gain map.
    """
    for whole, prefix, space in _DECLARATION.findall(content):
        if prefix + b":" not in content and space[1:-1].decode() in _UNTRUE_SPACES:
            content = content.replace(whole, b"")
    return content


def _move_subject(packet: XmpPacket, field: Field, placement: Placement) -> None:
    members = items(field.element) if field.element else []
    texts = [packet.content[item.inner : item.inner_end] for item in members]
    moved = None
    if all(text.strip().isdigit() for text in texts):
        moved = moved_subject([int(text) for text in texts], placement)
    if moved is None:
        packet.remove(field.start, field.end)
        return
    for item, number in zip(members, moved, strict=True):
        one = Field(field.name, "", item.start, item.end, item.inner, item.inner_end, item)
        packet.replace(one, str(number))


def moved_subject(numbers: list[int], placement: Placement) -> list[int] | None:
    """The area of a subject as EXIF has it, in the crop as it is stored.

    Args:
        numbers: x and y of its middle; and a diameter, or a width and a height [px of the photo as
            it is stored].
        placement: of the crop.

    Returns:
        as many numbers; None where it is cut off, or they make no area.
    """
    if not 2 <= len(numbers) <= 4:
        return None
    x, y = numbers[:2]
    width, height = (numbers[2], numbers[-1]) if len(numbers) > 2 else (0, 0)
    area = Window(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    placed = placement.of_stored(area)
    if placed is None:
        return None
    wide, high = round(placed.x1 - placed.x0), round(placed.y1 - placed.y0)
    middle = [round((placed.x0 + placed.x1) / 2), round((placed.y0 + placed.y1) / 2)]
    return middle + {2: [], 3: [max(wide, high)], 4: [wide, high]}[len(numbers)]
