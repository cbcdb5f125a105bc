"""`marscrop crop` as a person or a script sees it: files, stdout, stderr, exit code."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.cli.conftest import Cli, Result
from tests.unit.imaging.raw_files import with_preview

from marscrop import Cropper
from marscrop.geometry import Size


@pytest.fixture
def rocket(examples: Path, tmp_path: Path) -> Path:
    """A photo of 640x427 in a folder of its own."""
    folder = tmp_path / "in"
    folder.mkdir()
    return Path(shutil.copy(examples / "rocket.jpg", folder / "rocket.jpg"))


def test_writes_one_file_a_ratio(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "16:9", "-r", "1:1", "-o", tmp_path / "out")
    assert (result.code, result.err) == (0, "")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "rocket_16x9.jpg",
        "rocket_1x1.jpg",
    ]
    assert len(result.out.splitlines()) == 2


def test_a_crop_that_compares_with_none_is_told_without_a_confidence(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    lines = cli("crop", rocket, "-r", "16:9,original", "-o", tmp_path).out.splitlines()
    assert "confidence 0." in lines[0]
    assert "centre" not in lines[0]
    assert lines[1].endswith("640x427 at (0, 0)  the centre crop")
    arguments = ("-r", "1:1", "--keep", "0,0,640,427", "--fallback", "pad", "-o", tmp_path)
    (padded,) = cli("crop", rocket, *arguments).out.splitlines()
    assert "centre" not in padded
    assert "confidence" not in padded


def test_written_crop_is_the_box_of_the_library(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    png = tmp_path / "in" / "photo.png"
    with Image.open(rocket) as image:
        image.save(png)
    cli("crop", png, "-r", "4:5", "-o", tmp_path / "out")
    (crop,) = Cropper().crop(png, "4:5")
    with Image.open(tmp_path / "out" / "photo_4x5.png") as written, Image.open(png) as photo:
        assert written.tobytes() == photo.crop(crop.box).tobytes()


def test_without_a_folder_the_crop_lies_beside_the_photo(cli: Cli, rocket: Path) -> None:
    assert cli("crop", rocket, "-r", "square").code == 0
    assert (rocket.parent / "rocket_square.jpg").is_file()


def test_single_crop_can_be_given_a_file_name(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    assert cli("crop", rocket, "-r", "1:1", "-o", tmp_path / "mine.webp").code == 0
    with Image.open(tmp_path / "mine.webp") as image:
        assert image.format == "WEBP"


def test_several_crops_into_one_file_are_wrong_usage(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    result = cli("crop", rocket, "-r", "1:1", "-r", "4:5", "-o", tmp_path / "mine.jpg")
    assert result.code == 2
    assert "2 crops; name a folder" in result.err
    assert not (tmp_path / "mine.jpg").exists()


def test_format_can_be_asked_for(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    assert cli("crop", rocket, "-r", "1:1", "-o", tmp_path, "--format", "AVIF").code == 0
    with Image.open(tmp_path / "rocket_1x1.avif") as image:
        assert image.format == "AVIF"


def test_json_is_one_object_a_line_with_the_same_boxes(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    result = cli("crop", rocket, rocket, "-r", "16:9", "-r", "1:1", "--json")
    assert (result.code, result.err) == (0, "")
    lines = [json.loads(line) for line in result.out.splitlines()]
    expected = [
        {
            "ratio": str(c.ratio),
            "box": list(c.box),
            "confidence": pytest.approx(c.confidence, abs=1e-4),
        }
        for c in Cropper().crop(rocket, ["16:9", "1:1"])
    ]
    assert lines == [{"image": str(rocket), "width": 640, "height": 427, "crops": expected}] * 2
    assert list(rocket.parent.iterdir()) == [rocket]  # nothing written


def test_json_with_a_folder_writes_the_crops_too(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "1:1", "--json", "-o", tmp_path / "out")
    assert len(result.out.splitlines()) == 1
    assert (tmp_path / "out" / "rocket_1x1.jpg").is_file()


def test_failures_are_named_and_the_rest_is_done(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("not a picture")
    truncated = tmp_path / "truncated.jpg"
    truncated.write_bytes(rocket.read_bytes()[:30_000])
    bad = [tmp_path / n for n in ("missing.jpg", "empty.jpg", "text.jpg", "truncated.jpg")]
    result = cli("crop", *bad, rocket, "-r", "1:1", "-o", tmp_path / "out")
    assert result.code == 1
    lines = result.err.splitlines()
    assert len(lines) == len(bad)
    for line, path in zip(lines, bad, strict=True):
        assert line.startswith(f"marscrop: {path}: ")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["rocket_1x1.jpg"]


@pytest.mark.parametrize("ratio", ["16:0", "wide?", "", "1e9:1"])
def test_bad_ratio_is_wrong_usage_in_one_line(cli: Cli, rocket: Path, ratio: str) -> None:
    result = cli("crop", rocket, "-r", "1:1", "-r", ratio)
    assert (result.code, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert "aspect ratio must" in result.err
    assert list(rocket.parent.iterdir()) == [rocket]


@pytest.mark.parametrize(
    "arguments",
    [["crop"], ["crop", "photo.jpg"], ["crop", "-r", "1:1"], ["crop", "x", "-r", "1:1", "--what"]],
)
def test_wrong_usage_exits_with_2(cli: Cli, arguments: list[str]) -> None:
    assert cli(*arguments).code == 2


def test_unknown_format_is_wrong_usage(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "1:1", "-o", tmp_path / "out", "--format", "xyz")
    assert result.code == 2
    assert ".xyz" in result.err


def test_crops_of_photos_with_one_name_do_not_overwrite_each_other(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "rocket.jpg"
    other.parent.mkdir()
    shutil.copy(rocket, other)
    result = cli("crop", rocket, other, "-r", "1:1", "-o", tmp_path / "out")
    assert result.code == 1
    assert f"{other}: its crop would overwrite" in result.err
    assert str(rocket) in result.err


def test_a_photo_of_the_list_is_never_overwritten(cli: Cli, rocket: Path) -> None:
    other = rocket.with_name("mine.jpg")
    shutil.copy(rocket, other)
    content = other.read_bytes()
    result = cli("crop", rocket, other, "-r", "1:1", "--name", "mine{index}", "--overwrite")
    assert (result.code, result.err) == (0, "")
    other.rename(rocket.with_name("mine1.jpg"))
    result = cli("crop", rocket, rocket.with_name("mine1.jpg"), "-r", "1:1", "--overwrite")
    assert (result.code, rocket.with_name("mine1.jpg").read_bytes()) == (0, content)
    result = cli(
        *("crop", rocket, rocket.with_name("mine1.jpg"), "-r", "1:1"),
        *("--name", "mine{index}", "--overwrite"),
    )
    assert result.code == 1
    assert "its crop would overwrite" in result.err
    assert rocket.with_name("mine1.jpg").read_bytes() == content


def test_a_file_that_is_there_is_replaced_only_if_asked(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    arguments = ("crop", rocket, "-r", "1:1", "-o", tmp_path / "out")
    written = tmp_path / "out" / "rocket_1x1.jpg"
    assert cli(*arguments).code == 0
    written.write_text("mine")
    again = cli(*arguments)
    assert (again.code, again.out, written.read_text()) == (1, "", "mine")
    assert again.err == (
        f"marscrop: {rocket}: {written} is there already; --overwrite replaces it, "
        "--skip-existing leaves it\n"
    )
    skipped = cli(*arguments, "--skip-existing")
    assert (skipped.code, written.read_text()) == (0, "mine")
    assert skipped.out == f"{written}  left as it is\n"
    both = cli("crop", rocket, "-r", "1:1,4:5", "-o", tmp_path / "out", "--skip-existing")
    assert (both.code, written.read_text()) == (0, "mine")
    assert (tmp_path / "out" / "rocket_4x5.jpg").is_file()
    assert cli(*arguments, "--skip-existing", "--overwrite").code == 2
    assert cli(*arguments, "--overwrite").code == 0
    with Image.open(written) as image:
        assert image.format == "JPEG"


def test_one_file_that_is_there_is_not_replaced_either(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.png"
    mine.write_text("mine")
    assert cli("crop", rocket, "-r", "1:1", "-o", mine).code == 1
    assert cli("crop", rocket, "-r", "1:1", "-o", mine, "--skip-existing").code == 0
    assert mine.read_text() == "mine"


def test_broken_model_is_one_line(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    result = cli("crop", rocket, "-r", "1:1", "--model", tmp_path)
    assert result.code == 1
    assert result.err == f"marscrop: {tmp_path}: no model here (manifest.json cannot be read)\n"


def test_rotated_photo_is_cropped_upright(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    sideways = tmp_path / "sideways.jpg"
    with Image.open(rocket) as image:
        exif = Image.Exif()
        exif[0x0112] = 8
        image.transpose(Image.Transpose.ROTATE_270).save(sideways, exif=exif, quality=95)
    result = cli("crop", sideways, "-r", "1:2", "--json", "-o", tmp_path / "out")
    table = json.loads(result.out)
    assert (table["width"], table["height"]) == (640, 427)
    with Image.open(tmp_path / "out" / "sideways_1x2.jpg") as written:
        assert written.height == pytest.approx(2 * written.width, abs=1)
        assert written.getexif().get(0x0112, 1) == 1


def test_version(cli: Cli) -> None:
    from marscrop import __version__

    assert cli("--version") == Result(0, f"marscrop {__version__}\n", "")


def test_limits_of_one_photo_can_be_set(cli: Cli, rocket: Path) -> None:
    few = cli("crop", rocket, "-r", "1:1", "--json", "--max-pixels", 1000)
    assert few.code == 1
    assert "has 273,280 pixels (640 x 427), more than the limit of 1,000" in few.err
    assert cli("crop", rocket, "-r", "1:1", "--json", "--max-pixels", 300_000).code == 0
    assert cli("crop", rocket, "-r", "1:1", "--max-pixels", 0).code == 2


def test_the_memory_of_one_photo_can_be_limited(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("RGB", (1000, 500)).save(path)
    tight = cli("crop", path, "-r", "1:1", "--json", "--max-decoded-mib", 1)
    assert tight.code == 1
    assert "needs about 2 MiB to be decoded (PNG, 1000 x 500)" in tight.err
    assert "more than the limit of 1 MiB" in tight.err
    assert cli("crop", path, "-r", "1:1", "--json", "--max-decoded-mib", 2).code == 0


def test_a_pattern_that_matched_nothing_is_wrong_usage(cli: Cli, tmp_path: Path) -> None:
    result = cli("crop", tmp_path / "*.jgp", "-r", "1:1", "-o", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert f"{tmp_path}/*.jgp: no such file; a pattern is for the shell" in result.err
    assert not list(tmp_path.iterdir())


def test_a_photo_may_be_called_like_a_pattern(cli: Cli, rocket: Path, tmp_path: Path) -> None:
    photo = tmp_path / "[x]?.jpg"
    photo.write_bytes(rocket.read_bytes())
    assert cli("crop", photo, "-r", "1:1").code == 0
    assert (tmp_path / "[x]?_1x1.jpg").exists()


def test_one_frame_of_an_animation_is_a_still(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "anim.gif"
    first, second = (Image.new("L", (60, 40), shade) for shade in (30, 200))
    first.save(path, save_all=True, append_images=[second])
    out = tmp_path / "still.png"
    assert cli("crop", path, "-r", "1:1", "--frame", 1, "-o", out).code == 0
    with Image.open(out) as still:
        assert still.convert("L").getextrema() == (200, 200)
    missing = cli("crop", path, "-r", "1:1", "--frame", 2, "-o", out)
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == f"marscrop: {path}: has 2 frames, 0 to 1; --frame is 2\n"
    assert cli("crop", path, "-r", "1:1", "--frame", -1).code == 2


def test_a_photo_without_its_end_is_read_and_a_cut_one_filled_if_asked(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    content = rocket.read_bytes()
    whole, cut = tmp_path / "whole.jpg", tmp_path / "cut.jpg"
    whole.write_bytes(content[:-2])
    cut.write_bytes(content[: len(content) // 2])
    out = tmp_path / "out"
    out.mkdir()
    done = cli("crop", whole, "-r", "1:1", "-o", out)
    assert (done.code, done.err) == (0, "")
    refused = cli("crop", cut, "-r", "1:1", "-o", out)
    assert refused.code == 1
    assert refused.err.endswith("use --lenient\n")
    filled = cli("crop", cut, "-r", "1:1", "-o", out, "--lenient")
    assert filled.code == 0
    assert "the file ends early: the rest of the picture is grey" in filled.err


def test_camera_raw_is_one_line_or_its_preview(cli: Cli, tmp_path: Path) -> None:
    jpeg = io.BytesIO()
    Image.new("RGB", (1200, 800), "red").save(jpeg, "JPEG")
    path, out = tmp_path / "photo.nef", tmp_path / "out.jpg"
    path.write_bytes(with_preview(Size(1200, 800), "NIKON", jpeg.getvalue()))
    done = cli("crop", path, "-r", "1:1", "-o", out, "--raw", "preview")
    assert (done.code, done.err) == (0, "")
    with Image.open(out) as crop:
        assert min(crop.size) > 160
    assert cli("crop", path, "-r", "1:1", "-o", out, "--raw", "jpeg").code == 2


def test_borders_are_left_out_unless_they_are_to_be_kept(
    cli: Cli, rocket: Path, tmp_path: Path
) -> None:
    with Image.open(rocket) as image:
        frame = Image.new("RGB", (image.width, image.height + 120), "black")
        frame.paste(image, (0, 60))
    frame.save(tmp_path / "film.png")
    boxes = []
    for flags in ([], ["--keep-borders"]):
        result = cli("crop", tmp_path / "film.png", "-r", "4:5", "--json", *flags)
        assert (result.code, result.err) == (0, "")
        boxes.append(json.loads(result.out)["crops"][0]["box"])
    (_, top, _, bottom), (_, kept_top, _, kept_bottom) = boxes
    assert top >= 60
    assert bottom <= 60 + 427
    assert kept_top < 60
    assert kept_bottom > 60 + 427
