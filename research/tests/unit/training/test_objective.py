"""What training minimises, and runs that learn from more than human crops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from research.tests.support import ALONE, tiny_config
from research.tests.unit.training.runs import differing, epochs_of, weights_of

from marscrop.geometry import Size, Window
from marscrop_research.config import TrainConfig
from marscrop_research.data.fcdb import load_ranked_pairs
from marscrop_research.data.fixations import FixationRecord
from marscrop_research.data.records import CropRecord, RankedPair
from marscrop_research.errors import DataError
from marscrop_research.training.batches import Batch
from marscrop_research.training.further_targets import AskedCrop, AskedPair, Further
from marscrop_research.training.loop import train
from marscrop_research.training.losses import box_target, crop_loss
from marscrop_research.training.objective import Objective
from marscrop_research.training.supervision import Supervision
from marscrop_research.training.window_loss import PairLoss, WindowLoss

CPU = torch.device("cpu")
BOXES = torch.tensor([[0.1, 0.2, 0.5, 0.8], [0.0, 0.3, 0.9, 0.6]])
CROP = AskedCrop(1, 0.5, Window(0.2, 0.2, 0.6, 0.7))
OTHER = AskedCrop(0, -0.5, Window(0.0, 0.0, 0.5, 1.0))
FURTHER = Further((CROP,), (AskedPair(OTHER, CROP, (4, 1)),))


def batch(further: Further) -> Batch:
    return Batch(torch.zeros(2, 3, 8, 8), torch.tensor([0.1, 0.2]), BOXES, further)


def maps(count: int) -> torch.Tensor:
    return torch.randn(count, 6, 9, generator=torch.Generator().manual_seed(0))


def test_humans_alone_are_asked_once_a_photo() -> None:
    log_ratio, rows = Objective(TrainConfig()).asked(batch(Further()), CPU)
    assert rows is None
    assert log_ratio.tolist() == pytest.approx([0.1, 0.2])


def test_further_crops_are_asked_of_their_photo() -> None:
    log_ratio, rows = Objective(TrainConfig()).asked(batch(FURTHER), CPU)
    assert rows is not None
    assert log_ratio.tolist() == pytest.approx([0.1, 0.2, 0.5, -0.5, 0.5])
    assert rows.tolist() == [0, 1, 1, 0, 1]


def test_parts_are_weighted_as_configured() -> None:
    config = TrainConfig(
        cell_weight=0.3, window_weight=0.1, pair_weight=0.7, neighbour_weight=0.5, target="coverage"
    )
    logits = maps(5)

    def crops(logits: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        cells = crop_loss(logits, box_target(boxes, 6, 9, "coverage"))
        windows: torch.Tensor = WindowLoss(config.window_tolerance)(logits, boxes)
        return 0.3 * cells + 0.1 * windows

    near, far = torch.tensor([CROP.box]), torch.tensor([OTHER.box])
    pairs = PairLoss()(logits[3:, None], torch.stack([far, near]), torch.tensor([[4, 1]]))
    expected = crops(logits[:2], BOXES) + 0.5 * crops(logits[2:3], near) + 0.7 * pairs
    found = Objective(config)(logits, batch(FURTHER))
    assert float(found.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_only_learnt_parts_are_trained() -> None:
    assert not Objective(TrainConfig()).learns
    assert Objective(TrainConfig(window_weight=0.1)).learns
    assert Objective(TrainConfig(pair_weight=0.1)).learns


def looked_at(records: list[CropRecord]) -> FixationRecord:
    """One of the photos, where everybody looked at one corner."""
    return FixationRecord(records[0].path, records[0].size, np.tile([[0.9, 0.9]], (10, 1)))


def test_run_learns_from_everything_at_hand_and_stays_deterministic(
    fcdb: Path, records: list[CropRecord], tmp_path: Path
) -> None:
    supervision = Supervision(load_ranked_pairs(fcdb).pairs, (looked_at(records),))
    config = tiny_config(
        train={
            "epochs": 2,
            "pair_weight": 0.5,
            "neighbour_weight": 0.5,
            "window_weight": 0.1,
            "fixation_crops": True,
        }
    )
    for name in ("one", "two"):
        train(config, records, tmp_path / name, ALONE, supervision=supervision)
    assert differing(*(weights_of(tmp_path / name / "last.pt") for name in ("one", "two"))) == []
    plain = train(tiny_config(train={"epochs": 2}), records, tmp_path / "plain", ALONE)
    assert plain.last
    assert epochs_of(tmp_path / "one")[-1]["train_loss"] > 0
    assert differing(*(weights_of(tmp_path / name / "last.pt") for name in ("one", "plain"))) != []


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"pair_weight": 0.5}, "ranked pairs"), ({"fixation_crops": True}, "name their folders")],
)
def test_supervision_that_is_asked_for_and_missing_is_named(
    changes: dict[str, object], message: str, records: list[CropRecord], tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message):
        train(tiny_config(train=changes), records, tmp_path, ALONE)


def test_pairs_of_held_out_photos_are_not_learnt_from() -> None:
    held, shown = Path("held.jpg"), Path("shown.jpg")
    box = Window(0, 0, 4, 4)
    pairs = tuple(RankedPair(path, box, box, (3, 2)) for path in (held, shown, shown))
    record = CropRecord(shown, Size(8, 8), box, "train")
    used, _ = Supervision(pairs).used(TrainConfig(pair_weight=1.0), [record])
    assert used == {shown: list(pairs[1:])}
