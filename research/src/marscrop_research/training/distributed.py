"""One process, or several under torchrun: the few places where they differ."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from marscrop_research.errors import ConfigError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class World:
    """This process among its peers.

    Attributes:
        rank, size: which of how many.
        device: where this one computes.
    """

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process writes files and validates."""
        return self.rank == 0

    def wrap(self, model: nn.Module) -> nn.Module:
        """Average gradients (and batch statistics, on GPUs) over the processes, if several."""
        if self.size == 1:
            return model
        if self.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
            return DistributedDataParallel(model, device_ids=[self.device.index])
        return DistributedDataParallel(model)

    def share(self, items: Sequence[_T]) -> list[_T]:
        """This process's part; the first few are repeated so that all parts are equally long."""
        each = -(-len(items) // self.size)
        return [items[i % len(items)] for i in range(self.rank, each * self.size, self.size)]

    def from_leader(self, value: float) -> float:
        """The leader's value of a number, in every process."""
        if self.size == 1:
            return value
        box = torch.tensor([value], dtype=torch.float64, device=self.device)
        dist.broadcast(box, src=0)
        return float(box.item())


@contextmanager
def join_world(device: str) -> Iterator[World]:
    """Join the group that torchrun describes in the environment; alone without it.

    Args:
        device: `auto` for a GPU where there is one, else `cpu` or `cuda`.

    Raises:
        ConfigError: another device, or `cuda` where there is none.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"device must be auto, cpu or cuda; got {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device cuda was asked for, but torch finds no GPU here; use auto or cpu")
    size = int(os.environ.get("WORLD_SIZE", "1"))
    rank, local = int(os.environ.get("RANK", "0")), int(os.environ.get("LOCAL_RANK", "0"))
    on_gpu = device == "cuda" or (device == "auto" and torch.cuda.is_available())
    where = torch.device("cuda", local) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(where)
    if size == 1:
        yield World(0, 1, where)
        return
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield World(rank, size, where)
    finally:
        dist.destroy_process_group()
