"""Names that the terminal cannot show: a command says them with escapes, and goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = ("caf\u00e9 \u2603.jpg", "\u732b.jpg", "\U0001f408.jpg", "plain.jpg")
"""Of which cp1252 has one in part, and ASCII the last."""

ENCODINGS = ["cp1252", "ascii", "ascii:surrogateescape"]


@pytest.fixture
def photos(tmp_path: Path, examples: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in NAMES:
        shutil.copyfile(examples / "rocket.jpg", folder / name)
        (folder / f"broken {name}").write_bytes(b"")
    return folder


def marscrop(encoding: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "marscrop", *arguments],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_crop_and_batch_do_all_photos(photos: Path, encoding: str) -> None:
    target = photos.parent / "crops"
    done = marscrop(encoding, "crop", *sorted(photos.iterdir()), "-r", "1:1", "-o", target)
    codec = encoding.partition(":")[0]
    assert done.returncode == 1
    assert len(done.stdout.decode(codec).splitlines()) == len(NAMES)
    errors = done.stderr.decode(codec).splitlines()
    assert len(errors) == len(NAMES)
    assert all(line.startswith("marscrop: ") for line in errors)
    assert len(list(target.iterdir())) == len(NAMES)

    batch = ("batch", photos, "-r", "1:1", "-o", photos.parent / "batch")
    for extra, code in (["--dry-run"], 0), ([], 1):
        done = marscrop(encoding, *batch, *extra)
        assert b"Traceback" not in done.stderr
        assert done.returncode == code
    rows = (photos.parent / "batch" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    found = {Path(json.loads(row)["source"]).name for row in rows}
    assert found == {*NAMES, *(f"broken {name}" for name in NAMES)}


@pytest.mark.parametrize(
    "arguments",
    [
        ("crop", "\u2603.jpg", "-r", "1:1"),
        ("crop", "\u2603.jpg", "-r", "\u2603"),
        ("batch", "\u2603", "-r", "1:1", "-o", "x"),
        ("bench", "\u2603.jpg"),
        ("\u2603",),
        ("serve", "--model", "\u2603"),
        ("doctor", "--\u2603"),
    ],
)
def test_what_goes_wrong_is_said(arguments: tuple[str, ...]) -> None:
    done = marscrop("ascii", *arguments)
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
    assert done.stderr.strip()


@pytest.mark.skipif(os.name == "nt", reason="names are characters there")
def test_bytes_of_a_name_come_out_as_they_went_in(photos: Path) -> None:
    name = os.fsdecode(os.fsencode(photos) + b"/\xff\xe9.jpg")
    try:
        shutil.copyfile(photos / "plain.jpg", name)
    except OSError:
        pytest.skip("the disk takes only names in UTF-8")
    done = marscrop("utf-8:surrogateescape", "crop", name, "-r", "1:1")
    assert done.returncode == 0
    assert b"/\xff\xe9_1x1.jpg" in done.stdout
    again = marscrop("utf-8:strict", "crop", name, "-r", "1:1", "--overwrite")
    assert again.returncode == 0
