"""What is asked of a training photo beside its human crop."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from marscrop.geometry import Size, Window
from marscrop_research.config import AugmentConfig
from marscrop_research.data.records import CropRecord, RankedPair
from marscrop_research.training.augmentation import View
from marscrop_research.training.batches import ask_further, plan_epoch
from marscrop_research.training.further_targets import draw_pair, neighbour

RECORD = CropRecord(Path("a.jpg"), Size(300, 200), Window(150, 20, 290, 160), "train")
WHOLE = View.whole(RECORD.size)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("view", [WHOLE, View(Window(30, 10, 300, 190), flip=True)])
def test_neighbour_has_the_crops_scale_and_its_centre_where_there_is_room(view: View) -> None:
    human = view.box(RECORD.box)
    for seed in range(50):
        crop = neighbour(3, RECORD, view, 0.5, rng(seed))
        assert crop.row == 3
        shape = view.region.width / view.region.height
        assert crop.box.width * shape / crop.box.height == pytest.approx(math.exp(crop.log_ratio))
        assert max(crop.box.width, crop.box.height) == pytest.approx(max(human.width, human.height))
        assert min(crop.box) >= -1e-9
        assert max(crop.box) <= 1 + 1e-9
        for centre, wanted, side in zip(
            crop.box.centre, human.centre, (crop.box.width, crop.box.height), strict=True
        ):
            assert centre == pytest.approx(min(max(wanted, side / 2), 1 - side / 2))


def test_neighbour_of_the_same_ratio_is_the_human_crop() -> None:
    crop = neighbour(0, RECORD, WHOLE, 0.0, rng())
    assert crop.box == pytest.approx(WHOLE.box(RECORD.box))


def pair(first: Window, second: Window, votes: tuple[int, int] = (3, 2)) -> RankedPair:
    return RankedPair(RECORD.path, first, second, votes)


SEEN = Window(100, 50, 200, 150)


def test_pair_is_in_the_views_coordinates_with_its_votes() -> None:
    view = View(Window(100, 0, 300, 200), flip=True)
    found = draw_pair(2, [pair(SEEN, Window(150, 100, 300, 200))], view, rng())
    assert found is not None
    assert found.votes == (3, 2)
    assert found.first == (2, 0.0, Window(0.5, 0.25, 1.0, 0.75))
    assert found.second.box == pytest.approx((0, 0.5, 0.75, 1))
    assert found.second.log_ratio == pytest.approx(math.log(1.5))


def test_pairs_that_the_view_cuts_or_nobody_voted_on_are_passed_over() -> None:
    view = View(Window(100, 0, 300, 200))
    cut, unvoted = pair(SEEN, Window(50, 0, 150, 100)), pair(SEEN, SEEN, (0, 0))
    assert draw_pair(0, [cut, unvoted], view, rng()) is None
    assert draw_pair(0, [], view, rng()) is None
    good = pair(SEEN, Window(98, 0, 200, 100), (5, 0))  # by a hundredth of the view: still seen
    votes = {draw_pair(0, [cut, good, unvoted], view, rng(seed)).votes for seed in range(9)}  # type: ignore[union-attr]
    assert votes == {(5, 0)}


def test_plan_asks_each_photo_the_same_again_whatever_it_is_planned_with() -> None:
    others = [
        CropRecord(Path(f"{n}.jpg"), Size(300, 200), Window(0, 0, 90 + n, 90), "train")
        for n in range(5)
    ]

    def asked(records: list[CropRecord]) -> dict[str, object]:
        plan = plan_epoch(
            records, AugmentConfig(), batch_size=2, edge=64, multiple=16, seed=1, epoch=0
        )
        plan = ask_further(
            plan,
            neighbour_spread=0.4,
            pairs={RECORD.path: [pair(SEEN, SEEN), pair(SEEN, SEEN, (0, 5))]},
            seed=1,
            epoch=0,
        )
        return {
            batch.items[crop.row][0].path.name: (crop.log_ratio, crop.box)
            for batch in plan
            for crop in batch.further.neighbours
        }

    alone, together = asked([RECORD]), asked([*others, RECORD])
    assert set(together) == {"a.jpg", *(f"{n}.jpg" for n in range(5))}
    assert together["a.jpg"] == alone["a.jpg"]


def test_pairs_lie_behind_the_neighbours() -> None:
    plan = plan_epoch(
        [RECORD], AugmentConfig(), batch_size=2, edge=64, multiple=16, seed=1, epoch=0
    )
    (batch,) = ask_further(
        plan, neighbour_spread=0.4, pairs={RECORD.path: [pair(SEEN, WIDE)]}, seed=1, epoch=0
    )
    crops = batch.further.crops()
    assert len(crops) == 3
    assert [round(c.log_ratio, 3) for c in crops[1:]] == [0, round(math.log(2), 3)]
    assert torch.tensor([c.row for c in crops]).tolist() == [0, 0, 0]


WIDE = Window(100, 50, 200, 100)
