"""What the tests of training look at in a run's folder, and how they interrupt one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from marscrop_research.network.checkpoint import load_checkpoint


class KilledError(Exception):
    """Stands for a process that ends."""


class KillAt:
    """A reporter that ends the run after so many steps or epochs of this process."""

    def __init__(self, step: int = 0, epoch: int = 0) -> None:
        self._steps, self._epochs = step, epoch

    def step(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        self._steps -= 1
        if self._steps == 0:
            raise KilledError

    def epoch(self, line: dict[str, Any]) -> None:
        self._epochs -= 1
        if self._epochs == 0:
            raise KilledError


def log_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log but for its speed."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "photos_per_s"} for line in lines]


def epochs_of(folder: Path) -> list[dict[str, Any]]:
    """The lines that end an epoch."""
    return [line for line in log_of(folder) if "train_loss" in line]


def weights_of(checkpoint: Path) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = load_checkpoint(checkpoint)["model"]
    return weights


def differing(a: dict[str, Tensor], b: dict[str, Tensor]) -> list[str]:
    """Names of the tensors that are not equal to the last bit."""
    assert a.keys() == b.keys()
    return [name for name in a if not torch.equal(a[name], b[name])]


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Everything in a checkpoint, by its path."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return {name: value}
    return {k: v for key, inner in items for k, v in flat(inner, f"{name}/{key}").items()}


def differing_contents(a: Path, b: Path) -> list[str]:
    """Where two checkpoints differ: weights, optimiser, averages, progress, configuration."""
    first, second = flat(load_checkpoint(a)), flat(load_checkpoint(b))
    assert first.keys() == second.keys()
    return [
        name
        for name, value in first.items()
        if name != "/rng"  # drawn from by every pass over a loader, used by none
        and not (
            torch.equal(value, second[name]) if isinstance(value, Tensor) else value == second[name]
        )
    ]
