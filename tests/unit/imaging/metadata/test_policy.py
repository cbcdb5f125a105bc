"""Which of a photo's metadata is in a crop, in every format, as exiftool reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.imaging.metadata.photos import (
    ARTIST,
    OUTPUTS,
    RIGHTS,
    WITH_EXIF,
    crop,
    exif,
    iptc_segment,
    jpeg,
    needs_exiftool,
    read,
    xmp,
)

from marscrop.geometry import Box, Size

pytestmark = needs_exiftool

PHOTO = jpeg(tags=exif(), packet=xmp(), extra=iptc_segment())
SECRETS = ("GPS", "Serial", "Maker", "Exposure", "Rating", "City", "Keywords", "Description")


@pytest.mark.parametrize("suffix", OUTPUTS)
def test_rights_are_kept_in_every_format_and_nothing_else(suffix: str, tmp_path: Path) -> None:
    content, losses = crop(PHOTO, suffix)
    found = read(content, tmp_path, suffix)
    assert losses == ()
    assert found["XMP-dc:Rights"] == RIGHTS
    assert found["XMP-photoshop:Credit"] == "Größe & Söhne"
    assert found["XMP-xmpRights:UsageTerms"] == "nur einmal"
    assert found["XMP-plus:Licensor"] == [{"LicensorURL": "https://example.com/l"}]
    assert found["XMP-iptcCore:CreatorContactInfo"] == {"CiEmailWork": "j@example.com"}
    if suffix != "gif":
        assert (found["IFD0:Artist"], found["IFD0:Copyright"]) == (ARTIST, RIGHTS)
    if suffix in ("jpg", "tif"):
        assert (found["IPTC:By-line"], found["IPTC:Credit"]) == (ARTIST, "Agentür")
    else:  # what only IPTC says is said in XMP
        assert found["XMP-dc:Creator"] == [ARTIST]
    assert not [name for name in found if any(secret in name for secret in SECRETS)]


@pytest.mark.parametrize("suffix", OUTPUTS)
def test_with_none_nothing_is(suffix: str, tmp_path: Path) -> None:
    content, losses = crop(PHOTO, suffix, "none")
    found = read(content, tmp_path, suffix)
    assert losses == ()
    groups = {name.split(":")[0] for name in found}
    assert not [group for group in groups if group.startswith(("XMP", "IPTC", "GPS", "ExifIFD"))]
    assert not {"IFD0:Artist", "IFD0:Copyright", "IFD0:ImageDescription"} & found.keys()


@pytest.mark.parametrize("suffix", WITH_EXIF)
def test_with_all_what_is_true_is_kept(suffix: str, tmp_path: Path) -> None:
    content, losses = crop(PHOTO, suffix, "all")
    found = read(content, tmp_path, suffix)
    assert losses == ("the camera maker's note is not kept",)
    assert found["IFD0:ImageDescription"] == "Grüße"
    assert found["ExifIFD:ExposureTime"] == 0.004
    assert found["ExifIFD:SerialNumber"] == "SERIAL-1"
    assert found["ExifIFD:UserComment"] == "日本"
    assert found["GPS:GPSLatitude"] == pytest.approx(48.858333, abs=1e-5)
    assert found["XMP-xmp:Rating"] == 4
    assert found["ExifIFD:ExifImageWidth"] == 100
    assert "ExifIFD:MakerNote" not in found
    assert found.get("IFD0:Orientation", 1) == 1


@pytest.mark.parametrize("suffix", OUTPUTS)
@pytest.mark.parametrize("source", OUTPUTS)
def test_from_every_format_to_every_other(source: str, suffix: str, tmp_path: Path) -> None:
    photo = crop(PHOTO, source, "all").content
    content, _ = crop(photo, suffix, "rights", box=Box(10, 10, 60, 90))
    found = read(content, tmp_path, suffix)
    assert found["XMP-dc:Rights"] == RIGHTS
    names = ("IFD0:Artist", "IPTC:By-line", "XMP-dc:Creator")
    assert {"".join(found[name]) for name in names if name in found} == {ARTIST}


def test_a_gif_says_what_it_cannot_hold() -> None:
    _, losses = crop(PHOTO, "gif", "all")
    assert "of the EXIF only rights are kept, as GIF cannot hold it" in losses


@pytest.mark.parametrize("suffix", OUTPUTS)
def test_rights_that_only_exif_states(suffix: str, tmp_path: Path) -> None:
    found = read(crop(jpeg(tags=exif()), suffix).content, tmp_path, suffix)
    place = ("XMP-dc:Creator", "XMP-dc:Rights")
    artist, rights = place if suffix == "gif" else ("IFD0:Artist", "IFD0:Copyright")
    assert ("".join(found[artist]), found[rights]) == (ARTIST, RIGHTS)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_scaled_crops_have_the_size_that_comes_out(suffix: str, tmp_path: Path) -> None:
    content, _ = crop(PHOTO, suffix, "all", size=Size(50, 50))
    found = read(content, tmp_path, suffix)
    assert found["ExifIFD:ExifImageWidth"] == 50
    assert found["ExifIFD:SubjectArea"] == "25 25 10 5"
