"""A photo that changes under our hands: between its header, its look and its cut, or while read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.faults.conftest import Cli
from tests.faults.runs import batch, marscrop

from marscrop import Crop, Cropper
from marscrop.errors import ImageError
from marscrop.geometry import Size
from marscrop.imaging.photo import Photo, open_photo

SIZE = Size(64, 48)
Change = Callable[[Path], object]


@pytest.fixture
def path(examples: Path, tmp_path: Path) -> Path:
    path = Path(shutil.copy(examples / "rocket.jpg", tmp_path / "photo.jpg"))
    os.utime(path, (1e9, 1e9))  # else a change at once might bear the same time
    return path


def other_picture(path: Path) -> None:
    """Of the same size in pixels, written into the same file."""
    with Image.open(path) as image:
        flipped = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    flipped.save(path, quality=90)


def as_long_as_before(path: Path) -> None:
    """A few other bytes, in place."""
    with path.open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        file.write(b"other")


def same_bytes_elsewhere(path: Path) -> None:
    """Another file of the same length takes its place."""
    other = path.with_name("other.jpg")
    shutil.copyfile(path, other)
    os.utime(other, ns=(1, path.stat().st_mtime_ns))
    other.replace(path)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: list[Any] = [
    (other_picture, "has changed since it was opened"),
    (as_long_as_before, "has changed since it was opened"),
    (same_bytes_elsewhere, "has changed since it was opened"),
    (truncated, "has changed since it was opened"),
    (grown, "has changed since it was opened"),
    pytest.param(
        pipe,
        "has changed since it was opened",
        marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here"),
    ),
    (Path.unlink, "no such file"),
    (folder, "has changed since it was opened|is a folder"),
]
READS: list[Callable[[Photo], object]] = [
    lambda photo: photo.analysis_rgb(SIZE),
    lambda photo: photo.upright(),
    lambda photo: photo.file_bytes(),
    lambda photo: photo.metadata(),
]


@pytest.mark.parametrize("read", READS, ids=["look", "cut", "bytes", "metadata"])
@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_between_header_and_pixels(
    path: Path, change: Change, message: str, read: Callable[[Photo], object]
) -> None:
    photo = open_photo(path)
    change(path)
    with pytest.raises(ImageError, match=rf"photo\.jpg: ({message})"):
        read(photo)


@pytest.mark.parametrize("change", [other_picture, as_long_as_before, truncated, grown])
def test_while_it_is_decoded(path: Path, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    from marscrop.imaging import colour

    photo = open_photo(path)
    plain = colour.to_rgb

    def during(image: Image.Image, ground: int) -> Image.Image:
        change(path)
        return plain(image, ground)

    monkeypatch.setattr(colour, "to_rgb", during)
    with pytest.raises(ImageError, match=r"photo\.jpg: has changed since it was opened$"):
        photo.analysis_rgb(SIZE)


def test_a_photo_that_stays_can_be_read_again_and_again(path: Path) -> None:
    photo = open_photo(path)
    for read in READS * 2:
        read(photo)
    os.utime(path, ns=(5, path.stat().st_mtime_ns))  # that it was read is no change
    photo.upright()


def test_no_crop_is_cut_from_another_picture(
    cli: Cli, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The box was found in the old one."""
    found = Cropper.crop_analysed

    def then_changed(*arguments: Any) -> list[Crop]:
        crops = found(*arguments)
        other_picture(path)
        return crops

    monkeypatch.setattr(Cropper, "crop_analysed", then_changed)
    result = cli("crop", path, "-r", "1:1", "-o", tmp_path / "out")
    assert result.code == 1
    assert result.err == f"marscrop: {path}: has changed since it was opened\n"
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_batch_waits_for_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe.jpg")
    outcome = batch(tmp_path / "in" / "pipe.jpg", tmp_path / "out")
    assert [r.error for r in outcome.failures] == ["is no regular file, expected an image file"]


def test_batch_does_a_photo_again_that_changed_after_the_plan(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the plan saw is what counts: the next run sees that the photo is another."""
    from marscrop.batch import rendering, worker

    read, victim = rendering.read_source, next(photos.rglob("*.jpg"))

    def late(source: str) -> bytes:
        if source == str(victim) and not victim.with_suffix(".done").exists():
            victim.with_suffix(".done").touch()
            other_picture(victim)
        return read(source)

    monkeypatch.setattr(worker, "read_source", late)
    batch(photos, tmp_path / "out")
    seen: list[str] = []

    def noted(source: str) -> bytes:
        seen.append(source)
        return read(source)

    monkeypatch.setattr(worker, "read_source", noted)
    batch(photos, tmp_path / "out")
    assert seen == [str(victim)]


def test_batch_takes_no_photo_that_is_being_written(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marscrop import files

    check, victim = files._check_unchanged, next(photos.rglob("*.jpg"))
    checks: list[str] = []

    def between(file: object, identity: files.Identity) -> None:
        checks.append(file.name)  # type: ignore[attr-defined]
        if checks.count(str(victim)) == 2:
            grown(victim)
        check(file, identity)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "_check_unchanged", between)
    (failure,) = batch(photos, tmp_path / "out").failures
    assert (failure.source, failure.error) == (str(victim), "has changed since it was opened")
    assert batch(photos, tmp_path / "out").failures == []


def test_crop_goes_on_without_the_photo_that_vanished(examples: Path, tmp_path: Path) -> None:
    done = marscrop(
        "crop", tmp_path / "gone.jpg", examples / "cat.jpg", "-r", "1:1", "-o", tmp_path / "out"
    )
    assert done.returncode == 1
    assert done.stderr == f"marscrop: {tmp_path}/gone.jpg: no such file\n"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["cat_1x1.jpg"]
