"""Files that are whole at any moment, and logs that agree with them."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from research.tests.support import tiny_config

from marscrop.errors import ModelError
from marscrop_research.network.checkpoint import (
    load_checkpoint,
    load_model,
    save_checkpoint,
    write_whole,
)
from marscrop_research.network.mars import Mars
from marscrop_research.training.run_folder import RunFolder


class NoSpaceError(OSError):
    """The disk is full."""


def test_new_content_replaces_the_old(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")
    write_whole(path, lambda f: f.write(b"new"))
    assert path.read_bytes() == b"new"


def test_nothing_is_left_beside(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", lambda f: f.write(b"new"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def write_half(file: Any) -> None:
    file.write(b"ne")
    raise NoSpaceError


def test_failed_write_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(NoSpaceError):
        write_whole(path, write_half)
    assert path.read_bytes() == b"old"


def test_failed_first_write_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(NoSpaceError):
        write_whole(tmp_path / "file", write_half)
    assert not (tmp_path / "file").exists()


def test_write_after_a_failed_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(NoSpaceError):
        write_whole(path, write_half)
    write_whole(path, lambda f: f.write(b"x"))
    assert path.read_bytes() == b"x"


def test_content_is_on_disk_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could leave the name on an empty file."""
    order: list[str] = []

    def noted(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: Any) -> None:
            order.append(name)
            real(*arguments)

        monkeypatch.setattr(os, name, call)

    noted("fsync")
    noted("replace")
    write_whole(tmp_path / "file", lambda f: f.write(b"new"))
    assert order == ["fsync", "replace"]


@pytest.fixture
def content() -> dict[str, Any]:
    """A checkpoint of a tiny network."""
    config = tiny_config()
    torch.manual_seed(0)
    return {"config": config.to_table(), "model": Mars(config.model).state_dict(), "epoch": 7}


@pytest.fixture
def checkpoint(content: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "best.pt"
    save_checkpoint(path, content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_checkpoint(path)
    return str(caught.value)


def test_checkpoint_comes_back_as_it_was_saved(checkpoint: Path, content: dict[str, Any]) -> None:
    loaded = load_checkpoint(checkpoint)
    assert loaded["epoch"] == 7
    assert loaded["config"] == content["config"]
    assert loaded["model"].keys() == content["model"].keys()
    assert all(torch.equal(loaded["model"][name], t) for name, t in content["model"].items())


def test_missing_checkpoint_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.pt") == f"{tmp_path / 'none.pt'}: no such checkpoint"


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"PK\x03\x04" + b"\0" * 200])
def test_file_of_garbage_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "best.pt"
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path}: not a readable checkpoint (")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated_checkpoint_is_named(checkpoint: Path, share: float) -> None:
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes(whole[: int(share * len(whole))])
    assert refusal(checkpoint).startswith(f"{checkpoint}: not a readable checkpoint (")


@pytest.mark.parametrize("content", [{"model": {}}, {"config": {}}, [1, 2], torch.zeros(3)])
def test_other_torch_file_is_named(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "best.pt"
    torch.save(content, path)
    assert refusal(path) == f"{path}: not a marscrop checkpoint (no model and config in it)"


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("way", ["torch", "pickle"])
def test_code_in_a_file_is_not_run(tmp_path: Path, way: str) -> None:
    path, mark = tmp_path / "best.pt", tmp_path / "mark"
    content = {"model": Trap(mark), "config": {}}
    if way == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    assert refusal(path).startswith(f"{path}: not a readable checkpoint (")
    assert not mark.exists()


def test_model_of_a_checkpoint_is_the_saved_one_ready_to_use(
    checkpoint: Path, content: dict[str, Any]
) -> None:
    model, config, rest = load_model(checkpoint)
    assert not model.training
    assert config == tiny_config()
    assert rest["epoch"] == 7
    assert all(torch.equal(t, content["model"][name]) for name, t in model.state_dict().items())


def test_weights_of_another_network_are_named(content: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    content["config"]["model"]["out_channels"] = 5
    save_checkpoint(path, content)
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: weights and configuration do not fit (")
    assert "to_pwp" in str(caught.value)


def test_configuration_of_a_later_version_is_refused_by_its_key(
    content: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "best.pt"
    content["config"]["model"]["attention"] = True
    save_checkpoint(path, content)
    with pytest.raises(ModelError, match="unknown key 'attention'"):
        load_model(path)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """With a log of steps 10, 20, 20 (an epoch's end) and 30."""
    folder = RunFolder(tmp_path / "runs" / "tiny")
    folder.start(tiny_config())
    for line in (
        {"step": 10, "loss": 0.5},
        {"step": 20, "loss": 0.4},
        {"step": 20, "epoch": 0},
        {"step": 30, "loss": 0.3},
    ):
        folder.append_log(line)
    return folder


def steps(run: RunFolder) -> list[int]:
    return [json.loads(line)["step"] for line in run.log.read_text().splitlines()]


def test_run_keeps_its_resolved_configuration(run: RunFolder) -> None:
    table = json.loads(run.config.read_text())
    assert type(tiny_config()).from_table(table) == tiny_config()


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (0, []),
        (9, []),
        (10, [10]),
        (20, [10, 20, 20]),
        (29, [10, 20, 20]),
        (30, [10, 20, 20, 30]),
        (99, [10, 20, 20, 30]),
    ],
)
def test_log_is_rewound_to_a_step(run: RunFolder, step: int, kept: list[int]) -> None:
    before = run.log.read_text().splitlines(keepends=True)
    run.rewind_log(step)
    assert run.log.read_text().splitlines(keepends=True) == before[: len(kept)]
    assert steps(run) == kept


@pytest.mark.parametrize("half", ['{"step": 3', '{"step": 35, "loss": 0.2', "{", '{"st\x00'])
def test_half_written_last_line_is_dropped(run: RunFolder, half: str) -> None:
    with run.log.open("a") as file:
        file.write(half)
    run.rewind_log(99)
    run.append_log({"step": 40})
    assert steps(run) == [10, 20, 20, 30, 40]


def test_run_without_a_log_has_nothing_to_rewind(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.rewind_log(5)
    assert not run.log.exists()


def test_folder_is_held_until_its_process_is_done(tmp_path: Path) -> None:
    """A second process waits, then finds the first one's work."""
    hold = (
        "import sys, time; from pathlib import Path\n"
        "from marscrop_research.training.run_folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).held():\n"
        "    print('held', flush=True); sys.stdin.readline()\n"
        "    Path(sys.argv[1], 'done').touch()\n"
    )
    command = [sys.executable, "-c", hold, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert first.stdout.readline() == b"held\n"
        timer = threading.Timer(0.2, lambda: first.communicate(b"\n"))
        timer.start()
        with RunFolder(tmp_path).held():
            assert (tmp_path / "done").exists()
        timer.join()
