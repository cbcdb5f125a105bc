"""Photos that say much beside their pixels, written here byte by byte, and what exiftool reads."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import smooth, stored_as

from marscrop.geometry import Box, Size
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.encoded_file import EncodedFile
from marscrop.imaging.formats import register_heif
from marscrop.imaging.metadata.exif_block import ExifBlock, Tag
from marscrop.imaging.photo import open_photo
from marscrop.imaging.write_options import MetadataPolicy, WriteOptions

SIZE = Size(200, 100)
"""Of the photos, upright."""
BOX = Box(100, 0, 200, 100)
"""The crop: the photo's right half."""

OUTPUTS = ["jpg", "png", "webp", "avif", "tif", "gif", *(["heic"] if register_heif() else [])]
WITH_EXIF = [name for name in OUTPUTS if name != "gif"]

ARTIST, RIGHTS = "Jörg Ößner", "© Agentür 2026"

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed"
)


def ascii_tag(text: str) -> Tag:
    return Tag(2, text.encode() + b"\0")


def short(*numbers: int) -> Tag:
    return Tag(3, struct.pack(f">{len(numbers)}H", *numbers))


def rational(*numbers: int) -> Tag:
    return Tag(5, struct.pack(f">{len(numbers)}L", *numbers))


def exif(orientation: int = 1, **more: Any) -> ExifBlock:
    """EXIF of a camera: author, place, serial number, maker's note, exposure, subject."""
    return ExifBlock(
        ">",
        {
            0x010E: ascii_tag("Grüße"),
            0x0112: short(orientation),
            0x013B: ascii_tag(ARTIST),
            0x8298: ascii_tag(RIGHTS),
            **more.get("picture", {}),
        },
        {
            0x829A: rational(1, 250),
            0x9214: short(150, 50, 20, 10),
            0x927C: Tag(7, b"MAKER" * 20),
            0x9286: Tag(7, b"UNICODE\0" + "日本".encode("utf-16-be")),
            0xA002: short(200),
            0xA431: ascii_tag("SERIAL-1"),
            **more.get("details", {}),
        },
        {1: Tag(2, b"N\0"), 2: rational(48, 1, 51, 1, 30, 1)},
    )


def region(name: str, x: float, y: float, w: float = 0.1, h: float = 0.2) -> str:
    """A face in the words of the Metadata Working Group."""
    return (
        f'<rdf:li><rdf:Description mwg-rs:Name="{name}" mwg-rs:Type="Face"><mwg-rs:Area '
        f'stArea:x="{x}" stArea:y="{y}" stArea:w="{w}" stArea:h="{h}" stArea:unit="normalized"/>'
        f"</rdf:Description></rdf:li>"
    )


def mwg(regions: Sequence[str], size: Size = SIZE) -> str:
    return (
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions '
        f'stDim:w="{size.width}" stDim:h="{size.height}" stDim:unit="pixel"/><mwg-rs:RegionList>'
        f"<rdf:Bag>{''.join(regions)}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    )


def xmp(inside: str = "", on_it: str = "") -> bytes:
    """A packet with rights, a rating, and what is given."""
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"
  xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
  xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
  xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
  xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
  xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
  xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
  xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"
  xmlns:MP="http://ns.microsoft.com/photo/1.2/"
  xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
  xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"
  xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
  xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
  xmp:Rating="4" photoshop:Credit="Größe &amp; Söhne" {on_it}>
  <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{RIGHTS}</rdf:li></rdf:Alt></dc:rights>
  <xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">nur einmal</rdf:li></rdf:Alt>
  </xmpRights:UsageTerms>
  <plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource">
  <plus:LicensorURL>https://example.com/l</plus:LicensorURL></rdf:li></rdf:Seq></plus:Licensor>
  <Iptc4xmpCore:CreatorContactInfo Iptc4xmpCore:CiEmailWork="j@example.com"/>
  {inside}
 </rdf:Description></rdf:RDF></x:xmpmeta>
{" " * 400}
<?xpacket end="w"?>""".encode()


def iptc_segment() -> bytes:
    """IPTC's older data in a JPEG: by-line, credit, keyword."""
    sets = b""
    for number, text in ((80, ARTIST), (110, "Agentür"), (25, "Ann"), (90, "Wien")):
        data = text.encode()
        sets += bytes((0x1C, 2, number)) + len(data).to_bytes(2, "big") + data
    sets = b"\x1c\x01\x5a\x00\x03\x1b%G" + sets
    block = b"8BIM\x04\x04\0\0" + len(sets).to_bytes(4, "big") + sets + b"\0" * (len(sets) % 2)
    return segment(0xED, b"Photoshop 3.0\0" + block)


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def jpeg(
    *, tags: ExifBlock | None = None, packet: bytes | None = None, turn: int = 1, **more: Any
) -> bytes:
    """A JPEG of `SIZE` upright; `extra` segments stand before its others."""
    extra = more.pop("extra", b"")
    if tags:
        extra += segment(0xE1, b"Exif\0\0" + tags.to_bytes())
    if packet:
        extra += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)
    buffer = io.BytesIO()
    stored = stored_as(Image.fromarray(smooth(*SIZE)), turn)
    stored.save(buffer, "JPEG", extra=extra, **more)
    return buffer.getvalue()


def crop(
    photo: bytes, suffix: str, metadata: MetadataPolicy = "rights", box: Box = BOX, **details: Any
) -> EncodedFile:
    """A crop as the fronts make it."""
    files = CropFiles(open_photo(photo), WriteOptions(metadata=metadata))
    return files.encode(box, f"crop.{suffix}", **details)


def read(content: bytes, folder: Path, suffix: str) -> dict[str, Any]:
    """What exiftool reads, by group and tag, as it is stored; nothing that it warns of."""
    path = folder / f"read.{suffix}"
    path.write_bytes(content)
    command = ["exiftool", "-j", "-G1", "-a", "-n", "-struct", str(path)]
    (found,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert not [name for name in found if name.endswith((":Warning", ":Error"))], found
    return dict(found)


def pixels(content: bytes) -> Any:
    return np.asarray(open_photo(content).upright())
