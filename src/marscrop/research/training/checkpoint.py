"""Files of a run: checkpoints that survive a kill at any moment, and a log that agrees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from marscrop.errors import ConfigError, ModelError
from marscrop.files import whole_file
from marscrop.research.config import Checked, Config
from marscrop.research.mars import Mars
from marscrop.window.placement import Prior


@dataclass(slots=True)
class Progress:
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


def write_whole(path: Path, write: Callable[[Any], Any]) -> None:
    """Write beside and rename, so that `path` is always a whole file, old or new.

    Always under the same other name: what a killed run leaves is as large as a checkpoint.
    """
    with whole_file(path, path.with_name(f".{path.name}.part"), synced=True) as file:
        write(file)


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Save tensors and plain values, whole or not at all.

    Raises:
        OSError: they cannot be written; a checkpoint that was there stays.
    """

    def write(file: Any) -> None:
        try:
            torch.save(content, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # torch hides that the disk is full
                raise error.__context__ from None
            raise

    write_whole(path, write)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote; never runs code from the file.

    Raises:
        ModelError: the file is missing or not a checkpoint of ours.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(path, "no such checkpoint") from None
    except Exception as error:  # torch raises many kinds for a damaged file
        raise ModelError(path, f"not a readable checkpoint ({type(error).__name__})") from None
    if not isinstance(content, dict) or "model" not in content or "config" not in content:
        raise ModelError(path, "not a marscrop checkpoint (no model and config in it)")
    return content


def load_model(path: Path) -> tuple[Mars, Config, dict[str, Any]]:
    """The network of a checkpoint, in evaluation mode, its configuration, and the rest.

    Raises:
        ModelError: the file is missing, damaged, or holds other weights than it says.
    """
    content = load_checkpoint(path)
    return *load_kept_model(content, path), content


def load_kept_model(content: dict[str, Any], path: Path) -> tuple[Mars, Config]:
    """A checkpoint's network in evaluation mode: of the averaged weights, if it has them.

    Raises:
        ModelError: its weights are not what its configuration says; `path` is named.
    """
    weights = content["model"]
    if content.get("average") is not None:
        named = content["average"].items()
        weights = {n.removeprefix("module."): t for n, t in named if n.startswith("module.")}
    try:
        config = Config.from_table(content["config"])
        model = Mars(config.model)
        model.load_state_dict(weights)
    except (ConfigError, RuntimeError, TypeError) as error:
        raise ModelError(path, f"weights and configuration do not fit ({error})") from None
    return model.eval(), config


def checkpoint_prior(content: dict[str, Any], path: Path) -> Prior:
    """The prior of people's crops that a checkpoint was trained with.

    Raises:
        ModelError: it was made before checkpoints had one.
    """
    if "prior" not in content:
        raise ModelError(path, "made by an earlier version, without a prior; train it anew")
    return Prior(tuple(content["prior"]["scales"]), float(content["prior"]["sharpness"]))
