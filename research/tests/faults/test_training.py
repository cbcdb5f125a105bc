"""Checkpoints, logs and exported models when the disk or the clock fails."""

from __future__ import annotations

import time
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import torch
from research.tests.support import ALONE, make_fcdb, tiny_config
from research.tests.unit.training.runs import differing_contents, log_of
from tests.faults.disk import Killed, Operations, disk_full, fill, small_disk, watched

from marscrop.cli import app
from marscrop.errors import StorageError
from marscrop.runtime.manifest import FILE, OPTIONAL_PARTS, PARTS
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.data.records import CropRecord
from marscrop_research.export import onnx_export as exporting
from marscrop_research.network.checkpoint import load_checkpoint, save_checkpoint
from marscrop_research.training.loop import train
from marscrop_research.training.run_folder import RunFolder

Records = list[CropRecord]
CONFIG = tiny_config(train={"epochs": 2, "checkpoint_every_steps": 1})


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    folder = tmp_path_factory.mktemp("fcdb")
    make_fcdb(folder)
    return load_fcdb(folder).crops()


@pytest.fixture(scope="module")
def undisturbed(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    train(CONFIG, records, folder, ALONE)
    return folder


def assert_as(undisturbed: Path, folder: Path) -> None:
    for name in ("last.pt", "best.pt"):
        assert differing_contents(folder / name, undisturbed / name) == []
    assert log_of(folder) == log_of(undisturbed)


@pytest.mark.parametrize("error", [disk_full, Killed])
def test_training_stopped_at_any_operation_goes_on(
    records: Records, undisturbed: Path, tmp_path: Path, error: Any
) -> None:
    counter = Operations(tmp_path / "counted", None, error)
    with watched(counter):
        train(CONFIG, records, tmp_path / "counted", ALONE)
    assert counter.count > 10
    for moment in range(2, counter.count + 1, max(1, counter.count // 5)):
        folder = tmp_path / f"run{moment}"
        with watched(Operations(folder, moment, error)), pytest.raises((OSError, Killed)):
            train(CONFIG, records, folder, ALONE)
        for path in folder.glob("*.pt"):
            load_checkpoint(path)  # whole
        train(CONFIG, records, folder, ALONE)
        assert_as(undisturbed, folder)


def test_checkpoint_on_a_full_disk_leaves_the_last_one_and_no_litter(tmp_path: Path) -> None:
    content = {"config": {}, "model": {"weight": torch.zeros(20_000)}}
    with small_disk(tmp_path / "disk", "300k") as disk:
        save_checkpoint(disk / "last.pt", {**content, "epoch": 1})
        fill(disk, 40_000)
        with pytest.raises(OSError, match="No space left on device") as caught:
            save_checkpoint(disk / "last.pt", {**content, "epoch": 2})
        assert caught.value.filename == str(disk / "last.pt")
        assert load_checkpoint(disk / "last.pt")["epoch"] == 1
        assert {path.name for path in disk.iterdir()} == {"last.pt", ".filler"}


def test_half_a_line_of_the_log_is_dropped(tmp_path: Path) -> None:
    def append_all(run: RunFolder) -> None:
        for step in range(2, 200):
            run.append_log({"step": step, "loss": 0.123456789})

    with small_disk(tmp_path / "disk", "64k") as disk:
        run = RunFolder(disk)
        run.append_log({"step": 1, "loss": 0.5})
        fill(disk)
        with pytest.raises(OSError, match="No space left on device"):
            append_all(run)
        (disk / ".filler").unlink()
        run.rewind_log(1000)
        steps = [line["step"] for line in log_of(disk)]
        assert steps == list(range(1, len(steps) + 1))


def test_a_command_on_a_full_disk_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def command() -> None:
        with small_disk(tmp_path / "disk", "64k") as disk:
            fill(disk)
            save_checkpoint(disk / "last.pt", {"config": {}, "model": {}, "x": torch.zeros(9000)})

    monkeypatch.setattr(app, "app", command)
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said == f"marscrop: {tmp_path}/disk/last.pt: No space left on device\n"


def test_a_clock_that_jumps_changes_no_weight(
    records: Records, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_time, jumps = time.time, cycle([86_400.0, -86_400.0, 0.0])
    monkeypatch.setattr(time, "time", lambda: true_time() + next(jumps))
    train(CONFIG, records, tmp_path, ALONE)
    assert_as(undisturbed, tmp_path)


def write_model(folder: Path, content: bytes, parts: tuple[str, ...] = PARTS) -> None:
    with exporting.model_folder(folder) as draft:
        for part in parts:
            (draft / f"{part}.onnx").write_bytes(content)
        (draft / FILE).write_bytes(content)


def model_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_export_on_a_full_disk_leaves_the_model_that_was_there(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "200k") as disk:
        write_model(disk / "model", b"old")
        before = model_of(disk / "model")
        with pytest.raises(StorageError, match=rf"{disk}/model: cannot be written: No space left"):
            write_model(disk / "model", bytes(80_000))
        assert model_of(disk / "model") == before
        assert len(list((disk / "model").iterdir())) == 4


def test_export_killed_before_it_is_whole_leaves_the_model_that_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_model(folder, b"old")
    with watched(Operations(folder, 5, Killed)), pytest.raises(Killed):
        write_model(folder, b"new")
    assert set(model_of(folder).values()) == {b"old"}


@pytest.mark.parametrize("optional", [(), OPTIONAL_PARTS])
def test_export_names_its_files_in_an_order_that_shows_a_kill(
    tmp_path: Path, optional: tuple[str, ...]
) -> None:
    """The manifest, which knows its parts, comes last: a mixture is refused, never used."""
    folder = tmp_path / "model"
    write_model(folder, b"old")
    renamed: list[str] = []

    def told(kind: str, path: str) -> None:
        if kind == "os.rename":
            renamed.append(Path(path).name)

    with watched(told):
        write_model(folder, b"new", (*PARTS, *optional))
    optional_files = [f"{part}.onnx" for part in optional]
    assert renamed == ["features.onnx", "meta.onnx", "head.onnx", *optional_files, FILE]


def test_optional_part_of_the_model_before_does_not_stay(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_model(folder, b"old", (*PARTS, *OPTIONAL_PARTS))
    assert "subjects.onnx" in model_of(folder)
    write_model(folder, b"new")
    assert set(model_of(folder)) == {"features.onnx", "meta.onnx", "head.onnx", FILE}
