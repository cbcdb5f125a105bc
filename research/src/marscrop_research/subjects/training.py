"""The run that teaches the subject map: gaze, heads and subjects at once, on kept views."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from marscrop.errors import ModelError
from marscrop_research.errors import DataError
from marscrop_research.network.checkpoint import load_checkpoint, save_checkpoint
from marscrop_research.subjects.losses import Losses, ViewTargets, subject_losses
from marscrop_research.subjects.network import INPUTS, SubjectNetwork
from marscrop_research.subjects.sources import SourcePhoto
from marscrop_research.subjects.subject_config import SubjectConfig
from marscrop_research.subjects.targets import (
    PhotoLabels,
    gaze_target,
    head_targets,
    subject_targets,
)
from marscrop_research.subjects.views import ViewGroup, ViewSet
from marscrop_research.training.run_folder import RunFolder

_LOG_EVERY: Final = 50
_LEAST_GROUP: Final = 8
"""Shapes that fewer views have are passed over."""
_WARMUP: Final = 0.1
"""Share of the steps in which the learning rate rises."""
_MOST_GRADIENT: Final = 5.0


class _Group(NamedTuple):
    """The views of a shape that are learned from: which rows of it, and their targets."""

    maps: ViewGroup
    rows: NDArray[np.int64]
    targets: list[ViewTargets]


class _Learner:
    """What learns, with all that a killed run needs to go on.

    Attributes:
        network, optimizer, schedule: of the run.
        draw: what chooses views.
        step: batches done.
        sums: of the losses since the last line of the log.
    """

    def __init__(self, config: SubjectConfig, channels: tuple[int, int, int]) -> None:
        torch.manual_seed(config.seed)
        network = SubjectNetwork(channels)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network
        self.optimizer = torch.optim.AdamW(
            network.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, config.learning_rate, total_steps=config.steps, pct_start=_WARMUP
        )
        self.draw = np.random.default_rng(config.seed)
        self.step, self.sums = 0, np.zeros(len(Losses._fields))

    @classmethod
    def resumed(cls, config: SubjectConfig, content: dict[str, Any]) -> Self:
        """As a checkpoint left it."""
        learner = cls(config, _channels(content["model"]))
        learner.network.load_state_dict(content["model"])
        learner.optimizer.load_state_dict(content["optimizer"])
        learner.schedule.load_state_dict(content["schedule"])
        learner.draw.bit_generator.state = json.loads(content["draw"])
        learner.step, learner.sums = int(content["step"]), np.array(content["sums"])
        return learner

    def content(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "model": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "draw": json.dumps(self.draw.bit_generator.state),  # integers of 128 bits
            "step": self.step,
            "sums": self.sums.tolist(),
        }

    def learn(
        self, config: SubjectConfig, groups: Sequence[_Group], steps: tuple[float, float]
    ) -> None:
        """One step, on views of one shape."""
        sizes = np.array([len(group.rows) for group in groups], float)
        group = groups[int(self.draw.choice(len(groups), p=sizes / sizes.sum()))]
        count = min(config.batch_size, len(group.rows))
        chosen = np.sort(self.draw.choice(len(group.rows), count, False))
        found = self.network(*stored_maps(group.maps, group.rows[chosen], steps))
        parts = subject_losses(found, [group.targets[i] for i in chosen])
        weights = (config.gaze_weight, config.head_weight, config.subject_weight, config.box_weight)
        loss = torch.stack([w * part for w, part in zip(weights, parts, strict=True)]).sum()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _MOST_GRADIENT)
        self.optimizer.step()
        self.schedule.step()
        self.step += 1
        self.sums += [float(part.detach()) for part in parts]


def train_subjects(
    config: SubjectConfig,
    photos: Sequence[SourcePhoto],
    labels: Sequence[PhotoLabels],
    views: ViewSet,
    folder: Path,
    *,
    commit: str = "unknown",
    report: Callable[[dict[str, Any]], None] = lambda line: None,
    stop_at: int | None = None,
) -> SubjectNetwork:
    """Teach a network on the views of all photos that are not held out, or go on with a run.

    Args:
        config: the recipe.
        photos: all that `views` are of.
        labels: of each photo.
        views: with the maps that the network is given.
        folder: of the run: `config.json`, `log.jsonl`, `last.pt`.
        commit: of the source, kept in the checkpoint.
        report: told each line of the log: losses as means since the line before.
        stop_at: end after this step, for a run in parts.

    Returns:
        the network, after the last step, in evaluation mode.

    Raises:
        DataError: the views are not of these photos, or too few to learn from.
        ModelError: the folder holds a run of another recipe, or the loss is no longer finite.
        OSError: the checkpoint or the log cannot be written; the last checkpoint stays.
    """
    run = RunFolder(folder)
    with run.held():
        groups = _learned_groups(photos, labels, views)
        learner = _begun(config, groups, run)
        kept = {
            "config": config.to_table(),
            "commit": commit,
            "photos": _photos_learned(groups, photos),
        }
        began, first, logged = time.monotonic(), learner.step, learner.step // _LOG_EVERY
        logged *= _LOG_EVERY
        while learner.step < min(config.steps, stop_at or config.steps):
            learner.learn(config, groups, views.steps)
            step, last = learner.step, learner.step == config.steps
            if not np.isfinite(learner.sums).all():
                raise ModelError(folder, f"the loss is no longer finite at step {step}")
            if step % _LOG_EVERY == 0 or last:
                means = (learner.sums / (step - logged)).round(4).tolist()
                shown = (step - first) * config.batch_size
                line = {"step": step, **dict(zip(Losses._fields, means, strict=True))}
                line["photos_per_s"] = round(shown / (time.monotonic() - began), 1)
                learner.sums[:], logged = 0, step
                run.append_log(line)
                report(line)
            if step % config.checkpoint_every_steps == 0 or last:
                save_checkpoint(run.last, {**learner.content(), **kept})
    return learner.network.eval()


def load_subjects(checkpoint: Path) -> tuple[SubjectNetwork, SubjectConfig, dict[str, Any]]:
    """The network of a run, in evaluation mode, its recipe, and the rest of the checkpoint.

    Raises:
        ModelError: the file is missing, damaged, or of no subject map.
    """
    content = load_checkpoint(checkpoint)
    try:
        config = SubjectConfig.from_table(content["config"])
        network = SubjectNetwork(_channels(content["model"]))
        network.load_state_dict(content["model"])
    except (KeyError, RuntimeError, ValueError) as error:
        raise ModelError(checkpoint, f"not of a subject map ({error})") from None
    return network.eval(), config, content


def stored_maps(
    group: ViewGroup, rows: NDArray[np.int64], steps: tuple[float, float]
) -> tuple[Tensor, Tensor, Tensor]:
    """The network's inputs for some views of a group, float32, channels last."""
    maps = (
        torch.from_numpy(np.asarray(group.features[rows], np.float32)),
        torch.from_numpy(group.details[rows]).float() * steps[0],
        torch.from_numpy(group.edges[rows]).float() * steps[1],
    )
    features, details, edges = (m.contiguous(memory_format=torch.channels_last) for m in maps)
    return features, details, edges


def _begun(config: SubjectConfig, groups: Sequence[_Group], run: RunFolder) -> _Learner:
    """A learner as the run's checkpoint left it, or a new one."""
    if run.last.exists():
        _, found, content = load_subjects(run.last)
        if found != config:
            raise ModelError(run.folder, "holds a run of another recipe; choose another folder")
        learner = _Learner.resumed(config, content)
    else:
        run.start(config)
        maps = groups[0].maps
        learner = _Learner(
            config, (maps.features.shape[1], maps.details.shape[1], maps.edges.shape[1])
        )
    run.rewind_log(learner.step)
    return learner


def _learned_groups(
    photos: Sequence[SourcePhoto], labels: Sequence[PhotoLabels], views: ViewSet
) -> list[_Group]:
    """By shape, without the views of photos that are held out."""
    shown = [view.photo for group in views.groups for view in group.views]
    if max(shown, default=-1) >= len(photos):
        raise DataError(f"the views are of more photos than the {len(photos)} at hand")
    learned = [_learned(group, photos, labels) for group in views.groups]
    groups = [group for group in learned if len(group.rows) >= _LEAST_GROUP]
    if not groups:
        raise DataError(f"expected at least {_LEAST_GROUP} views of one shape to learn from")
    return groups


def _learned(
    group: ViewGroup, photos: Sequence[SourcePhoto], labels: Sequence[PhotoLabels]
) -> _Group:
    rows = [i for i, v in enumerate(group.views) if not photos[v.photo].held_out]
    shape = group.details.shape[2:]
    targets = []
    for view in (group.views[row] for row in rows):
        known = labels[view.photo]
        targets.append(
            ViewTargets(
                None if known.gaze is None else gaze_target(known.gaze, view, *shape),
                head_targets(known, view, 2 * shape[0], 2 * shape[1]),
                subject_targets(known, view, *shape),
            )
        )
    return _Group(group, np.array(rows, np.int64), targets)


def _photos_learned(groups: Sequence[_Group], photos: Sequence[SourcePhoto]) -> dict[str, int]:
    """How many photos of each source a run learns from."""
    shown = {group.maps.views[row].photo for group in groups for row in group.rows}
    return dict(Counter(photos[index].source for index in sorted(shown)))


def _channels(state: dict[str, Tensor]) -> tuple[int, int, int]:
    """Of `INPUTS`, as a network's weights have them."""
    features, details, edges = (len(state[f"{name}_norm.running_mean"]) for name in INPUTS)
    return features, details, edges
