"""Crops as other tools write them."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageOps

from marscrop import Box, Size
from marscrop.exchange import crop_sidecar, iiif_region, imgproxy_crop, stored_edges, thumbor_crop
from marscrop.imaging.formats import register_heif
from marscrop.imaging.photo import open_photo

BOX = Box(10, 20, 50, 45)
CRS = "{http://ns.adobe.com/camera-raw-settings/1.0/}"


def test_servers() -> None:
    assert iiif_region(BOX) == "10,20,40,25"
    assert imgproxy_crop(BOX) == "crop:40:25:nowe:10:20"
    assert thumbor_crop(BOX) == "10x20:50x45"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_stored_edges_hold_the_same_pixels(orientation: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", exif=exif)
    photo = open_photo(file.getvalue())
    stored = Image.fromarray(pixels)

    x0, y0, x1, y1 = stored_edges(BOX, photo.size, photo.stored_orientation)
    width, height = stored.size
    part = stored.crop(Box(*map(round, (x0 * width, y0 * height, x1 * width, y1 * height))))
    part.getexif()[0x0112] = orientation
    assert ImageOps.exif_transpose(part).tobytes() == photo.upright().crop(BOX).tobytes()


def test_orientation_of_a_tiff_is_the_stored_one() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.new("RGB", (80, 60)).save(file, "TIFF", exif=exif)
    photo = open_photo(file.getvalue())
    assert (photo.size, photo.stored_orientation) == (Size(60, 80), 6)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIF"])
def test_a_turned_photo_has_the_same_sidecar_in_every_format(container: str, turn: int) -> None:
    if container == "HEIF" and not register_heif():
        pytest.skip("needs marscrop[heic]")
    exif = Image.Exif()
    exif[0x0112] = turn
    file = io.BytesIO()
    Image.new("RGB", (96, 64)).save(file, container, exif=exif.tobytes())
    photo = open_photo(file.getvalue())
    found = crop_sidecar(Box(8, 16, 40, 48), photo.size, photo.stored_orientation)
    upright = Size(64, 96) if turn > 4 else Size(96, 64)
    assert found == crop_sidecar(Box(8, 16, 40, 48), upright, turn)


@pytest.mark.skipif(not register_heif(), reason="needs marscrop[heic]")
def test_what_turns_a_heic_is_no_word_of_exif() -> None:
    """Its EXIF says that it is turned; the properties, which decoders go by, say nothing."""
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.new("RGB", (96, 64)).save(file, "HEIF", exif=exif.tobytes())
    content = file.getvalue()
    assert content.count(b"irot") == 1
    photo = open_photo(content.replace(b"irot", b"free"))
    assert (photo.size, photo.stored_orientation) == (Size(96, 64), 1)


def test_unknown_orientation_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 8; got 9"):
        stored_edges(BOX, Size(100, 100), 9)


def test_sidecar_is_xml_with_the_crop() -> None:
    root = ElementTree.fromstring(crop_sidecar(BOX, Size(100, 50)))  # noqa: S314 - our own
    (description,) = (node for node in root.iter() if node.tag.endswith("Description"))
    names = ("HasCrop", "CropLeft", "CropTop", "CropRight", "CropBottom")
    assert [description.get(CRS + name) for name in names] == [
        "True",
        "0.10000000",
        "0.40000000",
        "0.50000000",
        "0.90000000",
    ]
