"""Batches of one shape: what an epoch shows, decided before it starts.

A batch must have one shape, and the network must not see padding as content. So views are
grouped by the input size that they ask for; what is left over of each size is joined with its
neighbours and stretched slightly. Everything random comes from (seed, epoch, photo), so an epoch is
the same whoever prepares it, and after a resume.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from marscrop.geometry import Size, fit_longest_edge
from marscrop_research.config import AugmentConfig
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord, RankedPair
from marscrop_research.training.augmentation import View
from marscrop_research.training.further_targets import (
    NOTHING_FURTHER,
    Further,
    draw_pair,
    neighbour,
)

_MOST_STRETCH: Final = 1.25


class Batch(NamedTuple):
    """What the network trains on in one step.

    Attributes:
        images: (b, 3, h, w) uint8, RGB.
        log_ratio: (b,) float32, natural logarithm of width / height that is asked for: of the
            human crop, or near it.
        boxes: (b, 4) float32, x0 y0 x1 y1 of the human crop in fractions of the image, 0..1.
        further: what else is asked of these photos.
    """

    images: Tensor
    log_ratio: Tensor
    boxes: Tensor
    further: Further = NOTHING_FURTHER


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """Which photos a batch shows, how, in what shape, and what else they are asked."""

    size: Size
    items: tuple[tuple[CropRecord, View], ...]
    further: Further = NOTHING_FURTHER


def plan_epoch(
    records: Sequence[CropRecord],
    augment: AugmentConfig,
    *,
    batch_size: int,
    edge: int,
    multiple: int,
    seed: int,
    epoch: int,
) -> list[PlannedBatch]:
    """Every photo once, in shuffled batches of one shape each.

    Args:
        records: the training photos.
        augment: what may be changed about them.
        batch_size: largest number of photos in a batch.
        edge: the longest edge of the network's input [px].
        multiple: what the other edge is a multiple of [px].
        seed, epoch: decide everything random.
    """
    rng = np.random.default_rng([seed, epoch])
    items = []
    for record in records:
        # By name, not by place: folds and subsets then show a photo alike, and can share features.
        own = zlib.crc32(f"{record.path.name} {tuple(map(float, record.box))}".encode())
        view = View.draw(record, augment, np.random.default_rng([seed, epoch, own]))
        items.append((fit_longest_edge(view.size, edge, multiple), (record, view)))
    rng.shuffle(items)
    items.sort(key=lambda item: item[0].ratio)

    batches, left = [], []
    for size, group in groupby(items, key=lambda item: item[0]):
        members = list(group)
        full = len(members) - len(members) % batch_size
        for start in range(0, full, batch_size):
            chunk = members[start : start + batch_size]
            batches.append(PlannedBatch(size, tuple(item for _, item in chunk)))
        left.extend(members[full:])
    batches.extend(_joined(left, batch_size))
    return [batches[i] for i in rng.permutation(len(batches))]


def ask_further(
    plan: Sequence[PlannedBatch],
    *,
    neighbour_spread: float,
    pairs: Mapping[Path, Sequence[RankedPair]],
    seed: int,
    epoch: int,
) -> list[PlannedBatch]:
    """The same batches; each photo is asked for a neighbouring ratio and one of its ranked pairs.

    Args:
        plan: of one epoch.
        neighbour_spread: of the neighbouring ratio's logarithm; 0 to ask for none.
        pairs: of the photos that have some.
        seed, epoch: decide everything random.
    """

    def asked(planned: PlannedBatch) -> PlannedBatch:
        neighbours, chosen = [], []
        for row, (record, view) in enumerate(planned.items):
            own = zlib.crc32(f"further {record.path.name}".encode())
            rng = np.random.default_rng([seed, epoch, own])
            if neighbour_spread:
                neighbours.append(neighbour(row, record, view, neighbour_spread, rng))
            if pair := draw_pair(row, pairs.get(record.path, ()), view, rng):
                chosen.append(pair)
        return replace(planned, further=Further(tuple(neighbours), tuple(chosen)))

    return [asked(planned) for planned in plan]


def _joined(
    left: list[tuple[Size, tuple[CropRecord, View]]], batch_size: int
) -> Iterator[PlannedBatch]:
    """Batches of neighbouring shapes, each stretched to its middle one."""
    start = 0
    for stop in range(1, len(left) + 1):
        full = stop - start == batch_size
        if stop == len(left) or full or left[stop][0].ratio > left[start][0].ratio * _MOST_STRETCH:
            members = left[start:stop]
            yield PlannedBatch(members[len(members) // 2][0], tuple(item for _, item in members))
            start = stop


class EpochBatches(Dataset[Batch]):
    """The batches of one planned epoch, made when asked for."""

    def __init__(self, plan: Sequence[PlannedBatch], store: PhotoStore) -> None:
        self._plan = plan
        self._store = store

    def __len__(self) -> int:
        return len(self._plan)

    def __getitem__(self, index: int) -> Batch:
        planned = self._plan[index]
        return Batch(planned_pixels(planned, self._store), *planned_answers(planned))


def planned_pixels(planned: PlannedBatch, store: PhotoStore) -> Tensor:
    """`Batch.images` of a planned batch."""
    pixels = [view.pixels(store.rgb(r.path), planned.size) for r, view in planned.items]
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)


def planned_answers(planned: PlannedBatch) -> tuple[Tensor, Tensor, Further]:
    """`Batch.log_ratio`, `boxes` and `further` of a planned batch."""
    return (
        torch.tensor([math.log(r.ratio.value) + view.log_ratio_shift for r, view in planned.items]),
        torch.tensor([view.box(r.box) for r, view in planned.items], dtype=torch.float32),
        planned.further,
    )
