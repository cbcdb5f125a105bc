"""What a photo's file says beside its pixels, block by block, in whichever format it comes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final

from PIL import Image
from PIL.PsdImagePlugin import PsdImageFile
from PIL.TiffImagePlugin import TiffImageFile

from marscrop.imaging.foreign import raise_foreign
from marscrop.imaging.metadata import gif_extensions, iptc
from marscrop.imaging.metadata.exif_block import EXIF_HEAD, ExifBlock
from marscrop.imaging.metadata.exif_policy import IPTC_TAG, PHOTOSHOP_TAG, XMP_TAG
from marscrop.imaging.metadata.png_chunks import XMP_KEY, PngText, chunks
from marscrop.imaging.metadata.resolution import Resolution
from marscrop.imaging.metadata.xmp_truth import CAMERA, GAIN_MAPS

_HEAD_BYTES: Final = 1 << 16
"""Of a HEIF file: what it lists of its pictures."""

_GAIN_MAP_SEGMENT: Final = b"urn:iso:std:iso:ts:21496"
_GAIN_MAP_MARKS: Final = (b"urn:com:apple:photo:2020:aux:hdrgainmap", b"tmap")
_PSD_EXIF, _PSD_XMP = 1058, 1060


@dataclass(slots=True)
class PhotoMetadata:
    """What a photo's file says.

    Attributes:
        exif: its tags; None if there are none.
        xmp: a packet; None if there is none.
        iptc: statements as IIM has them; empty if there are none.
        resources: Photoshop's on rights: the flag, and where they are stated.
        texts: of a PNG.
        comment: of a JPEG or GIF.
        resolution: dots an inch, if it has a resolution.
        apart: what of the picture itself crops cannot keep, as in `EncodedFile.losses`.
        damaged: what of all this cannot be read, likewise.
    """

    exif: ExifBlock | None = None
    xmp: bytes | None = None
    iptc: bytes = b""
    resources: dict[int, bytes] = field(default_factory=dict)
    texts: list[PngText] = field(default_factory=list)
    comment: bytes | None = None
    resolution: Resolution | None = None
    apart: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Take what is damaged as not there: it is no reason to refuse a photo."""
        try:
            yield
        except Exception as error:
            raise_foreign(error)
            self.damaged.append(f"{what} cannot be read and is not kept")

    def read_exif(self, source: bytes | IO[bytes]) -> None:
        """Take a TIFF's tags."""
        with self.reading("the EXIF"):
            self.exif = ExifBlock.read(source)

    def read_resources(self, content: bytes) -> None:
        """Take what Photoshop's resources say of rights."""
        for kind, data in iptc.resources(content):
            self._read_resource(kind, data)

    def _read_resource(self, kind: int, data: bytes) -> None:
        if kind == iptc.IPTC_RESOURCE:
            self.iptc = data
        elif kind in (iptc.COPYRIGHT_FLAG, iptc.WEB_STATEMENT):
            self.resources[kind] = data
        elif kind == _PSD_EXIF and self.exif is None:
            self.read_exif(data)
        elif kind == _PSD_XMP and self.xmp is None:
            self.xmp = data


def read_metadata(image: Image.Image) -> PhotoMetadata:
    """What the file of an image says; of one that is in memory, what Pillow remembers of it.

    Args:
        image: opened; loaded or not.

    Raises:
        OSError: the file cannot be read.
    """
    found = PhotoMetadata()
    file: IO[bytes] | None = getattr(image, "fp", None)
    with found.reading("some metadata"):
        if isinstance(image, TiffImageFile):
            _read_tiff(image, file, found)
        elif image.format == "PNG" and file is not None:
            _read_png(file, found)
        elif isinstance(image, PsdImageFile):
            for kind, _, data in image.resources:
                found._read_resource(kind, data)
            _read_info(image, found)
        else:
            _read_info(image, found)
            if image.format == "GIF" and file is not None:
                found.xmp = gif_extensions.read_xmp(file)
    if found.exif is not None and found.exif.damaged:
        found.damaged.append("damaged EXIF tags are not kept")
    if found.resolution is None and found.exif is not None:
        found.resolution = Resolution.of_exif(found.exif)
    _read_apart(image, file, found)
    return found


def _read_info(image: Image.Image, found: PhotoMetadata) -> None:
    info = image.info
    exif = _avif_exif(image) or info.get("exif")
    if isinstance(exif, bytes) and exif:
        found.read_exif(exif.removeprefix(EXIF_HEAD))
    xmp = info.get("xmp")
    found.xmp = xmp.encode() if isinstance(xmp, str) else xmp
    resources = info.get("photoshop")
    if isinstance(resources, dict):
        for kind, data in resources.items():
            if isinstance(data, bytes):
                found._read_resource(kind, data)
    comment = info.get("comment")
    found.comment = comment if isinstance(comment, bytes) else None
    unit, density = info.get("jfif_unit"), info.get("jfif_density")
    if unit in (1, 2) and density:
        found.resolution = Resolution.of(*density, inches=1 if unit == 1 else 1 / 2.54)
    elif "jfif" not in info and "dpi" in info and not found.exif:
        found.resolution = Resolution.of(*info["dpi"])


def _avif_exif(image: Image.Image) -> bytes | None:
    """An AVIF's EXIF as it is stored: Pillow writes it anew where the file turns the picture."""
    decoder = getattr(image, "_decoder", None)
    if image.format != "AVIF" or decoder is None:
        return None
    try:
        exif = decoder.get_info()[4]
    except (AttributeError, IndexError, TypeError):
        return None
    return exif if isinstance(exif, bytes) else None


def _read_tiff(image: TiffImageFile, file: IO[bytes] | None, found: PhotoMetadata) -> None:
    if file is None or file.closed:
        _read_info(image, found)
        return
    before = file.tell()
    found.read_exif(file)
    file.seek(before)
    if found.exif is None:
        return
    tags = found.exif.picture
    if XMP_TAG in tags:
        found.xmp = tags[XMP_TAG].data
    if PHOTOSHOP_TAG in tags:
        found.read_resources(tags[PHOTOSHOP_TAG].data)
    if IPTC_TAG in tags:
        data = tags[IPTC_TAG].data
        # Often called LONGs, which some programs then store in the file's order of bytes.
        if data[:1] == b"\x1c":
            found.iptc = data


def _read_png(file: IO[bytes], found: PhotoMetadata) -> None:
    for chunk in chunks(file):
        if chunk.kind == b"eXIf":
            found.read_exif(chunk.payload.removeprefix(EXIF_HEAD))
        elif chunk.kind == b"pHYs":
            found.resolution = Resolution.of_png(chunk.payload)
        elif chunk.kind == b"caBX":
            found.apart.append("the content credentials (C2PA) are not kept")
        elif text := PngText.of(chunk):
            _read_png_text(text, found)
        else:
            found.damaged.append("a damaged text is not kept")


def _read_png_text(text: PngText, found: PhotoMetadata) -> None:
    profile = text.raw_profile()
    if text.key == XMP_KEY:
        found.xmp = text.value
    elif profile is None:
        found.texts.append(text)
    elif profile.startswith(EXIF_HEAD):
        if found.exif is None:
            found.read_exif(profile.removeprefix(EXIF_HEAD))
    elif text.key.endswith(("iptc", "8bim")):
        found.read_resources(profile.removeprefix(iptc.PHOTOSHOP_HEAD))
        if profile[:1] == b"\x1c":
            found.iptc = profile
    elif text.key.endswith("xmp") and found.xmp is None:
        found.xmp = profile


def _read_apart(image: Image.Image, file: IO[bytes] | None, found: PhotoMetadata) -> None:
    """Name what of the picture crops cannot keep."""
    segments: list[tuple[str, bytes]] = getattr(image, "applist", [])
    xmp = found.xmp or b""
    marks = b""
    if image.format in ("HEIF", "AVIF") and file is not None and not file.closed:
        before = file.tell()
        file.seek(0)
        marks = file.read(_HEAD_BYTES)
        file.seek(before)
    info: dict[Any, Any] = image.info
    has_gain_map = (
        any(space.encode() in xmp for space in GAIN_MAPS)
        or any(data.startswith(_GAIN_MAP_SEGMENT) for _, data in segments)
        or any(mark in marks for mark in _GAIN_MAP_MARKS)
    )
    if has_gain_map:
        found.apart.append("the HDR gain map is not kept")
    if CAMERA.encode() in xmp and (b"MotionPhoto" in xmp or b"MicroVideo" in xmp):
        found.apart.append("the video of the motion photo is not kept")
    if info.get("depth_images"):
        found.apart.append("the depth map is not kept")
    if not has_gain_map and _further_pictures(info.get("mp")):
        found.apart.append("further pictures in the file (MPF) are not kept")
    if any(name == "APP11" and b"c2pa" in data[:512] for name, data in segments):
        found.apart.append("the content credentials (C2PA) are not kept")
    if any(data.startswith(b"http://ns.adobe.com/xmp/extension/") for _, data in segments):
        found.damaged.append("the extended XMP is not kept")


def _further_pictures(mpf: object) -> bool:
    """Whether a multi-picture format's index names more than previews of the first picture."""
    if not isinstance(mpf, bytes):
        return False
    try:
        block = ExifBlock.read(mpf)
    except struct.error:
        return False
    entries = block.picture.get(0xB002)
    if entries is None:
        return False
    order = block.order
    kinds = [
        struct.unpack(order + "L", entries.data[i : i + 4])[0] & 0xFFFFFF
        for i in range(16, len(entries.data) - 15, 16)
    ]
    return any(kind >> 16 != 1 for kind in kinds)  # class 1: a large thumbnail
