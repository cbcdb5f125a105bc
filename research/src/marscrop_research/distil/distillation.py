"""The run: a student learns to answer as its teacher, in integers from the first step on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from marscrop.errors import ModelError
from marscrop_research.data.records import CropRecord
from marscrop_research.distil.prune import prune
from marscrop_research.distil.second_teacher import SecondTeacher
from marscrop_research.distil.student import QuantisedFeatures
from marscrop_research.distil.student_config import DistilConfig
from marscrop_research.distil.student_graph import read_weights
from marscrop_research.distil.student_loss import DistilLoss, ratios_asked
from marscrop_research.distil.teacher import Teacher
from marscrop_research.distil.validation import validate
from marscrop_research.distil.views import EncodedPhoto, Views, planes
from marscrop_research.network.checkpoint import load_checkpoint, save_checkpoint
from marscrop_research.training.run_folder import RunFolder

_LOG_EVERY: Final = 50
_MEASURED: Final = 2**31
"""The step whose views the integers are measured on: no run comes so far."""


@dataclass(slots=True)
class Student:
    """What learns.

    Attributes:
        network: the student.
        optimizer: of its parameters.
        step: batches done.
    """

    network: QuantisedFeatures
    optimizer: torch.optim.Optimizer
    step: int = 0


def distil(
    config: DistilConfig,
    teacher_folder: Path,
    photos: Sequence[Path],
    validation: Sequence[CropRecord],
    folder: Path,
    *,
    second: tuple[Path, Path] | None = None,
    commit: str = "unknown",
    report: Callable[[dict[str, Any]], None] = lambda line: None,
    stop_at: int | None = None,
) -> QuantisedFeatures:
    """Train a student, or go on where a run in the same folder stopped.

    Args:
        config: the recipe.
        teacher_folder: a model folder.
        photos: to learn from.
        validation: photos with human crops, for the log alone.
        folder: of the run: `config.json`, `log.jsonl`, `last.pt`.
        second: a checkpoint that is a teacher too, and a folder to keep what it sees in.
        commit: of the source, kept in the checkpoint.
        report: told each line of the log.
        stop_at: end after this step, for a run in parts.

    Returns:
        the student, after the last step.

    Raises:
        ModelError: the folder holds a run of another recipe, or the loss is no longer finite.
        OSError: the checkpoint or the log cannot be written; the last checkpoint stays.
    """
    torch.manual_seed(config.seed)
    teacher = Teacher(teacher_folder, ratios_asked(config.loss))
    rule = teacher.session.manifest.input
    encoded = [EncodedPhoto.read(path) for path in photos]
    views = Views(
        encoded,
        config.views,
        rule.longest_edge_px,
        rule.multiple_px,
    )
    run = RunFolder(folder)
    with run.held():
        student = _begun(config, teacher_folder, teacher, views, run)
        also = SecondTeacher(*second, encoded, ratios_asked(config.loss)) if second else None
        loss = DistilLoss(config.loss, teacher, also)
        began, first = time.monotonic(), student.step
        while student.step < min(config.steps, stop_at or config.steps):
            parts = _learn(config, student, teacher, views, loss)
            step = student.step
            line: dict[str, Any] = {"step": step, **parts}
            if step % config.validate_every_steps == 0 or step == config.steps:
                line |= validate(student.network, config.views.longest_edge_px, teacher, validation)
            if step % _LOG_EVERY == 0 or step == config.steps or len(line) > len(parts) + 1:
                shown = (step - first) * config.views.batch_size
                line["photos_per_s"] = round(shown / (time.monotonic() - began), 1)
                run.append_log(line)
                report(line)
            if step % config.checkpoint_every_steps == 0 or step == config.steps:
                save_checkpoint(
                    run.last,
                    {
                        "model": student.network.state_dict(),
                        "optimizer": student.optimizer.state_dict(),
                        "step": step,
                        "config": config.to_table(),
                        "commit": commit,
                    },
                )
    return student.network


def load_student(checkpoint: Path) -> tuple[QuantisedFeatures, DistilConfig, dict[str, Any]]:
    """The student of a run, its recipe, and the rest of the checkpoint.

    Raises:
        ModelError: the file is missing, damaged, or of no distillation.
    """
    content = load_checkpoint(checkpoint)
    try:
        config = DistilConfig.from_table(content["config"])
        network = QuantisedFeatures.of_state(content["model"])
    except (KeyError, RuntimeError, ModelError, ValueError) as error:
        raise ModelError(checkpoint, f"not of a distillation ({error})") from None
    return network, config, content


def _begun(
    config: DistilConfig, teacher_folder: Path, teacher: Teacher, views: Views, run: RunFolder
) -> Student:
    """A student as the run's checkpoint left it, or a new one."""
    if run.last.exists():
        network, found, content = load_student(run.last)
        if found != config:
            raise ModelError(run.folder, "holds a run of another recipe; choose another folder")
        student = _student(network, config)
        student.optimizer.load_state_dict(content["optimizer"])
        student.step = int(content["step"])
    else:
        run.start(config)
        part = teacher.session.manifest.parts["features"].file
        measured = views.batch(config.seed, _MEASURED, config.measured_photos).student
        network = prune(read_weights(teacher_folder / part), config.kept, planes(measured))
        student = _student(network, config)
    run.rewind_log(student.step)
    return student


def _student(network: QuantisedFeatures, config: DistilConfig) -> Student:
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Student(network, torch.optim.Adam(network.parameters(), lr=config.learning_rate))


def _learn(
    config: DistilConfig, student: Student, teacher: Teacher, views: Views, loss: DistilLoss
) -> dict[str, float]:
    """One step; the parts of its loss."""
    batch = views.batch(config.seed, student.step)
    wanted = teacher.features(batch.teacher)
    found = student.network(planes(batch.student))
    draw = np.random.default_rng([config.seed, student.step, 1])
    total, parts = loss(found, wanted, batch, draw)
    for group in student.optimizer.param_groups:
        group["lr"] = config.learning_rate * _share(config, student.step)
    student.optimizer.zero_grad()
    total.backward()
    student.optimizer.step()
    student.step += 1
    return parts


def _share(config: DistilConfig, step: int) -> float:
    """Of the highest learning rate."""
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    done = (step - config.warmup_steps) / (config.steps - config.warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * done))
