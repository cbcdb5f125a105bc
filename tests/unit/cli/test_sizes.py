"""Sizes in pixels on the command line: files of exactly that size, or a warning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.unit.cli.conftest import Cli

from marscrop import Cropper


@pytest.fixture
def rocket(examples: Path) -> Path:
    return examples / "rocket.jpg"


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        (("-r", "300x200"), (300, 200)),
        (("-r", "300x200@2x"), (600, 400)),
        (("-r", "32x32px"), (32, 32)),
        (("-r", "1200x630", "--enlarge"), (1200, 630)),
        (("-r", "og", "--width", "600"), (600, 315)),
        (("-r", "16:9", "--height", "90"), (160, 90)),
        (("-r", "16:9", "--width", "100", "--height", "90"), (100, 56)),
        (("-r", "9:16", "--max-edge", "160"), (90, 160)),
        (("-r", "original", "--max-edge", "160"), (160, 107)),
    ],
)
def test_files_have_the_size_that_was_asked(
    cli: Cli, rocket: Path, tmp_path: Path, arguments: tuple[str, ...], size: tuple[int, int]
) -> None:
    out = tmp_path / "out.png"
    result = cli("crop", rocket, "-o", out, *arguments)
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith(f"scaled to {size[0]}x{size[1]}\n")
    with Image.open(out) as image:
        assert image.size == size


def test_a_crop_has_the_pixels_of_the_size_where_the_photo_has_them(cli: Cli, rocket: Path) -> None:
    (entry,) = json.loads(cli("crop", rocket, "-r", "640x360", "--json").out)["crops"]
    (best,) = Cropper().crop(rocket, "640:360")
    assert entry["box"][2] - entry["box"][0] == 640 > best.box.size.width


def test_too_few_pixels_are_a_warning(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "1200x630", "-o", tmp_path, "--json")
    assert result.code == 0
    words = "the 1200x630 crop stays 640x336, as it has too few pixels for 1200x630"
    assert result.err == f"marscrop: {rocket}: warning: {words}; --enlarge scales it up\n"
    (entry,) = json.loads(result.out)["crops"]
    assert entry["warnings"] == [f"{words}; --enlarge scales it up"]
    assert entry["output"] == str(tmp_path / "rocket_1200x630.jpg")
    with Image.open(entry["output"]) as image:
        assert image.size == (640, 336)


def test_max_edge_enlarges_nothing(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "1:1", "-o", tmp_path, "--max-edge", "4000")
    assert (result.code, result.err) == (0, "")
    assert "scaled" not in result.out


def test_boxes_to_keep_go_before_the_size(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    asked = ("-r", "600x400", "--avoid", "0,0,640,200", "-o", tmp_path)
    result = cli("crop", rocket, *asked)
    assert result.code == 0
    assert "warning: the 600x400 crop stays " in result.err


def test_json_tells_the_size(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "300x200", "-o", tmp_path, "--json")
    (entry,) = json.loads(result.out)["crops"]
    assert (entry["ratio"], entry["size"]) == ("300x200", [300, 200])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-r", "300x200", "--width", "20"), "300x200 is a size in pixels, so --width, --height"),
        (("-r", "3:2", "--enlarge"), "--enlarge needs a size"),
        (("-r", "3:2", "--max-edge", "9", "--height", "2"), "--max-edge and --width or --height"),
        (("-r", "300x200", "--lossless"), "--lossless copies the JPEG's data, so a size cannot"),
    ],
)
def test_contradictions_of_sizes_are_one_line(
    cli: Cli, rocket: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = cli("crop", rocket, *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert words in result.err


def test_a_size_beyond_the_limit_is_one_line(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "99999x99999", "--enlarge", "-o", tmp_path)
    assert result.code == 1
    assert "99999x99999 pixels is beyond the limit of 300,000,000" in result.err


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-r", "300x200,og"),
        ("-r", "640x360"),
        ("-r", "1200x630"),
        ("-r", "1200x630", "--enlarge"),
        ("-r", "16:9,1:1", "--width", "200"),
        ("-r", "original,9:16", "--max-edge", "160"),
        ("-r", "500x500", "--keep", "0,0,640,300", "--fallback", "pad"),
    ],
)
def test_a_batch_scales_as_crop_does(
    cli: Cli, rocket: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    of_crop = cli("crop", rocket, *arguments, "-o", tmp_path / "one", "--json")
    assert of_crop.code == 0
    batch = cli("batch", rocket, *arguments, "-o", tmp_path / "all")
    assert batch.code == 0
    entries = json.loads(of_crop.out)["crops"]
    for entry, row in zip(entries, rows_of(tmp_path / "all"), strict=True):
        assert row["box"] == entry["box"]
        assert row["size"] == entry.get("size")
        assert row["warnings"] == entry.get("warnings", [])
        written = (tmp_path / "all" / row["output"]).read_bytes()
        assert written == Path(entry["output"]).read_bytes()


def test_a_batch_takes_sizes_from_a_list(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"path,ratio\n{rocket},300x200;1:1\n")
    result = cli("batch", tmp_path / "list.csv", "-o", tmp_path / "out", "--width", "90")
    assert result.code == 0
    assert [row["size"] for row in rows_of(tmp_path / "out")] == [[300, 200], [90, 90]]


def test_a_batch_is_done_again_at_another_size(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    asked = ("batch", rocket, "-o", tmp_path / "out")
    for arguments, done_before in (
        (("-r", "300x200"), 0),
        (("-r", "300x200"), 1),
        (("-r", "300x200@2x"), 0),
        (("-r", "3:2", "--width", "90"), 0),
        (("-r", "3:2", "--width", "91"), 0),
        (("-r", "3:2", "--width", "91"), 1),
    ):
        planned = cli(*asked, *arguments, "--dry-run")
        assert f"{done_before} done, {1 - done_before} to do" in planned.err
        assert cli(*asked, *arguments).code == 0


def test_a_batch_of_sizes_beyond_the_limit_fails(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("batch", rocket, "-r", "99999x99999", "--enlarge", "-o", tmp_path / "out")
    assert result.code == 1
    assert "99999x99999 pixels is beyond the limit of 300,000,000" in result.err


def test_a_batch_refuses_sizes_that_contradict_each_other(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    result = cli("batch", rocket, "-r", "300x200", "--width", "20", "-o", tmp_path / "out")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "300x200 is a size in pixels, so --width, --height" in result.err
