"""Where `marscrop crop` writes: -o, --name and --format, and what it leaves out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.cli.conftest import Cli


@pytest.fixture
def photos(examples: Path, tmp_path: Path) -> Path:
    """A folder with two photos, one in a folder below, a hidden one, and a text."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in ("cat.jpg", "rocket.jpg", "sub/kitty.jpg", ".hidden.jpg"):
        shutil.copy(examples / "cat.jpg", folder / name)
    (folder / "notes.txt").touch()
    return folder


def files_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_folder_is_cropped(cli: Cli, photos: Path, tmp_path: Path) -> None:
    result = cli("crop", photos, "-r", "1:1", "-o", tmp_path / "out")
    assert result.code == 0
    assert result.err == f"marscrop: {photos}: left out, as no photos by their suffix: 1 .txt\n"
    assert files_in(tmp_path / "out") == ["cat_1x1.jpg", "rocket_1x1.jpg"]


def test_folders_below_keep_their_places(cli: Cli, photos: Path) -> None:
    out = photos / "out"  # which is not looked into
    for _ in range(2):
        assert cli("crop", photos, "-r", "1:1", "-o", out, "--recursive", "--overwrite").code == 0
    assert files_in(out) == ["cat_1x1.jpg", "rocket_1x1.jpg", "sub/kitty_1x1.jpg"]
    assert cli("crop", photos / "sub", "-r", "1:1").code == 0
    assert (photos / "sub" / "kitty_1x1.jpg").is_file()


def test_a_folder_without_photos_is_one_line_and_the_rest_is_done(
    cli: Cli, photos: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = cli("crop", empty, photos / "cat.jpg", "-r", "1:1", "-o", tmp_path / "out")
    assert result.code == 1
    assert result.err == (
        f"marscrop: {empty}: no photo in this folder; --recursive looks into its folders too\n"
    )
    assert files_in(tmp_path / "out") == ["cat_1x1.jpg"]


def test_crops_are_not_cropped_again(cli: Cli, photos: Path) -> None:
    for ratio in ("1:1", "4:5", "300x200", "square"):
        assert cli("crop", *sorted(photos.glob("[a-z]*.jpg")), "-r", ratio).code == 0
    crops = [f"{n}_{r}.jpg" for n in ("cat", "rocket") for r in ("1x1", "300x200", "4x5", "square")]
    assert files_in(photos)[1:] == sorted(
        ["cat.jpg", "rocket.jpg", "sub/kitty.jpg", *crops, "notes.txt"]
    )
    result = cli("crop", photos, "-r", "1:1", "--overwrite")
    assert "left out, as named like crops of the other photos: " in result.err
    assert len(result.out.splitlines()) == 4  # those called square are known where that is asked
    assert cli("crop", photos / "cat_4x5.jpg", "-r", "1:1").code == 0  # alone it is a photo


@pytest.mark.parametrize("name", ["cat_2.jpg", "cat_x.jpg", "cat_original.jpg", "dog_1x1.jpg"])
def test_other_names_are_photos(cli: Cli, photos: Path, name: str) -> None:
    shutil.copy(photos / "cat.jpg", photos / name)
    result = cli("crop", photos / "cat.jpg", photos / name, "-r", "1:1")
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{ratio}/{stem}{ext}", ["1x1/cat.jpg", "4x5/cat.jpg"]),
        ("{stem}-{ratio}", ["cat-1x1.jpg", "cat-4x5.jpg"]),
        ("{index:03}/{stem}_{ratio}.png", ["001/cat_1x1.png", "001/cat_4x5.png"]),
        ("{stem}/{width}x{height}{ext}", ["cat/238x298.jpg", "cat/298x298.jpg"]),
        ("{ratio}-{candidate}", ["1x1-1.jpg", "4x5-1.jpg"]),
    ],
)
def test_names_by_template(
    cli: Cli, photos: Path, tmp_path: Path, template: str, names: list[str]
) -> None:
    out = tmp_path / "out"
    arguments = ("crop", photos / "cat.jpg", "-r", "1:1,4:5", "-o", out, "--name", template)
    assert cli(*arguments).code == 0
    assert files_in(out) == names
    assert cli(*arguments).code == 1
    assert cli(*arguments, "--skip-existing").out.count("left as it is") == 2


def test_crops_in_folders_of_a_template_are_not_cropped_again(cli: Cli, photos: Path) -> None:
    arguments = ("crop", photos, "-r", "1:1", "--name", "{ratio}/{stem}", "--recursive")
    assert cli(*arguments).code == 0
    before = files_in(photos)
    assert cli(*arguments, "--skip-existing").code == 0
    assert files_in(photos) == before


def test_further_candidates_have_names_of_their_own(cli: Cli, photos: Path, tmp_path: Path) -> None:
    more = ("--max-candidates", "2", "-o", tmp_path / "out")
    assert cli("crop", photos / "cat.jpg", "-r", "1:3", *more, "--name", "{ratio}/{stem}").code == 0
    assert files_in(tmp_path / "out") == ["1x3/cat.jpg", "1x3/cat_2.jpg"]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{steam}_{ratio}", "unknown field {steam}, expected some of"),
        ("{stem", "a brace that belongs to no field"),
        ("../{stem}_{ratio}", "below the folder that -o names"),
        ("/{stem}_{ratio}", "below the folder that -o names"),
        ("{ratio}/", "below the folder that -o names"),
        ("{stem}", "gives all 2 crops of a photo one name; put {ratio} in it"),
        ("{ratio}", "gives all photos one name; put {stem} in it"),
        ("{stem}{ext}-{ratio}", "{ext} must come last"),
    ],
)
def test_a_template_that_cannot_be_is_one_line(
    cli: Cli, photos: Path, template: str, words: str
) -> None:
    result = cli("crop", photos, "-r", "1:1,4:5", "--name", template)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert words in result.err


@pytest.mark.parametrize("name", ["2024.11", "v1.0", "mine.d", "crops.old"])
def test_a_folder_may_have_a_dot(cli: Cli, photos: Path, tmp_path: Path, name: str) -> None:
    assert cli("crop", photos / "cat.jpg", "-r", "1:1", "-o", tmp_path / name).code == 0
    assert files_in(tmp_path / name) == ["cat_1x1.jpg"]


def test_a_slash_makes_a_folder_of_any_name(cli: Cli, photos: Path, tmp_path: Path) -> None:
    assert cli("crop", photos / "cat.jpg", "-r", "1:1", "-o", f"{tmp_path}/a.jpg/").code == 0
    assert files_in(tmp_path / "a.jpg") == ["cat_1x1.jpg"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "out.png", "--format", "webp"), "-o out.png asks for another format than --format"),
        (("--name", "{stem}.png", "--format", "webp"), "asks for another format than --format"),
        (("-o", "out.jgp"), "cannot be written as .jgp; did you mean .jpg?"),
        (("-o", "out.bmp"), "expected a file name that ends in one of"),
        (("-o", "out.png", "--name", "{stem}"), "--name is for folders"),
    ],
)
def test_contradictions_of_names_are_one_line(
    cli: Cli, photos: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = cli("crop", photos / "cat.jpg", "-r", "1:1", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert words in result.err


def test_a_name_and_a_format_may_agree(cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jpeg"
    assert cli("crop", photos / "cat.jpg", "-r", "1:1", "-o", out, "--format", "jpg").code == 0
    with Image.open(out) as image:
        assert image.format == "JPEG"
