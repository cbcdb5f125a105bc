"""Training: what a run leaves behind, and when it ends."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from research.tests.support import ALONE, tiny_config
from research.tests.unit.training.runs import (
    KillAt,
    KilledError,
    differing,
    differing_contents,
    epochs_of,
    log_of,
    weights_of,
)
from safetensors.torch import save_file
from torch import Tensor

from marscrop.errors import ModelError
from marscrop_research.config import Config
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import ConfigError, DataError
from marscrop_research.evaluation.decoding import PLACEMENT, decode_all
from marscrop_research.evaluation.protocol import score_records, summarise
from marscrop_research.evaluation.torch_maps import TorchMaps, checkpoint_network
from marscrop_research.network.backbones import build_backbone
from marscrop_research.network.checkpoint import load_checkpoint, save_checkpoint
from marscrop_research.network.mars import Mars
from marscrop_research.training import loop
from marscrop_research.training.loop import TrainedRun, train
from marscrop_research.training.schedule import learning_rate_factor

Records = list[CropRecord]


@dataclasses.dataclass(frozen=True)
class Run:
    """A run that ended by itself."""

    folder: Path
    outcome: TrainedRun


@pytest.fixture(scope="module")
def learnt(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Ten epochs, as the tests below only look at."""
    folder = tmp_path_factory.mktemp("runs") / "learnt"
    config = tiny_config(train={"epochs": 10})
    return Run(folder, train(config, records, folder, ALONE, commit="abc123"))


def test_training_lowers_the_loss(learnt: Run) -> None:
    losses = [line["train_loss"] for line in epochs_of(learnt.folder)]
    assert losses[0] == pytest.approx(math.log(2), abs=0.15)  # knows nothing
    assert losses[-1] < 0.7 * losses[0]


def test_training_raises_the_validation_iou(learnt: Run) -> None:
    first, best = epochs_of(learnt.folder)[0]["marscrop iou"], learnt.outcome.best_iou
    assert best > first + 0.05


def test_every_epoch_is_logged_once(learnt: Run) -> None:
    lines = epochs_of(learnt.folder)
    assert [line["epoch"] for line in lines] == list(range(10))
    # Six photos, two a batch, grouped by shape: as many steps in each epoch, more or less.
    assert all(a["step"] + 3 <= b["step"] for a, b in pairwise(lines))


def test_every_tenth_step_is_logged_with_its_rate(learnt: Run) -> None:
    lines = [line for line in log_of(learnt.folder) if "lr_factor" in line]
    assert [line["step"] for line in lines] == [10 * (k + 1) for k in range(len(lines))]
    ends = {line["epoch"]: line["step"] for line in epochs_of(learnt.folder)}
    for line in lines:
        begin = ends.get(line["epoch"] - 1, 0)
        part = (line["step"] - begin - 0.5) / (ends[line["epoch"]] - begin)
        expected = learning_rate_factor((line["epoch"] + part) / 10, 0.1)
        assert line["lr_factor"] == pytest.approx(expected)


def test_both_decoders_are_logged(learnt: Run) -> None:
    scores = {"marscrop iou", "search bde", "section 3.4 iou", "section 3.4 bde"}
    assert scores <= epochs_of(learnt.folder)[0].keys()


def test_best_checkpoint_is_of_the_best_epoch(learnt: Run) -> None:
    ious = [line["marscrop iou"] for line in epochs_of(learnt.folder)]
    content = load_checkpoint(learnt.outcome.best)
    assert content["epoch"] == learnt.outcome.best_epoch == ious.index(max(ious))
    assert learnt.outcome.best_iou == max(ious)


def test_best_checkpoint_scores_what_was_logged(learnt: Run, records: Records) -> None:
    decode = decode_all(checkpoint_network(learnt.outcome.best))
    validation = [r for r in records if r.split == "validation"]
    found = {s.method: s.iou for s in summarise(score_records(validation, [decode]))}
    assert found[PLACEMENT] == pytest.approx(learnt.outcome.best_iou, abs=1e-6)


def test_best_checkpoint_says_where_it_comes_from(learnt: Run) -> None:
    content = load_checkpoint(learnt.outcome.best)
    assert content["commit"] == "abc123"
    assert content["validation"]["marscrop iou"] == learnt.outcome.best_iou
    each = content["each_photo"]["marscrop iou"]
    assert len(each) == 3
    assert sum(each) / 3 == pytest.approx(learnt.outcome.best_iou)
    assert Config.from_table(content["config"]) == tiny_config(train={"epochs": 10})


def test_run_keeps_its_configuration(learnt: Run) -> None:
    table = json.loads((learnt.folder / "config.json").read_text())
    assert Config.from_table(table) == tiny_config(train={"epochs": 10})


def test_same_configuration_gives_the_same_weights(records: Records, tmp_path: Path) -> None:
    config = tiny_config(augment={"zoom": 0.2, "brightness": 0.2})
    for name in ("one", "two"):
        train(config, records, tmp_path / name, ALONE)
    assert differing_contents(tmp_path / "one" / "last.pt", tmp_path / "two" / "last.pt") == []
    assert log_of(tmp_path / "one") == log_of(tmp_path / "two")


def test_other_seed_gives_other_weights(records: Records, tmp_path: Path) -> None:
    for seed in (0, 1):
        config = tiny_config(train={"epochs": 1, "seed": seed})
        train(config, records, tmp_path / str(seed), ALONE)
    assert differing(weights_of(tmp_path / "0/last.pt"), weights_of(tmp_path / "1/last.pt"))


def test_photos_prepared_by_other_processes_are_the_same(records: Records, tmp_path: Path) -> None:
    for workers in (0, 1):
        config = tiny_config(augment={"zoom": 0.2}, train={"epochs": 1, "workers": workers})
        train(config, records, tmp_path / str(workers), ALONE)
    assert differing(weights_of(tmp_path / "0/last.pt"), weights_of(tmp_path / "1/last.pt")) == []


def script_validation(monkeypatch: pytest.MonkeyPatch, ious: list[float]) -> None:
    """Validation finds these, epoch by epoch."""
    found: Iterator[float] = iter(ious)

    def validate(_: object) -> tuple[dict[str, float], dict[str, list[float]]]:
        iou = next(found)
        return {f"{PLACEMENT} iou": iou, f"{PLACEMENT} bde": 0.1}, {f"{PLACEMENT} iou": [iou] * 3}

    monkeypatch.setattr(loop._TrainingRun, "_validate", validate)


class KeepEpochs:
    """A reporter that keeps the last checkpoint of every epoch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def step(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        pass

    def epoch(self, line: dict[str, Any]) -> None:
        shutil.copy(self.folder / "last.pt", self.folder / f"epoch_{line['epoch']}.pt")


@pytest.mark.parametrize(
    ("ious", "best"),
    [
        ([0.3, 0.5, 0.4, 0.45], 1),
        ([0.5, 0.4, 0.3, 0.2], 0),
        ([0.1, 0.2, 0.3, 0.4], 3),
        ([0.3, 0.5, 0.5, 0.4], 1),  # the first of equals
        ([0.0, 0.0, 0.0, 0.0], 0),
    ],
)
def test_weights_of_the_best_epoch_are_kept(
    records: Records,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ious: list[float],
    best: int,
) -> None:
    script_validation(monkeypatch, ious)
    config = tiny_config(train={"epochs": 4})
    outcome = train(config, records, tmp_path, ALONE, reporter=KeepEpochs(tmp_path))
    assert (outcome.best_epoch, outcome.best_iou) == (best, ious[best])
    kept = weights_of(outcome.best)
    same = [e for e in range(4) if not differing(kept, weights_of(tmp_path / f"epoch_{e}.pt"))]
    assert same == [best]


@pytest.mark.parametrize(
    ("patience", "ious", "epochs"),
    [
        (1, [0.3, 0.5, 0.4], 3),
        (2, [0.3, 0.5, 0.4, 0.45], 4),
        (2, [0.3, 0.5, 0.4, 0.6, 0.5, 0.5], 6),
        (3, [0.5, 0.5, 0.5, 0.5], 4),  # an equal is not better
        (0, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], 7),  # never
        (7, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], 7),
    ],
)
def test_run_ends_after_its_patience(
    records: Records,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    patience: int,
    ious: list[float],
    epochs: int,
) -> None:
    script_validation(monkeypatch, ious)
    config = tiny_config(train={"epochs": 7, "patience": patience})
    train(config, records, tmp_path, ALONE)
    assert len(epochs_of(tmp_path)) == epochs


def test_run_that_ended_by_patience_stays_ended(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_config(train={"epochs": 7, "patience": 1})
    script_validation(monkeypatch, [0.5, 0.4])
    first = train(config, records, tmp_path, ALONE)
    script_validation(monkeypatch, [])
    assert train(config, records, tmp_path, ALONE) == first
    assert len(epochs_of(tmp_path)) == 2


def split_norms(weights: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What belongs to batch norms, of the backbone and of the rest."""
    with torch.device("meta"):
        model = Mars(tiny_config().model)
    norms = {
        f"{name}.{key}"
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.BatchNorm2d)
        for key in module.state_dict()
    }
    mine = {n: t for n, t in weights.items() if n in norms}
    backbone = {n: t for n, t in mine.items() if n.startswith("backbone.")}
    return backbone, {n: t for n, t in mine.items() if n not in backbone}


@pytest.fixture
def imagenet(tmp_path: Path) -> dict[str, Tensor]:
    """A checkpoint of the tiny backbone, no tensor of which is as PyTorch starts it."""
    torch.manual_seed(7)
    backbone = build_backbone(tiny_config().model)
    weights = {
        name: tensor * 0.9 + 0.05 if tensor.is_floating_point() else tensor
        for name, tensor in backbone.state_dict().items()
    }
    save_file(weights, tmp_path / "imagenet.safetensors")
    return {f"backbone.{name}": tensor for name, tensor in weights.items()}


def train_from(weights: Path, records: Records, **settings: Any) -> dict[str, Tensor]:
    config = tiny_config(train={"epochs": 1, **settings})
    config = dataclasses.replace(config, weights="imagenet.safetensors")
    train(config, records, weights / "run", ALONE, weights_dir=weights)
    return weights_of(weights / "run" / "last.pt")


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_batch_norms_of_the_backbone_stay_as_they_were_loaded(
    records: Records, tmp_path: Path, imagenet: dict[str, Tensor], frozen: bool
) -> None:
    trained = train_from(tmp_path, records, freeze_batch_norm=frozen)
    norms, _ = split_norms(trained)
    changed = differing(norms, {name: imagenet[name] for name in norms})
    assert len(norms) >= 5 * 10
    assert len(changed) == (0 if frozen else len(norms))


def test_frozen_batch_norms_leave_the_heads_to_be_trained(
    records: Records, tmp_path: Path, imagenet: dict[str, Tensor]
) -> None:
    trained = train_from(tmp_path, records, freeze_batch_norm=True)
    _, norms = split_norms(trained)
    torch.manual_seed(0)
    fresh = Mars(tiny_config().model).state_dict()
    assert set(differing(norms, {name: fresh[name] for name in norms})) == set(norms)


def test_frozen_batch_norms_leave_the_backbones_convolutions_to_be_trained(
    records: Records, tmp_path: Path, imagenet: dict[str, Tensor]
) -> None:
    trained = train_from(tmp_path, records, freeze_batch_norm=True)
    norms, _ = split_norms(trained)
    convolutions = [name for name in imagenet if name not in norms]
    assert all(not torch.equal(trained[name], imagenet[name]) for name in convolutions)


def test_backbone_with_a_rate_of_0_keeps_its_weights(
    records: Records, tmp_path: Path, imagenet: dict[str, Tensor]
) -> None:
    trained = train_from(tmp_path, records, freeze_batch_norm=True, backbone_lr_scale=0.0)
    assert differing({name: trained[name] for name in imagenet}, imagenet) == []
    assert not torch.equal(
        trained["meta.to_pwp.weight"], Mars(tiny_config().model).state_dict()["meta.to_pwp.weight"]
    )


def test_missing_imagenet_weights_are_named(records: Records, tmp_path: Path) -> None:
    config = dataclasses.replace(tiny_config(), weights="absent.safetensors")
    with pytest.raises(ModelError, match=r"absent\.safetensors: no such weights"):
        train(config, records, tmp_path / "run", ALONE, weights_dir=tmp_path)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("train", "got 6 to train on and 0 to validate on"),
        ("validation", "got 0 to train on and 3 to validate on"),
    ],
)
def test_photos_of_one_split_are_not_enough(
    records: Records, tmp_path: Path, split: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        train(tiny_config(), [r for r in records if r.split == split], tmp_path, ALONE)


def test_validation_photos_are_not_trained_on(records: Records, tmp_path: Path) -> None:
    """Another set of validation photos changes no weight."""
    fewer = [r for r in records if r.split == "train"]
    fewer += [r for r in records if r.split == "validation"][:1]
    for name, some in (("all", records), ("fewer", fewer)):
        train(tiny_config(train={"epochs": 1}), some, tmp_path / name, ALONE)
    assert (
        differing(weights_of(tmp_path / "all/last.pt"), weights_of(tmp_path / "fewer/last.pt"))
        == []
    )


@pytest.mark.parametrize(
    "variant",
    [
        {"ftm": False},
        {"pwp": False},
        {"ftm": False, "pwp": False},
        {"embedding": "none"},
        {"embedding": "nearest"},
        {"hidden_layers": 0},
        {"layer": "c2_2"},  # no deconvolution
    ],
    ids=str,
)
def test_variant_of_the_ablations_learns(
    records: Records, tmp_path: Path, variant: dict[str, Any]
) -> None:
    train(tiny_config(model=variant), records, tmp_path, ALONE)
    losses = [line["train_loss"] for line in epochs_of(tmp_path)]
    assert losses[2] < losses[0] - 0.02


class KeepSteps(KillAt):
    """A reporter that keeps the weights of every step but the last (saved at each step's end)."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.weights: list[dict[str, Tensor]] = []

    def step(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        if (self.folder / "last.pt").exists():
            self.weights.append(weights_of(self.folder / "last.pt"))


EMA = {"epochs": 2, "ema_decay": 0.7, "checkpoint_every_steps": 1}


def test_average_forgets_by_its_decay_a_step(records: Records, tmp_path: Path) -> None:
    kept = KeepSteps(tmp_path)
    train(tiny_config(train=EMA), records, tmp_path, ALONE, reporter=kept)
    steps = [*kept.weights, weights_of(tmp_path / "last.pt")]
    assert len(steps) == epochs_of(tmp_path)[-1]["step"]
    name = "meta.to_pwp.weight"
    expected = steps[0][name]
    for weights in steps[1:]:
        expected = 0.7 * expected + 0.3 * weights[name]
    average = load_checkpoint(tmp_path / "last.pt")["average"]
    torch.testing.assert_close(average[f"module.{name}"], expected)


def test_average_is_what_is_validated_and_kept(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validated = []

    def spy(model: Mars, config: Config, store: PhotoStore) -> TorchMaps:
        validated.append({name: t.clone() for name, t in model.state_dict().items()})
        return TorchMaps(model, config, store)

    monkeypatch.setattr(loop, "TorchMaps", spy)
    config = tiny_config(train={**EMA, "epochs": 1})
    train(config, records, tmp_path, ALONE)
    last = load_checkpoint(tmp_path / "last.pt")
    average = {n.removeprefix("module."): t for n, t in last["average"].items() if "module." in n}
    assert differing(weights_of(tmp_path / "best.pt"), average) == []
    assert differing(validated[0], average) == []
    assert differing(last["model"], average)


def test_bfloat16_changes_the_arithmetic_a_little(records: Records, tmp_path: Path) -> None:
    losses = []
    for bf16 in (False, True):
        folder = tmp_path / str(bf16)
        train(tiny_config(train={"epochs": 1, "bf16": bf16}), records, folder, ALONE)
        losses.append(epochs_of(folder)[0]["train_loss"])
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


@pytest.mark.parametrize(
    "change",
    [
        {"train": {"learning_rate": 1e-3}},
        {"train": {"epochs": 4}},
        {"train": {"seed": 1}},
        {"model": {"hidden_width": 9}},
        {"augment": {"flip": False}},
    ],
    ids=str,
)
def test_folder_of_another_configuration_is_refused_and_left_alone(
    records: Records, tmp_path: Path, change: dict[str, Any]
) -> None:
    with pytest.raises(KilledError):
        train(tiny_config(), records, tmp_path, ALONE, reporter=KillAt(epoch=1))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ConfigError, match="holds a run of another configuration") as caught:
        train(tiny_config(**change), records, tmp_path, ALONE)
    assert str(tmp_path) in str(caught.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_damaged_last_checkpoint_is_refused(records: Records, tmp_path: Path) -> None:
    (tmp_path / "last.pt").write_bytes(b"damaged")
    with pytest.raises(ModelError, match=r"last\.pt: not a readable checkpoint"):
        train(tiny_config(), records, tmp_path, ALONE)


def test_run_from_before_a_setting_existed_goes_on(records: Records, tmp_path: Path) -> None:
    config = tiny_config(train={"epochs": 1})
    train(config, records, tmp_path, ALONE)
    older = load_checkpoint(tmp_path / "last.pt")
    del older["config"]["augment"]["ratio_jitter"]
    save_checkpoint(tmp_path / "last.pt", older)
    assert train(config, records, tmp_path, ALONE).best_epoch == 0
