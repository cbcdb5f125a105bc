"""A run that was killed, at any moment, and resumed ends as one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from research.tests.support import ALONE, REPOSITORY, tiny_config
from research.tests.unit.training.runs import (
    KillAt,
    KilledError,
    differing_contents,
    epochs_of,
    log_of,
)

from marscrop_research.config import Config
from marscrop_research.data.records import CropRecord
from marscrop_research.network.checkpoint import save_checkpoint
from marscrop_research.training import loop
from marscrop_research.training.loop import train

Records = list[CropRecord]

VARIANTS: dict[str, Config] = {
    "plain": tiny_config(augment={"zoom": 0.2, "contrast": 0.2}),
    "within epochs": tiny_config(augment={"zoom": 0.2}, train={"checkpoint_every_steps": 3}),
    "every step": tiny_config(train={"checkpoint_every_steps": 1}),
    "average": tiny_config(train={"checkpoint_every_steps": 3, "ema_decay": 0.9}),
    "frozen": tiny_config(
        train={"checkpoint_every_steps": 3, "freeze_batch_norm": True, "optimizer": "adamw"}
    ),
    "windows": tiny_config(train={"checkpoint_every_steps": 3, "window_weight": 0.1}),
    "frozen blocks": tiny_config(train={"checkpoint_every_steps": 3, "frozen_stride": 4}),
}


@pytest.fixture(scope="module")
def undisturbed(
    records: Records, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The folder of a variant's run that nobody killed; made once."""
    folder = tmp_path_factory.mktemp("undisturbed")

    def run(variant: str) -> Path:
        if not (folder / variant).exists():
            train(VARIANTS[variant], records, folder / variant, ALONE)
        return folder / variant

    return run


def assert_same(resumed: Path, undisturbed: Path) -> None:
    for name in ("last.pt", "best.pt"):
        assert differing_contents(resumed / name, undisturbed / name) == []
    assert log_of(resumed) == log_of(undisturbed)
    names = [{path.name for path in folder.iterdir()} for folder in (resumed, undisturbed)]
    assert names[0] - {".last.pt.part", ".best.pt.part"} == names[1]


Undisturbed = Callable[[str], Path]


@pytest.mark.parametrize(
    ("variant", "epoch"), [("plain", 1), ("plain", 3), ("average", 1), ("average", 2)]
)
def test_killed_after_an_epoch(
    records: Records, tmp_path: Path, undisturbed: Undisturbed, variant: str, epoch: int
) -> None:
    config = VARIANTS[variant]
    with pytest.raises(KilledError):
        train(config, records, tmp_path, ALONE, reporter=KillAt(epoch=epoch))
    train(config, records, tmp_path, ALONE)
    assert_same(tmp_path, undisturbed(variant))


@pytest.mark.parametrize(
    ("variant", "step"),
    [
        ("plain", 1),  # before anything is saved
        ("plain", 6),  # back to the epoch's beginning
        ("within epochs", 3),  # just before the save of step 3
        ("within epochs", 4),  # at an epoch's last step
        ("within epochs", 11),
        ("every step", 2),
        ("average", 7),
        ("average", 11),
        ("frozen", 7),
        ("frozen blocks", 7),
        ("windows", 7),
    ],
)
def test_killed_within_an_epoch(
    records: Records, tmp_path: Path, undisturbed: Undisturbed, variant: str, step: int
) -> None:
    config = VARIANTS[variant]
    with pytest.raises(KilledError):
        train(config, records, tmp_path, ALONE, reporter=KillAt(step=step))
    train(config, records, tmp_path, ALONE)
    assert_same(tmp_path, undisturbed(variant))


def test_step_in_the_middle_is_not_done_again(records: Records, tmp_path: Path) -> None:
    """What `checkpoint_every_steps` is for: only the steps after the save come again."""
    config = VARIANTS["within epochs"]
    with pytest.raises(KilledError):
        train(config, records, tmp_path, ALONE, reporter=KillAt(step=8))
    seen: list[tuple[int, int]] = []
    kill = KillAt()
    kill.step = lambda epoch, batch, *_: seen.append((epoch, batch))  # type: ignore[method-assign]
    train(config, records, tmp_path, ALONE, reporter=kill)
    saved = epochs_of(tmp_path)[0]["step"]
    assert seen[0] == (1, 6 - saved + 1)


def test_killed_again_and_again(records: Records, tmp_path: Path, undisturbed: Undisturbed) -> None:
    config, kills = VARIANTS["within epochs"], 0
    while True:
        try:
            train(config, records, tmp_path, ALONE, reporter=KillAt(step=4))
        except KilledError:
            kills += 1
        else:
            break
    assert kills >= 3
    assert_same(tmp_path, undisturbed("within epochs"))


@pytest.mark.parametrize("when", ["before", "half written", "after"])
@pytest.mark.parametrize("save", [1, 2, 3])
def test_killed_around_a_save(
    records: Records,
    tmp_path: Path,
    undisturbed: Undisturbed,
    monkeypatch: pytest.MonkeyPatch,
    save: int,
    when: str,
) -> None:
    """Saves 1 to 3 are: within the first epoch, its best, its last."""
    config, saves = VARIANTS["within epochs"], 0

    def fatal(path: Path, content: dict[str, Any]) -> None:
        nonlocal saves
        saves += 1
        if saves == save and when == "half written":
            path.with_name(f".{path.name}.part").write_bytes(b"half")
        if saves != save or when == "after":
            save_checkpoint(path, content)
        if saves == save:
            raise KilledError

    monkeypatch.setattr(loop, "save_checkpoint", fatal)
    with pytest.raises(KilledError):
        train(config, records, tmp_path, ALONE)
    monkeypatch.undo()
    train(config, records, tmp_path, ALONE)
    assert_same(tmp_path, undisturbed("within epochs"))


def test_killed_while_logging(records: Records, tmp_path: Path, undisturbed: Undisturbed) -> None:
    """Half a line, of an epoch that was not saved."""
    config = VARIANTS["plain"]
    with pytest.raises(KilledError):
        train(config, records, tmp_path, ALONE, reporter=KillAt(epoch=1))
    with (tmp_path / "log.jsonl").open("a") as log:
        log.write('{"step": 8, "epoch": 1, "train_l')
    train(config, records, tmp_path, ALONE)
    assert_same(tmp_path, undisturbed("plain"))


def test_finished_run_is_left_as_it_is(
    records: Records, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    config = VARIANTS["plain"]
    first = train(config, records, tmp_path, ALONE)
    again = train(config, records, tmp_path, ALONE)
    assert again == first
    assert_same(tmp_path, undisturbed("plain"))


SCRIPT = """
import json, os, signal, sys
from pathlib import Path
from research.tests.support import ALONE
from research.tests.unit.training.runs import KillAt
from marscrop_research.config import Config
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.training.loop import train

class KillForReal(KillAt):
    left = int(sys.argv[4])
    def step(self, *args):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

config = Config.from_table(json.loads(sys.argv[1]))
records = load_fcdb(Path(sys.argv[2])).crops()
train(config, records, Path(sys.argv[3]), ALONE, reporter=KillForReal())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this system")
def test_killed_by_the_system(
    fcdb: Path, records: Records, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    """A process of its own, resumed in this one."""
    config = VARIANTS["average"]
    arguments = [json.dumps(config.to_table()), str(fcdb), str(tmp_path), "7"]
    threads = str(torch.get_num_threads())  # the last bits of a sum hang on how it is split
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": threads},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(epochs_of(tmp_path)) == 1
    train(config, records, tmp_path, ALONE)
    assert_same(tmp_path, undisturbed("average"))
