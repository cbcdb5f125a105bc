"""Telling formats apart."""

from __future__ import annotations

import pytest

from marscrop.errors import ImageError
from marscrop.imaging import formats
from marscrop.imaging.photo import open_photo


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + b"\0\0\0\0" + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0" * 100


HEIC_MESSAGE = (
    "is a HEIC image; install the extra that reads it: "
    "pip install '.[heic]' in a checkout of marscrop"
)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"])
def test_heic_without_its_extra_says_what_to_install(
    brand: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "register_heif", lambda: False)
    with pytest.raises(ImageError) as caught:
        open_photo(ftyp(brand, b"mif1", b"heic"))
    assert str(caught.value) == f"<bytes>: {HEIC_MESSAGE}"


@pytest.mark.parametrize("brands", [(b"avif", b"mif1"), (b"mif1", b"avif"), (b"avis", b"msf1")])
def test_avif_is_not_taken_for_heic(
    brands: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "register_heif", lambda: False)
    with pytest.raises(ImageError) as caught:
        open_photo(ftyp(*brands))
    assert "HEIC" not in str(caught.value)


def test_a_missing_pillow_heif_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    assert formats.register_heif.__wrapped__() is False
