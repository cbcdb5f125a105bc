"""`marscrop crop --lossless`."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.cli.conftest import Cli

from marscrop import Cropper
from marscrop.errors import ConstraintError, ImageError
from marscrop.geometry import Box
from marscrop.imaging.lossless import find_transform


@pytest.fixture
def rocket(examples: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(examples / "rocket.jpg", tmp_path / "rocket.jpg"))


def installed() -> bool:
    try:
        find_transform()
    except ImageError:
        return False
    return True


needs_tool = pytest.mark.skipif(not installed(), reason="nothing that crops JPEGs is installed")


@needs_tool
def test_box_moves_by_less_than_a_block_and_says_so(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = cli("crop", rocket, "-r", "16:9", "--lossless", "--json", "-o", out)
    assert (result.code, result.err) == (0, "")
    (entry,) = json.loads(result.out)["crops"]
    (best,) = Cropper().crop(rocket, "16:9")
    assert entry["moved"] == [entry["box"][0] - best.box.x0, entry["box"][1] - best.box.y0]
    assert max(map(abs, entry["moved"])) < 16
    width, height = best.box.size
    assert entry["ratio_error"] == pytest.approx(width / height / (16 / 9) - 1, abs=1e-6)

    x0, y0, x1, y1 = entry["box"]
    with Image.open(out / "rocket_16x9.jpg") as written, Image.open(rocket) as photo:
        expected = np.asarray(photo)[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2]
        assert (np.asarray(written)[2:-2, 2:-2] == expected).all()


@needs_tool
def test_library_gives_the_same_file(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    cli("crop", rocket, "-r", "1:1", "--lossless", "-o", tmp_path / "mine.jpg")
    cropper = Cropper()
    content, moved = cropper.lossless(rocket, cropper.crop(rocket, "1:1")[0])
    assert content == (tmp_path / "mine.jpg").read_bytes()
    assert moved.box.size == moved.size


@needs_tool
def test_the_library_holds_constraints_on_the_grid_too(rocket: Path) -> None:
    cropper, keep = Cropper(), (300, 140, 335, 410)
    crop = replace(cropper.crop(rocket, "9:16")[0], box=Box(301, 133, 457, 411))
    _, free = cropper.lossless(rocket, crop)
    _, bound = cropper.lossless(rocket, crop, keep=[keep])
    assert free.box.x0 > keep[0]
    assert bound.box.x0 <= keep[0]
    with pytest.raises(ConstraintError):
        cropper.lossless(rocket, crop, keep=[(0, 0, 640, 427)])


@needs_tool
def test_constraints_hold_on_the_grid(cli: Cli, rocket: Path) -> None:
    keep = (300, 140, 335, 415)
    arguments = ("--keep", ",".join(map(str, keep)), "--lossless", "--json")
    result = cli("crop", rocket, "-r", "9:16", *arguments)
    assert result.code == 0
    x0, y0, x1, y1 = json.loads(result.out)["crops"][0]["box"]
    assert x0 <= keep[0]
    assert y0 <= keep[1]
    assert x1 >= keep[2]
    assert y1 >= keep[3]


@needs_tool
def test_other_formats_fail_alone(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    png = tmp_path / "photo.png"
    with Image.open(rocket) as image:
        image.save(png)
    result = cli("crop", png, rocket, "-r", "1:1", "--lossless", "-o", tmp_path / "out")
    assert result.code == 1
    assert result.err.startswith(f"marscrop: {png}: only a JPEG can be cropped")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["rocket_1x1.jpg"]


@pytest.mark.parametrize(
    "arguments",
    [["--quality", "80"], ["--format", "webp"], ["--fallback", "pad"], ["-o", "mine.png"]],
)
def test_what_needs_new_pixels_is_wrong_usage(cli: Cli, rocket: Path, arguments: list[str]) -> None:
    result = cli("crop", rocket, "-r", "1:1", "--lossless", *arguments)
    assert (result.code, result.out) == (2, "")
    assert "--lossless" in result.err
    assert len(result.err.splitlines()) == 1
