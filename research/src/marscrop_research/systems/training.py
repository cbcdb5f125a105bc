"""The one loop that trains every system of Table 7: seeded, and resumed where it was stopped.

A step is a function of (seed, step): it draws a shape of photo, then photos of it, and everything
random within comes from a generator of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Generator

from marscrop_research.errors import ConfigError
from marscrop_research.network.checkpoint import load_checkpoint, save_checkpoint
from marscrop_research.systems.gaze import SeenGaze
from marscrop_research.systems.photo_features import SeenPhoto
from marscrop_research.systems.system import Batch, Schedule, System
from marscrop_research.systems.windows import row_of
from marscrop_research.training.schedule import learning_rate_factor, set_learning_rate

CHECKPOINT: Final = "last.pt"
"""Of a run, in its folder."""

_WARMUP: Final = 0.1
_MOST_GRADIENT: Final = 5.0
_SAVED_EVERY: Final = 200
_STEPS: Final = 1_000_003
"""Above any number of steps, so that two (seed, step) share no generator."""

Watch = Callable[[int, int, float], None]
"""Told step, steps and loss."""


def train_system(
    kind: type[System],
    photos: Sequence[SeenPhoto],
    folder: Path,
    *,
    seed: int = 0,
    epochs: int | None = None,
    teachers: Mapping[str, System] | None = None,
    gazes: Sequence[SeenGaze] = (),
    watch: Watch = lambda step, steps, loss: None,
) -> System:
    """A trained system in evaluation mode; only read where `folder` holds it trained.

    Args:
        kind: of system.
        photos: to learn from.
        folder: of the run, made if missing.
        seed: decides first weights and steps.
        epochs: in place of the schedule's.
        teachers: trained systems that it asks for, by name.
        gazes: photos with fixations, for systems that learn from them.
        watch: told of every step.

    Raises:
        ConfigError: `folder` holds a run of another system, seed or schedule; or no gazes
            for a system that learns from them.
        ModelError: what it holds cannot be read.
    """
    torch.manual_seed(seed)
    system = kind()
    system.learn_from(teachers or {})
    if kind.learns_gaze:
        if not gazes:
            raise ConfigError(f"{kind.name} learns from where people look; got no fixations")
        system.gazes = tuple(gazes)
    schedule = kind.schedule._replace(epochs=epochs or kind.schedule.epochs)
    order = _Order(photos, schedule)
    groups = [{"params": list(system.parameters()), "peak": schedule.learning_rate}]
    optimizer = torch.optim.AdamW(
        groups, lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True
    )
    config = {"system": kind.name, "seed": seed, "photos": len(photos), **schedule._asdict()}
    file, step = folder / CHECKPOINT, 0
    if file.exists():
        kept = load_checkpoint(file)
        if kept["config"] != config:
            raise ConfigError(
                f"{folder} holds a run of {kept['config']}, not of {config}; choose another "
                f"folder, or delete that one"
            )
        system.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        step = kept["step"]
    folder.mkdir(parents=True, exist_ok=True)
    system.train()
    while step < order.steps:
        set_learning_rate(optimizer, learning_rate_factor((step + 0.5) / order.steps, _WARMUP))
        generator = Generator().manual_seed(seed * _STEPS + step)
        torch.manual_seed(seed * _STEPS + step)  # for dropout, which takes no generator
        loss = system.loss(order.batch(generator), generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(system.parameters(), _MOST_GRADIENT)
        optimizer.step()
        step += 1
        watch(step, order.steps, float(loss.detach()))
        if step % _SAVED_EVERY == 0 or step == order.steps:
            state = {"model": system.state_dict(), "optimizer": optimizer.state_dict()}
            save_checkpoint(file, {"config": config, "step": step, "steps": order.steps, **state})
    system.gazes = ()
    return system.eval()


class _Order:
    """Which photos a step shows."""

    def __init__(self, photos: Sequence[SeenPhoto], schedule: Schedule) -> None:
        shapes: dict[tuple[int, ...], list[SeenPhoto]] = defaultdict(list)
        for photo in photos:
            shapes[tuple(photo.features.shape)].append(photo)
        self._shapes = list(shapes.values())
        self._counts = torch.tensor([len(shape) for shape in self._shapes], dtype=torch.float64)
        self._batch_size = schedule.batch_size
        self.steps = max(1, schedule.epochs * len(photos) // schedule.batch_size)

    def batch(self, generator: Generator) -> Batch:
        """Photos of one shape, which comes as often as it has photos."""
        members = self._shapes[int(torch.multinomial(self._counts, 1, generator=generator))]
        chosen = torch.randperm(len(members), generator=generator)[: self._batch_size]
        return batch_of([members[int(i)] for i in chosen])


def batch_of(photos: Sequence[SeenPhoto]) -> Batch:
    """Photos of one shape as a batch."""
    return Batch(
        torch.stack([photo.features for photo in photos]).float(),
        tuple(photo.size for photo in photos),
        torch.stack([row_of(photo.box) for photo in photos]),
        tuple(photo.ranked for photo in photos),
    )
