"""How far a subject map is from what it should say: gaze, middles, and the boxes around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from marscrop_research.subjects.network import SubjectMaps
from marscrop_research.subjects.targets import BoxTargets


class ViewTargets(NamedTuple):
    """What the map of one view should say; None for what nobody knows.

    Attributes:
        gaze: (h, w) shares, adding up to 1.
        heads, subjects: as `targets.box_targets` makes them.
    """

    gaze: NDArray[np.float32] | None
    heads: BoxTargets
    subjects: BoxTargets | None


class Losses(NamedTuple):
    """The parts of the loss, scalars; a part of which a batch knows nothing is 0.

    Attributes:
        gaze: KL divergence [nats], mean over views.
        heads, subjects: focal losses of middles, by the number of middles.
        boxes: smooth L1 of offsets and logs of sizes, of heads and subjects, each a mean.
    """

    gaze: Tensor
    heads: Tensor
    subjects: Tensor
    boxes: Tensor


def subject_losses(maps: SubjectMaps, targets: Sequence[ViewTargets]) -> Losses:
    """Of a batch of b views: `maps` of (b, ...), and b targets."""
    looked = [(k, target.gaze) for k, target in enumerate(targets) if target.gaze is not None]
    gaze = maps.gaze.sum() * 0
    if looked:
        wanted = torch.from_numpy(np.stack([shares for _, shares in looked]))
        gaze = F.kl_div(maps.gaze[[k for k, _ in looked]], wanted, reduction="batchmean")
    heads = _box_losses(maps.heads, [(k, target.heads) for k, target in enumerate(targets)])
    marked = [(k, t.subjects) for k, t in enumerate(targets) if t.subjects is not None]
    subjects = _box_losses(maps.subjects, marked) if marked else (maps.subjects.sum() * 0,) * 2
    return Losses(gaze, heads[0], subjects[0], heads[1] + subjects[1])


def _box_losses(maps: Tensor, targets: Sequence[tuple[int, BoxTargets]]) -> tuple[Tensor, Tensor]:
    """CenterNet's focal loss of middles, and the smooth L1 of their boxes.

    Args:
        maps: (b, 5, h, w).
        targets: of some of the b views, with their index.
    """
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
