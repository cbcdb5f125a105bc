"""Boxes alone never cost a full decode."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageFile
from tests.unit.cli.conftest import Cli


@pytest.fixture
def decoded_px(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pixels of each image that Pillow decoded since."""
    sizes: list[int] = []
    load = ImageFile.ImageFile.load

    def counted(image: ImageFile.ImageFile) -> Image.core.PixelAccess | None:
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
    assert cli("crop", large, large, "-r", "16:9", "-r", "1:1", "--json").code == 0
    assert decoded_px == [512 * 384] * 2


def test_what_is_written_is_decoded_once(
    cli: Cli, large: Path, tmp_path: Path, decoded_px: list[int]
) -> None:
    assert cli("crop", large, "-r", "16:9", "-r", "1:1", "-o", tmp_path / "out").code == 0
    assert decoded_px == [512 * 384, 2048 * 1536]
