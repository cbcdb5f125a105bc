"""The folder of a run: what a killed one needs to go on, and a log that agrees with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from marscrop_research.checked import Checked
from marscrop_research.network.checkpoint import write_whole


@dataclass(slots=True)
class RunProgress:
    """How far a run has come.

    Attributes:
        epoch: the epoch to go on with.
        batch: batches of it that are done.
        step: batches done in all.
        best_iou, best_epoch: of the validation so far.
        loss_sum: of this epoch's batches, weighted by photos; with `photos`, their count.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_iou: float = float("-inf")
    best_epoch: int = -1
    loss_sum: float = 0.0
    photos: int = 0


class RunFolder:
    """The folder of one run: `config.json`, `log.jsonl`, `last.pt` and `best.pt`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.log = folder / "config.json", folder / "log.jsonl"
        self.last, self.best = folder / "last.pt", folder / "best.pt"

    def start(self, config: Checked) -> None:
        """Make the folder and write the resolved configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(
            self.config, lambda f: f.write(json.dumps(config.to_table(), indent=2).encode())
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from working in this folder, after those that do are done.

        The lock goes with the process, however it ends. Without POSIX locks nothing is held.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def append_log(self, line: dict[str, Any]) -> None:
        """Add one JSON object as a line."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def rewind_log(self, step: int) -> None:
        """Drop lines of steps after `step`, and a half-written last one: they will come again."""
        if not self.log.exists():
            return
        kept = []
        for line in self.log.read_text(encoding="utf-8").splitlines():
            try:
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
            except (ValueError, KeyError):
                break
        write_whole(self.log, lambda f: f.write("".join(kept).encode()))
