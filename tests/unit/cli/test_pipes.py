"""`marscrop crop -`: a photo from stdin, a crop to stdout, as a shell joins them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from marscrop import Cropper


def run(*arguments: object, photo: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "marscrop", "crop", *map(str, arguments)]
    return subprocess.run(command, input=photo, capture_output=True, check=False)


@pytest.fixture
def cat(examples: Path) -> bytes:
    return (examples / "cat.jpg").read_bytes()


def test_a_crop_goes_through_a_pipe(cat: bytes) -> None:
    done = run("-", "-r", "16:9", "-o", "-", photo=cat)
    (crop,) = Cropper().crop(cat, "16:9")
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert (done.returncode, image.format, image.size) == (0, "JPEG", crop.box.size)
    assert done.stderr.startswith(b"<stdout>  ")


def test_the_picture_alone_is_on_stdout_whatever_is_said(cat: bytes) -> None:
    done = run("-", "-r", "1200x630", "-o", "-", "--format", "png", photo=cat)
    with Image.open(io.BytesIO(done.stdout)) as image:
        image.load()
        assert image.format == "PNG"
    assert b"<stdin>: warning: the 1200x630 crop stays " in done.stderr
    quiet = run("-", "-r", "1200x630", "-o", "-", "--format", "png", "--quiet", photo=cat)
    assert (quiet.stdout, quiet.stderr) == (done.stdout, b"")


def test_a_file_goes_to_stdout_though_its_crop_is_there(examples: Path, tmp_path: Path) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes((examples / "cat.jpg").read_bytes())
    (tmp_path / "cat_1x1.jpg").write_text("mine")
    done = run(photo, "-r", "1:1", "-o", "-", "-q")
    assert (done.returncode, done.stdout[:3]) == (0, b"\xff\xd8\xff")
    assert (tmp_path / "cat_1x1.jpg").read_text() == "mine"


def test_a_photo_from_stdin_is_written_to_a_folder_or_a_file(cat: bytes, tmp_path: Path) -> None:
    assert run("-", "-r", "1:1,4:5", "-o", tmp_path / "out", photo=cat).returncode == 0
    assert run("-", "-r", "1:1", "-o", tmp_path / "out/one.webp", photo=cat).returncode == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("one.webp", "stdin_1x1.jpg", "stdin_4x5.jpg")
    ]


def test_boxes_of_a_photo_from_stdin(cat: bytes) -> None:
    done = run("-", "-r", "1:1", "--json", photo=cat)
    assert json.loads(done.stdout)["image"] == "<stdin>"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-", "-r", "1:1"), "has no folder to write into; say -o -"),
        (("-", "-", "-r", "1:1", "-o", "-"), "got it twice"),
        (("-", "-r", "1:1,4:5", "-o", "-"), "-o - is one picture, but there are 2 crops"),
        (("-", "-r", "1:1", "-o", "-", "--json"), "cannot both go to stdout"),
        (("-", "-r", "1:1", "-o", "-", "--name", "{stem}"), "--name is for files"),
    ],
)
def test_what_cannot_go_through_a_pipe_is_one_line(
    cat: bytes, arguments: tuple[str, ...], words: str
) -> None:
    done = run(*arguments, photo=cat)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert words in done.stderr.decode()


@pytest.mark.parametrize("photo", [b"", b"no photo"])
def test_no_photo_on_stdin_is_one_line(photo: bytes) -> None:
    done = run("-", "-r", "1:1", "-o", "-", photo=photo)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    assert done.stderr.startswith(b"marscrop: <stdin>: is ")


def test_a_reader_that_leaves_is_one_line(tmp_path: Path) -> None:
    Image.effect_noise((2000, 1000), 80).save(tmp_path / "noise.png")
    command = f"{sys.executable} -m marscrop crop {tmp_path}/noise.png -r 1:1 -o - | head -c 9"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert len(done.stdout) == 9
    assert done.stderr.count(b"\n") == 1
    assert b"Traceback" not in done.stderr
