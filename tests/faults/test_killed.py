"""The end comes at any moment: what is there is whole, and the next run ends as if undisturbed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.conftest import Cli
from tests.faults.disk import Killed, Operations, visible_files, watched
from tests.faults.runs import batch, marscrop

from marscrop.batch.store import PARTIAL_FILES, STATE

SHIM = str(Path(__file__).parent / "shim")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="other signals on Windows")


def shimmed(signal_name: str, operation: int, folder: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [SHIM, os.environ.get("PYTHONPATH")]))
    return {"PYTHONPATH": path, "MARSCROP_FAULT": f"{signal_name} {operation} {folder}"}


@pytest.fixture
def undisturbed(photos: Path, tmp_path: Path) -> dict[str, bytes]:
    """What a batch over `photos` writes where nothing fails."""
    batch(photos, tmp_path / "undisturbed")
    return visible_files(tmp_path / "undisturbed")


def test_batch_killed_at_any_operation(
    photos: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    """From the n-th operation on nothing reaches the disk, not even what clears up."""
    counter = Operations(tmp_path / "counted", None, Killed)
    with watched(counter):
        batch(photos, tmp_path / "counted", workers=1)
    for moment in range(2, counter.count + 1, 9):
        target = tmp_path / f"out{moment}"
        with watched(Operations(target, moment, Killed)), pytest.raises(Killed):
            batch(photos, target, workers=1)
        if target.exists():
            assert visible_files(target).items() <= undisturbed.items()
        assert batch(photos, target).finished
        assert visible_files(target) == undisturbed
        assert list((target / PARTIAL_FILES).iterdir()) == []
        shutil.rmtree(target)


def test_batch_killed_again_and_again(
    photos: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    """Each run a little further than the one before: it comes to an end nevertheless.

    Not at each operation: a photo that two kills find begun is left out, as it may be why.
    """
    target, runs = tmp_path / "out", 0
    while runs < 40:
        runs += 1
        try:
            with watched(Operations(target, 16, Killed)):
                batch(photos, target, workers=1)
            break
        except Killed:
            pass
    assert 3 < runs < 40
    assert visible_files(target) == undisturbed


@pytest.mark.usefixtures("sigint_is_heard")
@pytest.mark.parametrize(
    ("name", "operation"),
    [("SIGKILL", 9), ("SIGKILL", 26), ("SIGTERM", 7), ("SIGTERM", 23), ("SIGINT", 12)],
)
def test_batch_and_signals(
    photos: Path, tmp_path: Path, undisturbed: dict[str, bytes], name: str, operation: int
) -> None:
    target = tmp_path / "out"
    arguments = ("batch", photos, "-r", "16:9", "-r", "1:1", "-o", target, "--workers", "2")
    ended = marscrop(*arguments, **shimmed(name, operation, target))
    if name == "SIGKILL":
        assert ended.returncode == -signal.SIGKILL
    else:
        # A signal that comes too late to stop anything lets the run end as it would have.
        assert ended.returncode in (0, 130)
        assert ("run it again to go on" in ended.stderr) == (ended.returncode == 130)
        assert "Traceback" not in ended.stderr
        assert list((target / PARTIAL_FILES).iterdir()) == []
    assert visible_files(target).items() <= undisturbed.items()
    assert batch(photos, target).finished
    assert visible_files(target) == undisturbed


@pytest.mark.usefixtures("sigint_is_heard")
@pytest.mark.parametrize(("name", "code", "operation"), [("SIGTERM", 143, 3), ("SIGINT", 130, 6)])
def test_crop_told_to_stop_while_it_writes(
    photos: Path, tmp_path: Path, name: str, code: int, operation: int
) -> None:
    target, images = tmp_path / "out", sorted(photos.rglob("*.jpg"))
    arguments = ("crop", *images, "-r", "16:9", "-r", "1:1", "--threads", "2", "-o")
    assert marscrop(*arguments, tmp_path / "whole").returncode == 0
    ended = marscrop(*arguments, target, **shimmed(name, operation, target))
    assert ended.returncode == code
    assert ended.stderr == f"marscrop: {'terminated' if name == 'SIGTERM' else 'interrupted'}\n"
    assert visible_files(target).items() <= visible_files(tmp_path / "whole").items()
    assert marscrop(*arguments, target, "--skip-existing").returncode == 0
    assert visible_files(target) == visible_files(tmp_path / "whole")


def test_target_that_vanishes_ends_the_batch(
    cli: Cli, photos: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    """As a disk that is unplugged: it must not be made anew on the disk below."""
    target = tmp_path / "out"
    gone = False

    def told(kind: str, path: str) -> None:
        nonlocal gone
        if not gone and kind == "os.rename" and path.startswith(str(target)):
            gone = True
            target.rename(tmp_path / "unplugged")

    with watched(told):
        result = cli("batch", photos, "-r", "16:9", "-r", "1:1", "-o", target, "--workers", "1")
    assert result.code == 1
    assert f"stopped: {target}: cannot be written: the folder has vanished" in result.err
    assert not (target / "manifest.jsonl").exists()
    shutil.rmtree(target, ignore_errors=True)
    (tmp_path / "unplugged").rename(target)
    assert batch(photos, target).finished
    assert visible_files(target) == undisturbed


def test_folder_that_vanishes_fails_the_crops_to_come(
    cli: Cli, photos: Path, tmp_path: Path
) -> None:
    target, images = tmp_path / "out", sorted(photos.rglob("*.jpg"))
    renames = 0

    def told(kind: str, path: str) -> None:
        nonlocal renames
        if kind == "os.rename" and path.startswith(str(target)):
            renames += 1
            if renames == 3:
                shutil.rmtree(target)

    with watched(told):
        result = cli("crop", *images, "-r", "1:1", "-o", target, "--threads", "1")
    assert result.code == 1
    assert len(result.out.splitlines()) == 2
    assert result.err.splitlines() == [
        f"marscrop: {target}/{image.stem}_1x1.jpg: the folder {target} does not exist"
        for image in images[2:]
    ]


DEADLY_WORKER = """
import os, signal, sys
from marscrop.batch import worker
read = worker.read_source
def deadly(source):
    if source.endswith("photo002.jpg"):
        os.kill(os.getpid(), signal.SIGKILL)  # as a decoder that crashes
    return read(source)
worker.read_source = deadly
from marscrop.cli.app import main
main()
"""


def test_a_photo_that_kills_the_process_cannot_kill_every_run(
    photos: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    target = tmp_path / "out"
    command: list[str | Path] = [
        sys.executable,
        "-c",
        DEADLY_WORKER,
        "batch",
        photos,
        "-r",
        "16:9",
        "-r",
        "1:1",
    ]
    command += ["-o", target, "--workers", "2"]
    runs = [subprocess.run(command, capture_output=True, text=True, check=False)]
    while runs[-1].returncode < 0 and len(runs) < 9:
        runs.append(subprocess.run(command, capture_output=True, text=True, check=False))
    assert [run.returncode for run in runs] == [-signal.SIGKILL] * 3 + [1]
    assert "photo002.jpg: skipped: the process was ended 2 times" in runs[-1].stderr
    assert "3 of 4 photos done, 1 failed" in runs[-1].stderr
    # Failures are tried again: here by a process in which the photo does no harm.
    assert batch(photos, target).failures == []
    assert visible_files(target) == undisturbed


def test_what_was_under_way_at_a_kill_is_done_last(photos: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    with watched(Operations(target / "0", 1, Killed)), pytest.raises(Killed):
        batch(photos, target, workers=1)
    marks = {mark.name: mark.read_bytes() for mark in (target / STATE / "begun").iterdir()}
    assert 0 < len(marks) < 4
    assert set(marks.values()) == {b"."}
    batch(photos, target)
    lines = (target / STATE / "journal.jsonl").read_text().splitlines()
    assert {json.loads(line)["key"] for line in lines[-len(marks) :]} == set(marks)
    assert list((target / STATE / "begun").iterdir()) == []
