"""What a photo tells of people is not in its crops, but for its author: whatever wrote it, wherever
it lies."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import ExifTags, Image, PngImagePlugin
from tests.unit.cli.conftest import Cli
from tests.unit.imaging.pictures import crop_bytes

from marscrop.geometry import Box
from marscrop.imaging.formats import register_heif
from marscrop.imaging.photo import open_photo

SECRET = b"SecretOfThePhotographer"
OUTPUTS = ["jpg", "png", "webp", "avif", "tif", "gif"] + (["heic"] if register_heif() else [])


def exif() -> bytes:
    """Place, owner, a maker's note and a comment."""
    block = Image.Exif()
    text = SECRET.decode()
    for tag in (ExifTags.Base.HostComputer, ExifTags.Base.ImageDescription, ExifTags.Base.Software):
        block[tag] = text
    block[ExifTags.Base.Artist] = "Ada"
    details = block.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.MakerNote] = SECRET
    details[ExifTags.Base.UserComment] = SECRET
    details[ExifTags.Base.BodySerialNumber] = details[ExifTags.Base.CameraOwnerName] = text
    place = block.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 30.0)
    place[ExifTags.GPS.GPSAreaInformation] = SECRET
    return block.tobytes()


def photo(kind: str) -> bytes:
    """A photo that says the secret in every place that its format has."""
    image = Image.radial_gradient("L").convert("RGB").resize((96, 64))
    xmp = (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        b"xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='"
        + SECRET
        + b"' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' photoshop:City='"
        + SECRET
        + b"' photoshop:Credit='Agency'/></rdf:RDF><!--"
        + SECRET
        + b"--></x:xmpmeta>"
    )
    buffer = io.BytesIO()
    match kind:
        case "jpg":
            iptc = b"\x1c\x02\x69" + len(SECRET).to_bytes(2, "big") + SECRET
            resource = b"8BIM\x04\x04\0\0" + len(iptc).to_bytes(4, "big") + iptc
            app13 = b"Photoshop 3.0\0" + resource + b"\0" * (len(iptc) % 2)
            segment = b"\xff\xed" + (len(app13) + 2).to_bytes(2, "big") + app13
            image.save(buffer, "JPEG", exif=exif(), xmp=xmp, comment=SECRET, extra=segment)
        case "png":
            about = PngImagePlugin.PngInfo()
            about.add_text("Comment", SECRET.decode())
            about.add_itxt("XML:com.adobe.xmp", xmp.decode())
            image.save(buffer, "PNG", exif=exif(), pnginfo=about)
        case "webp" | "avif":
            image.save(buffer, kind.upper(), exif=exif(), xmp=xmp)
        case "tif":
            texts = {ExifTags.Base.HostComputer: SECRET.decode(), 700: xmp}
            image.save(buffer, "TIFF", tiffinfo=texts)
        case "gif":
            image.save(buffer, "GIF", comment=SECRET)
        case "heic":
            image.save(buffer, "HEIF", exif=exif(), xmp=xmp)
    assert SECRET in buffer.getvalue()  # or this would show nothing
    return buffer.getvalue()


def places(content: bytes) -> list[int]:
    """The tags of its place."""
    return list(Image.open(io.BytesIO(content)).getexif().get_ifd(ExifTags.IFD.GPSInfo))


def told(content: bytes) -> list[str]:
    """What a file says beside its pixels."""
    image = Image.open(io.BytesIO(content))
    image.load()
    block = image.getexif()
    found = [f"place {tag}" for tag in block.get_ifd(ExifTags.IFD.GPSInfo)]
    found += [f"detail {tag}" for tag in block.get_ifd(ExifTags.IFD.Exif)]
    names = {"comment", "xmp", "XML:com.adobe.xmp", "photoshop", "Author", "exif"}
    found += [name for name in names & image.info.keys() if image.info[name]]
    return found + ["secret"] * (SECRET in content)


@pytest.mark.parametrize("suffix", OUTPUTS)
@pytest.mark.parametrize("kind", OUTPUTS)
def test_of_the_photo_nothing_but_rights_is_written(kind: str, suffix: str) -> None:
    source = open_photo(photo(kind))
    crop = crop_bytes(source.upright(), Box(8, 8, 88, 56), f"crop.{suffix}", source=source)
    assert SECRET not in crop
    assert (b"Agency" in crop) == (kind != "gif")
    assert not places(crop)


@pytest.mark.parametrize("suffix", OUTPUTS)
@pytest.mark.parametrize("kind", OUTPUTS)
def test_with_none_nothing_but_pixels_is_written(kind: str, suffix: str) -> None:
    source = open_photo(photo(kind))
    box, name = Box(8, 8, 88, 56), f"crop.{suffix}"
    crop = crop_bytes(source.upright(), box, name, source=source, metadata="none")
    assert told(crop) == []


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif"])
def test_kept_on_request_is_the_place_but_no_makers_note(suffix: str) -> None:
    source = open_photo(photo("jpg"))
    box = Box(8, 8, 88, 56)
    crop = crop_bytes(source.upright(), box, f"crop.{suffix}", source=source, metadata="all")
    block = Image.open(io.BytesIO(crop)).getexif()
    assert block.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
    assert ExifTags.Base.MakerNote not in block.get_ifd(ExifTags.IFD.Exif)
    assert not block.get_ifd(ExifTags.IFD.IFD1)  # the preview


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("policy", ["rights", "none"])
def test_the_command_line_writes_no_secrets(
    cli: Cli, tmp_path: Path, kind: str, policy: str
) -> None:
    source = tmp_path / f"photo.{kind}"
    source.write_bytes(photo(kind))
    (tmp_path / "out").mkdir()
    asked = () if policy == "rights" else ("--metadata", policy)
    assert cli("crop", source, "-r", "1:1", "-o", tmp_path / "out", *asked).code == 0
    (crop,) = (tmp_path / "out").iterdir()
    content = crop.read_bytes()
    assert SECRET not in content
    assert (b"Agency" in content) == (policy == "rights")
    assert policy == "rights" or told(content) == []


@pytest.mark.parametrize("policy", ["rights", "none"])
def test_a_batch_writes_no_secrets(cli: Cli, tmp_path: Path, policy: str) -> None:
    pytest.importorskip("pyarrow", reason="needs marscrop[batch]")
    (tmp_path / "in").mkdir()
    for kind in ("jpg", "png", "webp"):
        (tmp_path / "in" / f"{kind}.{kind}").write_bytes(photo(kind))
    asked = () if policy == "rights" else ("--metadata", policy)
    result = cli("batch", tmp_path / "in", "-r", "1:1", "-o", tmp_path / "out", *asked)
    assert result.code == 0, result.err
    crops = [p for p in (tmp_path / "out").rglob("*") if p.suffix in (".jpg", ".png", ".webp")]
    assert len(crops) == 3
    for crop in crops:
        content = crop.read_bytes()
        assert SECRET not in content
        assert (b"Agency" in content) == (policy == "rights")
