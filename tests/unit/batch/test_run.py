"""Runs over a library: what is written, what is not done twice, what makes work void."""

from __future__ import annotations

import errno
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from PIL import Image
from tests.unit.batch.conftest import Library

from marscrop import AspectRatio, Cropper
from marscrop.batch import lock
from marscrop.batch.job import Job
from marscrop.batch.lock import locked
from marscrop.batch.records import PhotoRecord
from marscrop.batch.run import RunResult, run
from marscrop.batch.store import STATE, Store
from marscrop.errors import MissingExtraError, OptionError
from marscrop.imaging.read_options import ReadOptions
from marscrop.imaging.write_options import WriteOptions
from marscrop.memory_budget import MemoryBudget
from marscrop.options import CropOptions

RATIOS = [AspectRatio.parse("16:9"), AspectRatio.parse("1:1")]


class Seen:
    """A watcher that remembers which photos were done in this run."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def begin(self, total: int, done: int) -> None:
        self.total, self.before = total, done

    def photo(self, record: PhotoRecord) -> None:
        self.names.append(Path(record.source).name)


def go(source: Path, target: Path, **changes: Any) -> tuple[RunResult, list[str]]:
    """A run, and the photos that it did."""
    seen = Seen()
    ratios = changes.pop("ratios", RATIOS)
    stopped = changes.pop("stopped", lambda: False)
    job = replace(Job(str(target)), **changes)
    result = run([str(source)], ratios, job, workers=2, watcher=seen, stopped=stopped)
    return result, sorted(seen.names)


def rows(target: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (target / "manifest.jsonl").read_text().splitlines()]


def manifests(target: Path) -> tuple[bytes, bytes]:
    names = ("manifest.jsonl", "manifest.parquet")
    first, second = ((target / name).read_bytes() for name in names)
    return first, second


def test_boxes_are_the_library_s_and_files_lie_as_the_photos_do(
    library: Library, tmp_path: Path
) -> None:
    folder, target = library(4), tmp_path / "out"
    go(folder, target)
    table = rows(target)
    assert len(table) == 8
    cropper = Cropper(threads=1)
    for row in table:
        (crop,) = cropper.crop(row["source"], row["ratio"])
        assert row["box"] == list(crop.box)
        assert row["confidence"] == round(crop.confidence, 4)
        with Image.open(target / row["output"]) as image:
            assert image.size == crop.size
    assert "0/photo000_16x9.jpg" in {row["output"] for row in table}


def test_parquet_and_json_lines_say_the_same(library: Library, tmp_path: Path) -> None:
    folder, target = library(3), tmp_path / "out"
    (folder / "broken.jpg").write_text("no picture")
    go(folder, target)
    assert pyarrow.parquet.read_table(target / "manifest.parquet").to_pylist() == rows(target)


def test_second_run_does_nothing_and_changes_nothing(library: Library, tmp_path: Path) -> None:
    folder, target = library(3), tmp_path / "out"
    _, first = go(folder, target)
    before = manifests(target)
    _, second = go(folder, target)
    assert (len(first), second) == (3, [])
    assert manifests(target) == before


def test_stopped_run_goes_on_where_it_was(library: Library, tmp_path: Path) -> None:
    folder, target = library(6), tmp_path / "out"
    result, first = go(folder, target, stopped=lambda: True)
    assert not result.finished
    assert 0 < len(first) < 6
    assert not (target / "manifest.jsonl").exists()
    result, second = go(folder, target)
    assert result.finished
    assert sorted(first + second) == sorted(path.name for path in folder.rglob("*.jpg"))
    go(folder, tmp_path / "undisturbed")
    assert manifests(target) == manifests(tmp_path / "undisturbed")


def test_torn_line_is_cut_off_and_its_photo_done_again(library: Library, tmp_path: Path) -> None:
    folder, target = library(3), tmp_path / "out"
    go(folder, target)
    before = manifests(target)
    journal = target / STATE / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    _, again = go(folder, target)
    assert len(again) == 1
    assert all(json.loads(line) for line in journal.read_text().splitlines())
    assert manifests(target) == before


def test_changed_photo_is_done_again(library: Library, tmp_path: Path) -> None:
    folder, target = library(3), tmp_path / "out"
    go(folder, target)
    photo = folder / "1" / "photo001.jpg"
    with Image.open(photo) as image:
        image.convert("RGB").resize((90, 120)).save(photo)
    _, again = go(folder, target)
    assert again == ["photo001.jpg"]
    assert {r["width"] for r in rows(target) if r["source"] == str(photo)} == {90}


def test_touched_photo_is_done_again(library: Library, tmp_path: Path) -> None:
    folder, target = library(2), tmp_path / "out"
    go(folder, target)
    os.utime(folder / "0" / "photo000.jpg", (1, 1))
    assert go(folder, target)[1] == ["photo000.jpg"]


@pytest.mark.parametrize(
    "changes",
    [
        {"ratios": RATIOS[:1]},
        {"options": CropOptions.parse(min_size=1)},
        {"suffix": ".webp"},
        {"read": ReadOptions(frame=0)},
        {"write": WriteOptions(quality=50)},
        {"write_crops": False},
        {"sidecar": True},
    ],
)
def test_other_options_do_all_again(
    library: Library, tmp_path: Path, changes: dict[str, Any]
) -> None:
    folder, target = library(2), tmp_path / "out"
    go(folder, target)
    assert len(go(folder, target, **changes)[1]) == 2


def test_work_that_other_options_overwrote_is_done_again(library: Library, tmp_path: Path) -> None:
    folder, target = library(2), tmp_path / "out"
    go(folder, target)
    before = (target / "0" / "photo000_1x1.jpg").read_bytes()
    go(folder, target, write=WriteOptions(quality=20))
    assert (target / "0" / "photo000_1x1.jpg").read_bytes() != before
    assert len(go(folder, target)[1]) == 2
    assert (target / "0" / "photo000_1x1.jpg").read_bytes() == before


def test_removed_or_damaged_crop_is_made_again(library: Library, tmp_path: Path) -> None:
    folder, target = library(3), tmp_path / "out"
    go(folder, target)
    (target / "0" / "photo000_1x1.jpg").unlink()
    (target / "1" / "photo001_1x1.jpg").write_bytes(b"short")
    assert go(folder, target)[1] == ["photo000.jpg", "photo001.jpg"]


def test_failures_are_rows_and_tried_again(library: Library, tmp_path: Path) -> None:
    folder, target = library(2), tmp_path / "out"
    broken = folder / "broken.jpg"
    broken.write_bytes((folder / "0" / "photo000.jpg").read_bytes()[:900])
    result, _ = go(folder, target)
    assert [record.source for record in result.failures] == [str(broken)]
    (row,) = (row for row in rows(target) if row["error"])
    assert (row["source"], row["box"]) == (str(broken), None)
    assert "truncated or corrupt" in row["error"]
    assert go(folder, target)[1] == ["broken.jpg"]


def test_boxes_only_writes_no_pictures(library: Library, tmp_path: Path) -> None:
    folder, target = library(2), tmp_path / "out"
    go(folder, target, write_crops=False)
    assert sorted(path.name for path in target.iterdir()) == [
        STATE,
        "manifest.jsonl",
        "manifest.parquet",
    ]
    assert all(row["box"] and row["output"] is None for row in rows(target))


def test_second_run_at_one_target_is_refused(library: Library, tmp_path: Path) -> None:
    folder, target = library(1), tmp_path / "out"
    with (
        locked(Store(str(target))),
        pytest.raises(OptionError, match="another marscrop batch or review is at work there"),
    ):
        go(folder, target)
    assert go(folder, target)[0].finished


def test_both_kinds_of_lock_keep_each_other_out(tmp_path: Path) -> None:
    """Windows has one of them alone, and so had earlier versions."""
    store = Store(str(tmp_path / "out"))
    with locked(store):
        path = next(tmp_path.rglob("lock"))
        assert lock._hold_by_filelock(path) is None
    release = lock._hold_by_filelock(path)
    assert release is not None
    with pytest.raises(OptionError, match="another marscrop"), locked(store):
        pass
    release()
    with locked(store):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="which has no such locks")
def test_a_filesystem_without_locks_is_left_to_filelock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", lacking)
    monkeypatch.setattr(lock, "_hold_by_filelock", lambda path: None)
    with pytest.raises(OptionError, match="another marscrop"), locked(Store(str(tmp_path / "o"))):
        pass


def test_what_a_killed_run_was_writing_is_removed(library: Library, tmp_path: Path) -> None:
    folder, target = library(1), tmp_path / "out"
    leftover = target / STATE / "tmp" / "half"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half a picture")
    go(folder, target)
    assert not leftover.exists()


def test_object_store_gives_the_same_manifest_rows(library: Library, tmp_path: Path) -> None:
    import fsspec

    folder = library(3)
    memory = fsspec.filesystem("memory")
    memory.put(str(folder), "/bucket/in", recursive=True)
    try:
        seen = Seen()
        job = Job("memory://bucket/out")
        run(["memory://bucket/in"], RATIOS, job, workers=2, watcher=seen)
        assert len(seen.names) == 3
        lines = memory.cat_file("/bucket/out/manifest.jsonl").decode().splitlines()
        go(folder, tmp_path / "out")
        for remote, local in zip(map(json.loads, lines), rows(tmp_path / "out"), strict=True):
            assert remote.pop("source").startswith("memory://")
            del local["source"]
            assert remote == local
            assert memory.exists(f"/bucket/out/{remote['output']}")
        again = Seen()
        run(["memory://bucket/in"], RATIOS, job, workers=2, watcher=again)
        assert (again.before, again.names) == (3, [])
    finally:
        memory.rm("/bucket", recursive=True)


def test_photos_wait_for_memory_for_their_pixels(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    hold = MemoryBudget.hold

    def noted(memory: MemoryBudget, size: int) -> Any:
        asked.append(size)
        return hold(memory, size)

    monkeypatch.setattr(MemoryBudget, "hold", noted)
    source = library(1)
    go(source, tmp_path / "out", options=CropOptions(faces="ignore"))
    with Image.open(next(source.rglob("*.jpg"))) as photo:
        whole = 4 * photo.width * photo.height
    to_look_at, to_cut = asked
    assert whole <= to_look_at < 1.1 * whole  # small as it is; and a pointer for each row
    assert to_cut == whole
    asked.clear()
    go(source, tmp_path / "boxes", options=CropOptions(faces="ignore"), write_crops=False)
    assert asked == [to_look_at]


def test_what_is_installed_makes_no_photo_new(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = library(2)
    go(source, tmp_path / "out")
    monkeypatch.setattr("marscrop.faces.centerface.find_spec", lambda name: None)
    _, names = go(source, tmp_path / "out")
    assert names == []
    assert Job("out").fingerprint() != Job("out", CropOptions(faces="keep")).fingerprint()


def test_what_no_photo_can_have_ends_a_run_before_the_first(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = Cropper(threads=1)
    monkeypatch.setattr("marscrop.batch.worker.Cropper", lambda *_, **__: fresh)
    monkeypatch.setattr("marscrop.faces.centerface.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError):
        go(library(2), tmp_path / "out", options=CropOptions(faces="keep"))
    assert not (tmp_path / "out" / "manifest.jsonl").exists()
