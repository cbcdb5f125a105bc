"""Boxes alone never cost a full decode."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageFile
from tests.unit.cli.conftest import Cli

from marscrop.faces.centerface import installed


@pytest.fixture
def decoded_px(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pixels of each image that Pillow decoded since."""
    sizes: list[int] = []
    load = ImageFile.ImageFile.load

    def counted(image: ImageFile.ImageFile) -> object:
        if image.tile:  # not decoded yet
            sizes.append(image.width * image.height)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", counted)
    return sizes


@pytest.fixture
def large(examples: Path, tmp_path: Path) -> Path:
    """3 megapixels."""
    path = tmp_path / "large.jpg"
    with Image.open(examples / "rocket.jpg") as image:
        image.resize((2048, 1536)).save(path)
    return path


def test_json_never_decodes_in_full(cli: Cli, large: Path, decoded_px: list[int]) -> None:
    asked = "-r", "16:9", "-r", "1:1", "--json", "--faces", "ignore"
    assert cli("crop", large, large, *asked).code == 0
    assert decoded_px == [512 * 384] * 2


@pytest.mark.skipif(not installed(), reason="the face detector is not installed")
def test_looking_for_faces_does_not_either(cli: Cli, large: Path, decoded_px: list[int]) -> None:
    assert cli("crop", large, "-r", "16:9", "--json", "--faces", "keep").code == 0
    assert sorted(decoded_px) == [512 * 384, 1024 * 768]


def test_what_is_written_is_decoded_once(
    cli: Cli, large: Path, tmp_path: Path, decoded_px: list[int]
) -> None:
    asked = "-r", "16:9", "-r", "1:1", "--faces", "ignore"
    assert cli("crop", large, *asked, "-o", tmp_path / "out").code == 0
    assert decoded_px == [512 * 384, 2048 * 1536]
