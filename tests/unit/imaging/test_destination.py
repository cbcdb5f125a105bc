"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.unit.imaging.pictures import (
    crop_bytes,
    need_heif,
    smooth,
    write_crop,
)

from marscrop.errors import ImageError
from marscrop.geometry import Box
from marscrop.imaging.photo import open_photo

BOX = Box(21, 13, 150, 110)
SUFFIXES = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".heic", ".heif"]


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "box", [(0, 0, 202, 10), (-1, 0, 5, 5), (5, 5, 5, 9), (9, 5, 5, 9), (0, 130, 5, 136)]
)
def test_a_box_outside_the_image(
    scene: Image.Image, tmp_path: Path, box: tuple[int, int, int, int]
) -> None:
    path = tmp_path / "crop.png"
    with pytest.raises(ImageError) as caught:
        write_crop(scene, Box(*box), path)
    assert str(caught.value) == (
        f"{path}: expected a box inside the image of 201 x 135 pixels; got {box}"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_permissions_are_those_of_open(scene: Image.Image, tmp_path: Path) -> None:
    for umask in (0o022, 0o077, 0o002):
        before = os.umask(umask)
        try:
            write_crop(scene, BOX, tmp_path / "crop.jpg")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "crop.jpg").stat().st_mode) == 0o666 & ~umask


def test_an_existing_file_is_replaced(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "crop.png"
    path.write_text("old")
    write_crop(scene, BOX, str(path))
    assert open_photo(path).size == BOX.size
    assert listed(tmp_path) == ["crop.png"]


def test_a_name_of_full_length_is_written(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".png")
    write_crop(scene, BOX, path)
    assert path.exists()


@contextmanager
def files_of_at_most(limit: int) -> Iterator[None]:
    """A disk that is full after so many bytes, as far as this process can tell."""
    resource = pytest.importorskip("resource")  # not on Windows
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    scene: Image.Image, tmp_path: Path
) -> None:
    path = tmp_path / "crop.tif"
    path.write_text("old")
    with files_of_at_most(1000), pytest.raises(ImageError) as caught:
        write_crop(scene, BOX, path)
    assert str(caught.value) == f"{path}: cannot be written: File too large"
    assert path.read_text() == "old"
    assert listed(tmp_path) == ["crop.tif"]


def test_an_interrupted_write_leaves_nothing(
    scene: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: Any) -> None:
        assert [name[0] for name in listed(tmp_path)] == ["."]  # hidden until it is whole
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_crop(scene, BOX, tmp_path / "crop.png")
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written_to(
    scene: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for name, message in {
        "folder.png": "is a folder, expected the name of a file",
        "none/crop.png": f"the folder {tmp_path / 'none'} does not exist",
        "file/crop.png": f"the folder {tmp_path / 'file'} does not exist",
    }.items():
        with pytest.raises(ImageError) as caught:
            write_crop(scene, BOX, tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {message}"
    assert listed(tmp_path) == ["file", "folder.png"]

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # chmod does not keep root out
    with pytest.raises(ImageError) as caught:
        write_crop(scene, BOX, tmp_path / "crop.png")
    assert str(caught.value) == (
        f"{tmp_path / 'crop.png'}: permission denied to write in the folder {tmp_path}"
    )


def test_pixels_that_a_format_cannot_hold(tmp_path: Path) -> None:
    wide = Image.new("RGB", (17_000, 2))
    path = tmp_path / "crop.webp"
    with pytest.raises(ImageError, match=r"crop\.webp: cannot be encoded: [^\n]*16383"):
        write_crop(wide, Box(0, 0, 17_000, 2), path)
    assert not list(tmp_path.iterdir())


def test_pillows_pixel_limit_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = Image.fromarray(smooth(201, 135))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for suffix in SUFFIXES:
            need_heif(suffix)
            assert crop_bytes(image, BOX, "x" + suffix)
