"""A full disk: nothing half-written, nothing lost, and a run that says so and goes on later."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.conftest import Cli, Library
from tests.faults.disk import (
    Operations,
    disk_full,
    fill,
    make_read_only,
    read_only,
    small_disk,
    visible_files,
    watched,
)
from tests.faults.runs import RATIOS, batch

from marscrop.batch.job import Job
from marscrop.batch.journal import Journal, read_journal
from marscrop.batch.plan import make_plan, plan_tasks
from marscrop.batch.records import PhotoRecord
from marscrop.batch.store import STATE, Store
from marscrop.errors import StorageError


@pytest.fixture
def undisturbed(photos: Path, tmp_path: Path) -> dict[str, bytes]:
    """What a batch over `photos` writes where nothing fails."""
    batch(photos, tmp_path / "undisturbed")
    return visible_files(tmp_path / "undisturbed")


def images_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.jpg"))


@pytest.mark.parametrize("leave", [0, 6_000, 20_000])
def test_crop_names_what_it_could_not_write(
    cli: Cli, photos: Path, tmp_path: Path, leave: int
) -> None:
    whole = tmp_path / "whole"
    cli("crop", *images_of(photos), "-r", "16:9", "-r", "1:1", "-o", whole)
    with small_disk(tmp_path / "disk", "200k") as disk:
        fill(disk, leave)
        result = cli("crop", *images_of(photos), "-r", "16:9", "-r", "1:1", "-o", disk)
        written = visible_files(disk)
        assert result.code == 1
        assert result.err.count("cannot be written: No space left on device\n") >= 1
        assert written.items() <= visible_files(whole).items()  # each is whole
        assert [path for path in disk.iterdir() if path.suffix == ".tmp"] == []
        named = {line.split("  ")[0] for line in result.out.splitlines()}
        assert named == {str(disk / name) for name in written}


def test_crop_fails_at_any_operation_and_leaves_no_half(
    cli: Cli, photos: Path, tmp_path: Path
) -> None:
    image, target = images_of(photos)[0], tmp_path / "out"
    counter = Operations(target, None, disk_full)
    with watched(counter):
        assert cli("crop", image, "-r", "16:9", "-r", "1:1", "-o", target).code == 0
    whole = visible_files(target)
    assert counter.count >= 5
    for moment in range(1, counter.count + 1):
        other = tmp_path / f"out{moment}"
        with watched(Operations(other, moment, disk_full)):
            result = cli("crop", image, "-r", "16:9", "-r", "1:1", "-o", other)
        assert result.code in (1, 2)
        assert "No space left on device" in result.err
        assert len(result.err.splitlines()) == 1
        written = visible_files(other) if other.exists() else {}
        assert {n: c for n, c in written.items() if not n.endswith(".tmp")}.items() <= whole.items()


@pytest.mark.parametrize("leave", [0, 12_000, 30_000, 45_000])
def test_batch_stops_and_goes_on_once_there_is_room(
    photos: Path, tmp_path: Path, undisturbed: dict[str, bytes], leave: int
) -> None:
    with small_disk(tmp_path / "disk", "400k") as disk:
        fill(disk, leave)
        with pytest.raises(StorageError, match="cannot be written: No space left on device"):
            batch(photos, disk / "out")
        if (disk / "out").exists():
            assert visible_files(disk / "out").items() <= undisturbed.items()
        (disk / ".filler").unlink()
        assert batch(photos, disk / "out").finished
        assert visible_files(disk / "out") == undisturbed


@pytest.mark.parametrize("error", [disk_full, read_only])
def test_batch_fails_at_any_operation_and_goes_on(
    photos: Path, tmp_path: Path, undisturbed: dict[str, bytes], error: type[OSError]
) -> None:
    counter = Operations(tmp_path / "counted", None, error)
    with watched(counter):
        batch(photos, tmp_path / "counted", workers=1)
    assert counter.count > 30
    for moment in range(1, counter.count + 1, 11):
        target = tmp_path / f"out{moment}"
        with watched(Operations(target, moment, error)), pytest.raises(StorageError):
            batch(photos, target, workers=1)
        if target.exists():
            assert visible_files(target).items() <= undisturbed.items()
        assert batch(photos, target).finished
        assert visible_files(target) == undisturbed


def test_a_hiccup_of_one_file_is_that_photo_s(
    photos: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    """Not every error is the disk's: the rest is done, and the next run mends it."""
    target = tmp_path / "out"
    (target / "1").mkdir(parents=True)
    in_the_way = target / "1" / "photo001_1x1.jpg"
    in_the_way.mkdir()
    outcome = batch(photos, target)
    (failure,) = outcome.failures
    assert failure.error == "1/photo001_1x1.jpg: cannot be written: Is a directory"
    in_the_way.rmdir()
    assert batch(photos, target).finished
    assert visible_files(target) == undisturbed


def test_a_stopped_batch_says_how_to_go_on(cli: Cli, photos: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "100k") as disk:
        fill(disk, 20_000)
        result = cli("batch", photos, "-r", "1:1", "-r", "16:9", "-o", disk)
    assert result.code == 1
    assert result.err.splitlines()[-1] == (
        f"marscrop: stopped: {disk}: cannot be written: No space left on device. "
        f"What is done stays done: run it again once that is mended"
    )


def test_batch_does_not_go_through_all_photos_on_a_full_disk(
    library: Library, tmp_path: Path
) -> None:
    asked: list[str] = []

    def told(kind: str, path: str) -> None:
        if path.startswith(str(tmp_path / "library")) and kind == "open":
            asked.append(path)
        Operations(tmp_path / "out" / STATE / "tmp", 1, disk_full)(kind, path)

    folder = library(30)
    Store(str(tmp_path / "out")).prepare()
    with watched(told), pytest.raises(StorageError):
        batch(folder, tmp_path / "out")
    assert 0 < len(set(asked)) < 6


def test_a_line_that_the_disk_took_half_of_is_taken_back(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="no limits on Windows")
    store = Store(str(tmp_path / "out"))
    store.prepare()
    done = [PhotoRecord(f"/photos/{n}.jpg", "key", 10, 10) for n in range(20)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / "out" / STATE / "journal.jsonl"
    with Journal(store) as journal:
        journal.append(done[0])
        length = path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (length + length // 2, limits[1]))
        try:
            with pytest.raises(StorageError, match="File too large"):
                journal.append(done[1])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.stat().st_size == length
        journal.append(done[2])
    assert sorted(read_journal(store)) == ["/photos/0.jpg", "/photos/2.jpg"]


def test_a_full_disk_tears_no_line_of_the_journal(library: Library, tmp_path: Path) -> None:
    folder = library(16)
    with small_disk(tmp_path / "disk", "100k") as disk:
        batch(folder, disk / "out", write_crops=False)
        (disk / "out" / STATE / "journal.jsonl").unlink()
        fill(disk, 4096)  # a page, where the journal needs two
        with pytest.raises(StorageError):
            batch(folder, disk / "out", write_crops=False)
        journal = (disk / "out" / STATE / "journal.jsonl").read_bytes()
        assert journal.endswith(b"\n")
        assert 0 < journal.count(b"\n") < 16  # as many as their lengths allow
        (disk / ".filler").unlink()
        job = Job(str(disk / "out"), write_crops=False)
        plan = make_plan(plan_tasks([str(folder)], RATIOS, job), job)
        assert len(plan.done) == journal.count(b"\n")


@pytest.mark.parametrize("command", ["crop", "batch"])
def test_a_read_only_disk_is_named(cli: Cli, photos: Path, tmp_path: Path, command: str) -> None:
    with small_disk(tmp_path / "disk", "100k") as disk:
        make_read_only(disk)
        for target in (disk, disk / "new"):
            result = cli(command, images_of(photos)[0], "-r", "1:1", "-o", target)
            assert result.code in (1, 2)
            assert str(target) in result.err
            assert "Read-only file system" in result.err
            assert len(result.err.splitlines()) == 1
            assert list(disk.iterdir()) == []


def test_a_read_only_disk_halfway_stops_the_batch(
    photos: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    with small_disk(tmp_path / "disk", "400k") as disk:
        batch(photos / "0", disk / "out")
        make_read_only(disk)
        with pytest.raises(StorageError, match="Read-only file system"):
            batch(photos, disk / "out")


def test_full_stdout_is_one_line_on_stderr(examples: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    import subprocess
    import sys

    with full.open("w") as out:
        done = subprocess.run(
            [sys.executable, "-m", "marscrop", "crop", examples / "cat.jpg", "-r", "1:1", "--json"],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "marscrop: cannot go on: No space left on device\n"
