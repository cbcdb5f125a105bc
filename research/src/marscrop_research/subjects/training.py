"""The run that teaches the subject map: gaze, heads and subjects at once, on kept views."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from marscrop_research.subjects.network import SubjectMaps, SubjectNetwork
from marscrop_research.subjects.sources import SourcePhoto
from marscrop_research.subjects.targets import (
    BoxTargets,
    PhotoLabels,
    gaze_target,
    head_targets,
    subject_targets,
)
from marscrop_research.subjects.views import ViewGroup, ViewSet

_LOG_EVERY: Final = 50
_LEAST_GROUP: Final = 8
"""Views of a shape that fewer photos have are passed over."""


@dataclass(frozen=True, slots=True)
class SubjectConfig:
    """The recipe.

    Attributes:
        steps: batches.
        batch_size: views.
        learning_rate: highest, of a one-cycle schedule.
        weight_decay: of AdamW.
        gaze_weight, head_weight, subject_weight, box_weight: parts of the loss; the last is of
            offsets and sizes within those of heads and subjects.
        seed: of everything random.
    """

    steps: int = 6000
    batch_size: int = 40
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    gaze_weight: float = 1.0
    head_weight: float = 1.0
    subject_weight: float = 0.5
    box_weight: float = 0.5
    seed: int = 0


class _Group(NamedTuple):
    """The views of a shape that are learned from, with their targets."""

    maps: ViewGroup
    rows: NDArray[np.int64]
    gaze: list[NDArray[np.float32] | None]
    heads: list[BoxTargets]
    subjects: list[BoxTargets | None]


def train_subjects(
    config: SubjectConfig,
    photos: Sequence[SourcePhoto],
    labels: Sequence[PhotoLabels],
    views: ViewSet,
    report: Callable[[dict[str, Any]], None],
) -> SubjectNetwork:
    """Teach a network on the views of all photos that are not held out.

    Returns:
        the network, after the last step, in evaluation mode.
    """
    torch.manual_seed(config.seed)
    groups = [
        group for group in (_learned(g, photos, labels) for g in views.groups) if group is not None
    ]
    sizes = np.array([len(group.rows) for group in groups], float)
    first = groups[0].maps
    network = SubjectNetwork(
        (first.features.shape[1], first.details.shape[1], first.edges.shape[1])
    ).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.steps, pct_start=0.1
    )
    draw = np.random.default_rng(config.seed)
    began, sums = time.monotonic(), np.zeros(4)
    for step in range(1, config.steps + 1):
        group = groups[int(draw.choice(len(groups), p=sizes / sizes.sum()))]
        chosen = np.sort(
            draw.choice(len(group.rows), min(config.batch_size, len(group.rows)), False)
        )
        parts = _losses(
            network(*stored_maps(group.maps, group.rows[chosen], views.steps)), group, chosen
        )
        weights = (config.gaze_weight, config.head_weight, config.subject_weight, config.box_weight)
        loss = sum(w * part for w, part in zip(weights, parts, strict=True))
        assert isinstance(loss, Tensor)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        sums += [float(part.detach()) for part in parts]
        if step % _LOG_EVERY == 0 or step == config.steps:
            gaze, head, subject, box = (sums / (_LOG_EVERY)).round(4).tolist()
            seconds = round(time.monotonic() - began)
            report(
                {
                    "step": step,
                    "gaze": gaze,
                    "heads": head,
                    "subjects": subject,
                    "boxes": box,
                    "seconds": seconds,
                }
            )
            sums[:] = 0
    return network.eval()


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


def _learned(
    group: ViewGroup, photos: Sequence[SourcePhoto], labels: Sequence[PhotoLabels]
) -> _Group | None:
    rows = np.array(
        [i for i, v in enumerate(group.views) if not photos[v.photo].held_out], np.int64
    )
    if len(rows) < _LEAST_GROUP:
        return None
    shape = group.details.shape[2:]
    gaze, heads, subjects = [], [], []
    for row in rows:
        view = group.views[row]
        known = labels[view.photo]
        gaze.append(None if known.gaze is None else gaze_target(known.gaze, view, *shape))
        heads.append(head_targets(known, view, *shape))
        subjects.append(subject_targets(known, view, *shape))
    return _Group(group, rows, gaze, heads, subjects)


def _losses(maps: SubjectMaps, group: _Group, chosen: NDArray[np.int64]) -> list[Tensor]:
    """Of gaze, of heads, of subjects, and of the boxes of both."""
    looked = [(k, gaze) for k, i in enumerate(chosen) if (gaze := group.gaze[i]) is not None]
    gaze_loss = maps.gaze.sum() * 0
    if looked:
        wanted = torch.from_numpy(np.stack([gaze for _, gaze in looked]))
        gaze_loss = F.kl_div(maps.gaze[[k for k, _ in looked]], wanted, reduction="batchmean")
    heads = _box_losses(maps.heads, [(k, group.heads[i]) for k, i in enumerate(chosen)])
    marked = [(k, t) for k, i in enumerate(chosen) if (t := group.subjects[i]) is not None]
    subjects = _box_losses(maps.subjects, marked) if marked else (maps.subjects.sum() * 0,) * 2
    return [gaze_loss, heads[0], subjects[0], heads[1] + subjects[1]]


def _box_losses(maps: Tensor, targets: Sequence[tuple[int, BoxTargets]]) -> tuple[Tensor, Tensor]:
    """CenterNet's focal loss of middles, and the smooth L1 of their boxes."""
    at = [k for k, _ in targets]
    heat = torch.from_numpy(np.stack([t.heat for _, t in targets]))
    weight = torch.from_numpy(np.stack([t.weight for _, t in targets]))
    odds = maps[at, 0]
    sure = odds.sigmoid()
    hit = (heat == 1).float()
    found = F.logsigmoid(odds) * (1 - sure) ** 2 * hit
    missed = F.logsigmoid(-odds) * sure**2 * (1 - heat) ** 4 * (1 - hit)
    count = max(1.0, float(hit.sum()))
    focal = -((found + missed) * weight).sum() / count
    rows = [(k, *cell) for k, t in targets for cell in t.cells]
    if not rows:
        return focal, maps.sum() * 0
    b, y, x = np.array(rows).T
    wanted = torch.from_numpy(np.concatenate([t.boxes for _, t in targets]))
    return focal, F.smooth_l1_loss(maps[b, 1:, y, x], wanted, beta=0.1)
