"""The options of `marscrop crop` that steer it; tests/unit/test_control.py has their meaning."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.cli.conftest import Cli

from marscrop import Cropper


@pytest.fixture
def rocket(examples: Path, tmp_path: Path) -> Path:
    """A photo of 640x427 in a folder of its own."""
    folder = tmp_path / "in"
    folder.mkdir()
    return Path(shutil.copy(examples / "rocket.jpg", folder / "rocket.jpg"))


def test_options_mean_what_they_mean_in_python(cli: Cli, rocket: Path, cropper: Cropper) -> None:
    result = cli(
        *("crop", rocket, "-r", "16:9", "-r", "1:1", "--json"),
        *("--keep", "400,200,410,210", "--keep", "50%,50%,55%,60%", "--avoid", "0,0,20,427"),
        *("--min-size", "0.6", "--anchor", "bottom", "--max-candidates", "2"),
    )
    assert (result.code, result.err) == (0, "")
    expected = cropper.crop(
        rocket,
        ["16:9", "1:1"],
        keep=["400,200,410,210", "50%,50%,55%,60%"],
        avoid=(0, 0, 20, 427),
        min_size=0.6,
        anchor="bottom",
        max_candidates=2,
    )
    entries = json.loads(result.out)["crops"]
    assert [(e["ratio"], e["box"], e.get("candidate", 1)) for e in entries] == [
        (str(c.ratio), list(c.box), c.candidate) for c in expected
    ]


def test_candidates_are_numbered_from_the_second_on(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "16:9", "--max-candidates", 3, "-o", tmp_path / "out")
    assert result.code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "rocket_16x9.jpg",
        "rocket_16x9_2.jpg",
        "rocket_16x9_3.jpg",
    ]


def test_several_candidates_into_one_file_are_wrong_usage(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    result = cli("crop", rocket, "-r", "1:1", "--max-candidates", 2, "-o", tmp_path / "mine.jpg")
    assert result.code == 2
    assert "2 crops; name a folder" in result.err


def test_padded_crop_is_written_and_told(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    arguments = (
        *("crop", rocket, "-r", "9:16", "--keep", "50,100,600,300", "--fallback", "pad"),
        *("--pad-fill", "#ff0000", "--format", "png", "-o", tmp_path),
    )
    result = cli(*arguments)
    assert result.code == 0
    assert "550x427 at (50, 0)" in result.out
    assert result.out.endswith("padded to 550x977\n")
    with Image.open(tmp_path / "rocket_9x16.png") as written:
        assert written.size == (550, 977)
        assert written.getpixel((0, 0)) == (255, 0, 0)

    (entry,) = json.loads(cli(*arguments, "--json", "--overwrite").out)["crops"]
    assert entry.pop("output") == str(tmp_path / "rocket_9x16.png")
    assert entry == {
        "ratio": "9:16",
        "box": [50, 0, 600, 427],
        "confidence": 0.0,
        "padding": [0, 275, 0, 275],
        "canvas": [550, 977],
    }


def test_centre_crop_in_place_of_an_unsure_one_is_told(cli: Cli, rocket: Path) -> None:
    (entry,) = json.loads(cli("crop", rocket, "-r", "1:1", "--min-confidence", "1", "--json").out)[
        "crops"
    ]
    assert entry["centred"] is True
    assert entry["box"] == [107, 0, 534, 427]
    assert "centre crop" in cli("crop", rocket, "-r", "1:1", "--min-confidence", "1").out


def test_photo_that_cannot_meet_them_is_named_and_the_rest_is_done(
    cli: Cli, rocket: Path, examples: Path
) -> None:
    small = examples / "cat.jpg"  # 451 x 300
    result = cli("crop", small, rocket, "-r", "1:1", "--keep", "500,0,510,10", "--json")
    assert result.code == 1
    assert result.err.startswith(f"marscrop: {small}: keep box (500,0,510,10) must lie inside")
    assert len(result.err.splitlines()) == 1
    assert json.loads(result.out)["image"] == str(rocket)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--keep", "1,2,3", "--keep must be X0,Y0,X1,Y1"),
        ("--avoid", "5%,5,6,7", "--avoid must be X0,Y0,X1,Y1"),
        ("--min-size", "0", "--min-size must be above 0"),
        ("--max-candidates", "0", "--max-candidates must be"),
        ("--anchor", "nowhere", "--anchor must be"),
        ("--fallback", "stretch", "--fallback must be 'pad'"),
        ("--pad-fill", "blur", "--pad-fill says how to pad, which needs --fallback pad"),
        ("--min-confidence", "2", "--min-confidence must be"),
    ],
)
def test_option_that_cannot_be_understood_is_wrong_usage(
    cli: Cli, rocket: Path, option: str, value: str, message: str
) -> None:
    result = cli("crop", rocket, "-r", "1:1", option, value)
    assert (result.code, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert message in result.err
    assert list(rocket.parent.iterdir()) == [rocket]
