"""VFN and VEN: what their losses ask for, and that they learn it."""

from __future__ import annotations

import pytest
import torch
from research.tests.unit.systems.made_batches import (
    RATIOS,
    SIZE,
    assert_learns,
    assert_legal_answer,
    lit_batch,
)

from marscrop.geometry import Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.photo_features import Ranked
from marscrop_research.systems.scoring import compared_loss, compared_windows, hinge
from marscrop_research.systems.system import System
from marscrop_research.systems.ven import VEN
from marscrop_research.systems.vfn import VFN

A, B = Window(0, 0, 0.5, 0.5), Window(0.5, 0.5, 1, 1)


def test_hinge_by_hand() -> None:
    better, worse = torch.tensor([2.0, 1.0, 0.0]), torch.tensor([0.0, 0.5, 1.0])
    assert hinge(better, worse).tolist() == [0, 0.5, 2]


def test_photos_with_fewer_pairs_are_filled_up_without_weight() -> None:
    batch = lit_batch(2)._replace(ranked=((Ranked(A, B, 0.6), Ranked(B, A, 0.2)), ()))
    windows, margins = compared_windows(batch)
    assert windows.shape == (2, 4, 4)
    assert windows[0].tolist() == [list(w) for w in (A, B, B, A)]
    torch.testing.assert_close(margins, torch.tensor([[0.6, 0.2], [0, 0]]))


def test_surer_pairs_count_more() -> None:
    margins = torch.tensor([[3.0, 1.0]])
    wrong_sure = compared_loss(torch.tensor([[0.0, 2.0, 1.0, 0.0]]), margins)
    wrong_unsure = compared_loss(torch.tensor([[2.0, 0.0, 0.0, 1.0]]), margins)
    assert wrong_sure.item() == pytest.approx(3 * 2 / 4)
    assert wrong_unsure.item() == pytest.approx(2 / 4)


@pytest.mark.parametrize("kind", [VFN, VEN])
@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_answers_are_legal(kind: type[System], ratio: AspectRatio) -> None:
    torch.manual_seed(0)
    assert_legal_answer(kind().eval(), SIZE, ratio)


@pytest.mark.parametrize("kind", [VFN, VEN])
def test_it_learns(kind: type[System]) -> None:
    torch.manual_seed(0)
    assert_learns(kind(), 25)


@pytest.mark.parametrize("kind", [VFN, VEN])
def test_people_s_preferences_count(kind: type[System]) -> None:
    """With the pairs turned round the loss is another."""
    torch.manual_seed(0)
    system, batch = kind().eval(), lit_batch(4)
    turned = tuple(tuple(Ranked(p.worse, p.better, p.margin) for p in of) for of in batch.ranked)
    with torch.no_grad():
        losses = [
            float(system.loss(b, torch.Generator().manual_seed(0)))
            for b in (batch, batch._replace(ranked=turned))
        ]
    assert losses[0] != losses[1]
