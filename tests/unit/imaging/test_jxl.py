"""JPEG XL, where the extra that reads it is there."""

from __future__ import annotations

import io
import sys

import pytest
from PIL import ExifTags, Image
from tests.unit.imaging.pictures import difference, encoded, exif_with, smooth

from marscrop.errors import ImageError, LimitError
from marscrop.geometry import Size
from marscrop.imaging import jxl
from marscrop.imaging.output_format import suffix_for
from marscrop.imaging.photo import open_photo

# Of 8 x 8 pixels: a size in eighths, of the ratio 1:1.
TINY = b"\xff\x0a" + (1 | 0 << 1 | 1 << 6).to_bytes(2, "little")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    jxl.register.cache_clear()
    try:
        with pytest.raises(ImageError, match=r"is a JPEG XL image; .*'\.\[jxl\]'"):
            open_photo(TINY)
    finally:
        jxl.register.cache_clear()


def test_the_size_stands_in_the_header() -> None:
    assert jxl.stored_size(io.BytesIO(TINY)) == (8, 8)
    explicit = 0 | 0 << 1 | 99 << 3 | 0 << 12 | 0 << 15 | 149 << 17
    assert jxl.stored_size(io.BytesIO(b"\xff\x0a" + explicit.to_bytes(8, "little"))) == (150, 100)
    assert jxl.stored_size(io.BytesIO(b"\0\0\0\x0cJXL \r\n\x87\n")) is None


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("size", [Size(200, 150), Size(96, 96), Size(160, 90)])
def test_it_is_read(mode: str, size: Size) -> None:
    pytest.importorskip("pillow_jxl")
    picture = Image.fromarray(smooth(*size)).convert(mode)
    photo = open_photo(encoded(picture, "JXL", quality=95))
    assert (photo.format, photo.size, photo.mode) == ("JXL", size, mode)
    assert suffix_for(photo) == (".png" if mode == "RGBA" else ".jpg")
    assert difference(photo.upright(), picture) < 4


def test_a_size_beyond_the_limit_is_not_decoded() -> None:
    pytest.importorskip("pillow_jxl")
    with pytest.raises(LimitError):
        open_photo(TINY, max_pixels=10)


def test_exif_does_not_turn_what_the_decoder_has_turned() -> None:
    pytest.importorskip("pillow_jxl")
    picture = Image.fromarray(smooth(60, 40))
    content = encoded(picture, "JXL", exif=exif_with(6).tobytes())
    assert exif_with(6)[ExifTags.Base.Orientation] == 6
    assert open_photo(content).size == (60, 40)
