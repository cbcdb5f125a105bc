"""The training loop: epochs over planned batches, validation after each, the best kept.

A run is a function of its configuration: what an epoch shows is decided by (seed, epoch) alone,
and a checkpoint holds weights, optimiser, random state and position. So a run that was killed
and resumed ends with the same weights as one that was not (on the same machine and threads).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from marscrop_research.config import Config
from marscrop_research.data.fixations import crops_to_learn
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.decoders.prior import fit_prior
from marscrop_research.errors import ConfigError, DataError
from marscrop_research.evaluation.decoding import DECODERS, PLACEMENT, MapSource, decode_all
from marscrop_research.evaluation.protocol import score_records
from marscrop_research.evaluation.torch_maps import TorchMaps
from marscrop_research.network.backbones import load_imagenet
from marscrop_research.network.checkpoint import load_checkpoint, save_checkpoint
from marscrop_research.network.frozen import FrozenPart, TrainedPart
from marscrop_research.network.mars import Mars, input_multiple
from marscrop_research.network.published_weights import read_weights
from marscrop_research.training.batches import Batch, PlannedBatch, ask_further, plan_epoch
from marscrop_research.training.distributed import World
from marscrop_research.training.inputs import Inputs
from marscrop_research.training.objective import Objective
from marscrop_research.training.run_folder import RunFolder, RunProgress
from marscrop_research.training.schedule import (
    build_optimizer,
    learning_rate_factor,
    set_learning_rate,
)
from marscrop_research.training.supervision import CROPS_ALONE, Supervision

_LOG_EVERY = 10


class Reporter(Protocol):
    """Who is told how the run goes: a progress display, or nobody."""

    def step(self, epoch: int, batch: int, batches: int, loss: float) -> None: ...

    def epoch(self, line: dict[str, Any]) -> None: ...


class Silent:
    """Tells nobody."""

    def step(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        pass

    def epoch(self, line: dict[str, Any]) -> None:
        pass


@dataclass(frozen=True, slots=True)
class TrainedRun:
    """How a run ended.

    Attributes:
        best_iou, best_epoch: of the validation, by placement.
        best: checkpoint of that epoch.
        last: each validation photo's figures after the last epoch, by name (such as "marscrop iou")
            and in the records' order; empty in processes that do not lead.
    """

    best_iou: float
    best_epoch: int
    best: Path
    last: dict[str, list[float]]


def train(
    config: Config,
    records: Sequence[CropRecord],
    folder: Path,
    world: World,
    *,
    supervision: Supervision = CROPS_ALONE,
    weights_dir: Path = Path(),
    feature_cache: Path | None = None,
    reporter: Reporter | None = None,
    commit: str = "unknown",
) -> TrainedRun:
    """Train a network, or go on where a run in `folder` stopped.

    Where another process is at work in `folder`, wait for it.

    Args:
        config: everything that decides the result.
        records: training and validation photos, told apart by `split`.
        folder: of the run; made if missing.
        world: this process and its peers.
        supervision: what else there is to learn from.
        weights_dir: where `config.weights` is looked for.
        feature_cache: folder that keeps what frozen blocks see of each batch, for other runs of
            the same photos and seed; changes no result.
        reporter: is told of every step and epoch.
        commit: of the source, kept in the checkpoints.

    Raises:
        ConfigError: `folder` holds a run of another configuration.
        DataError: no training or no validation photos, or no supervision of a kind that the
            configuration asks for.
    """
    with RunFolder(folder).held() if world.leads else nullcontext():
        told = reporter or Silent()
        run = _TrainingRun(config, records, supervision, folder, world, weights_dir, feature_cache)
        return run.run(told, commit)


def batch_norms(module: nn.Module) -> list[nn.Module]:
    """All batch norms inside, also those that `World.wrap` has made to span several GPUs."""
    kinds = nn.BatchNorm2d, nn.SyncBatchNorm
    return [m for m in module.modules() if isinstance(m, kinds)]


class _TrainingRun:
    def __init__(
        self,
        config: Config,
        records: Sequence[CropRecord],
        supervision: Supervision,
        folder: Path,
        world: World,
        weights_dir: Path,
        feature_cache: Path | None,
    ) -> None:
        self.config, self.world = config, world
        self.training = [r for r in records if r.split == "train"]
        self.validation = [r for r in records if r.split == "validation"]
        if not self.training or not self.validation:
            raise DataError(
                f"training needs photos of both splits; got {len(self.training)} to train on "
                f"and {len(self.validation)} to validate on"
            )
        self.prior = fit_prior(self.training)
        self.pairs, self.fixations = supervision.used(config.train, self.training)
        self.files = RunFolder(folder)
        self.store = PhotoStore()
        torch.manual_seed(config.train.seed)
        self.model = Mars(config.model)
        self.multiple = input_multiple(self.model)
        self.progress = RunProgress()
        self.validated: dict[str, list[float]] = {}
        self._prepare(weights_dir)
        self.forward: nn.Module = world.wrap(TrainedPart(self.model, config.train.frozen_stride))
        self.inputs = Inputs(config, self.frozen, self.store, world.device, feature_cache)

    def _prepare(self, weights_dir: Path) -> None:
        """First weights, or those of the checkpoint; the model on its device; the optimiser."""
        config = self.config
        resumed = load_checkpoint(self.files.last) if self.files.last.exists() else None
        # Read, not compared as it lies: a setting that is newer than the run has its default.
        if resumed and Config.from_table(resumed["config"]) != config:
            raise ConfigError(
                f"{self.files.folder} holds a run of another configuration; choose another folder, "
                f"or delete that one"
            )
        if resumed is None and config.weights != "none":
            load_imagenet(self.model.backbone, read_weights(config.weights, weights_dir))
        self.frozen = FrozenPart(self.model, config.train.frozen_stride)
        if config.train.freeze_batch_norm:
            for norm in batch_norms(self.model.backbone):
                norm.requires_grad_(False)
        self.model.to(self.world.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.objective = Objective(config.train).to(self.world.device)
        self.optimizer: Optimizer = build_optimizer(
            self.model, config.train, self.objective if self.objective.learns else None
        )
        self.average: AveragedModel | None = None
        if config.train.ema_decay:
            blend = get_ema_multi_avg_fn(config.train.ema_decay)
            self.average = AveragedModel(self.model, multi_avg_fn=blend, use_buffers=True)
        if resumed is not None:
            self.model.load_state_dict(resumed["model"])
            self.optimizer.load_state_dict(resumed["optimizer"])
            if "objective" in resumed:
                self.objective.load_state_dict(resumed["objective"])
            if self.average is not None:
                self.average.load_state_dict(resumed["average"])
            torch.set_rng_state(resumed["rng"])
            self.progress = RunProgress(**resumed["progress"])
            self.validated = resumed.get("each_photo", {})
        if self.world.leads:
            self.files.start(config)
            self.files.rewind_log(self.progress.step)

    def run(self, reporter: Reporter, commit: str) -> TrainedRun:
        self.reporter, self.commit = reporter, commit
        progress, settings = self.progress, self.config.train
        while progress.epoch < settings.epochs and not self._out_of_patience():
            started, photos_before = time.perf_counter(), progress.photos
            self._train_epoch()
            rate = (
                (progress.photos - photos_before)
                * self.world.size
                / (time.perf_counter() - started)
            )
            self._finish_epoch(rate)
        return TrainedRun(progress.best_iou, progress.best_epoch, self.files.best, self.validated)

    def _out_of_patience(self) -> bool:
        patience = self.config.train.patience
        return bool(patience) and self.progress.epoch - 1 - self.progress.best_epoch >= patience

    def _train_epoch(self) -> None:
        progress, settings = self.progress, self.config.train
        plan = self.world.share(self._plan())
        self.forward.train()
        if settings.freeze_batch_norm:
            for norm in batch_norms(self.model.backbone):
                norm.eval()
        for batch in self.inputs.batches(plan[progress.batch :]):
            part = (progress.batch + 0.5) / len(plan)
            factor = learning_rate_factor(
                (progress.epoch + part) / settings.epochs, settings.warmup_fraction
            )
            set_learning_rate(self.optimizer, factor)
            loss = self._step(batch)
            count = len(batch.log_ratio)
            progress.loss_sum += loss * count
            progress.photos += count
            progress.batch += 1
            progress.step += 1
            self._after_step(loss, factor, len(plan))

    def _plan(self) -> list[PlannedBatch]:
        """What this epoch shows and asks."""
        settings, epoch = self.config.train, self.progress.epoch
        looked_at = crops_to_learn(self.fixations, self.prior, settings.seed, epoch)
        plan = plan_epoch(
            [*self.training, *looked_at],
            self.config.augment,
            batch_size=settings.batch_size,
            edge=settings.longest_edge_px,
            multiple=self.multiple,
            seed=settings.seed,
            epoch=epoch,
        )
        return ask_further(
            plan,
            neighbour_spread=settings.neighbour_spread if settings.neighbour_weight else 0.0,
            pairs=self.pairs,
            seed=settings.seed,
            epoch=epoch,
        )

    def _step(self, batch: Batch) -> float:
        device, settings = self.world.device, self.config.train
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.bf16):
            logits = self.forward(batch.images, *self.objective.asked(batch, device))
        loss = self.objective(logits, batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.model)
        return float(loss.item())

    def _after_step(self, loss: float, factor: float, batches: int) -> None:
        if not self.world.leads:
            return
        progress, every = self.progress, self.config.train.checkpoint_every_steps
        self.reporter.step(progress.epoch, progress.batch, batches, loss)
        if progress.step % _LOG_EVERY == 0:
            self.files.append_log(
                {"step": progress.step, "epoch": progress.epoch, "loss": loss, "lr_factor": factor}
            )
        if every and progress.step % every == 0 and progress.batch < batches:
            self._save()

    def _finish_epoch(self, photos_per_s: float) -> None:
        progress = self.progress
        scores, self.validated = self._validate() if self.world.leads else ({}, {})
        iou = self.world.from_leader(scores.get(f"{PLACEMENT} iou", 0.0))
        line = {
            "step": progress.step,
            "epoch": progress.epoch,
            "train_loss": progress.loss_sum / max(progress.photos, 1),
            "photos_per_s": round(photos_per_s, 1),
            **scores,
        }
        improved = iou > progress.best_iou
        if improved:
            progress.best_iou, progress.best_epoch = iou, progress.epoch
        progress.epoch, progress.batch = progress.epoch + 1, 0
        progress.loss_sum, progress.photos = 0.0, 0
        if self.world.leads:
            self.files.append_log(line)
            if improved:
                self._save_best(scores)
            self._save()
            self.reporter.epoch(line)

    def _validate(self) -> tuple[dict[str, float], dict[str, list[float]]]:
        """Means over the validation photos, and each photo's figures in the records' order."""
        maps = TorchMaps(self._kept().eval(), self.config, self.store)
        scores = score_records(self.validation, [decode_all(MapSource(maps, self.prior))])
        each = {
            f"{method} {metric}": [float(getattr(s, metric)) for s in scores if s.method == method]
            for method in DECODERS
            for metric in ("iou", "bde")
        }
        return {name: float(np.mean(values)) for name, values in each.items()}, each

    def _kept(self) -> Mars:
        """The network that is validated and kept: the average, where there is one."""
        return self.model if self.average is None else cast("Mars", self.average.module)

    def _save(self) -> None:
        save_checkpoint(
            self.files.last,
            {
                "config": self.config.to_table(),
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "objective": self.objective.state_dict(),
                "average": self.average.state_dict() if self.average is not None else None,
                "rng": torch.get_rng_state(),
                "progress": dataclasses.asdict(self.progress),
                "prior": dataclasses.asdict(self.prior),
                "each_photo": self.validated,
            },
        )

    def _save_best(self, scores: dict[str, float]) -> None:
        save_checkpoint(
            self.files.best,
            {
                "config": self.config.to_table(),
                "model": self._kept().state_dict(),
                "prior": dataclasses.asdict(self.prior),
                "commit": self.commit,
                "epoch": self.progress.best_epoch,
                "validation": scores,
                "each_photo": self.validated,
            },
        )
