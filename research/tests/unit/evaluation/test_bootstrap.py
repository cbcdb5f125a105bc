"""Intervals by resampling photos."""

from __future__ import annotations

import numpy as np
import pytest

from marscrop_research.evaluation.bootstrap import Bootstrap, difference_of_runs


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float64)


def test_mean_runs_over_entries_not_photos() -> None:
    """Three boxes of one photo, one of the other."""
    assert Bootstrap([0, 0, 0, 1]).mean(values(1, 1, 1, 0)).mean == 0.75


def test_a_photos_boxes_stay_together() -> None:
    """Two photos are drawn as AA, AB or BB: the mean is 1, 3/4 or 0, and nothing else."""
    found = Bootstrap([0, 0, 0, 1]).mean(values(1, 1, 1, 0))
    assert (found.low, found.high) == (0.0, 1.0)
    alone = [
        Bootstrap([0, 0, 0, 1], resamples=1, seed=s).mean(values(1, 1, 1, 0)) for s in range(40)
    ]
    assert {e.low for e in alone} == {0.0, 0.75, 1.0}


def test_interval_is_the_one_of_the_normal_law_for_many_photos() -> None:
    """500 photos of which 150 hit: sqrt(0.3 x 0.7 / 500) is the deviation of the mean."""
    hits = np.repeat([1.0, 0.0], [150, 350])
    found = Bootstrap(range(500)).mean(hits)
    deviation = (0.3 * 0.7 / 500) ** 0.5
    assert found.mean == pytest.approx(0.3)
    assert found.low == pytest.approx(0.3 - 1.96 * deviation, abs=0.004)
    assert found.high == pytest.approx(0.3 + 1.96 * deviation, abs=0.004)


def test_ten_copies_of_each_box_tell_no_more() -> None:
    """As boxes they would shrink the interval by the square root of ten."""
    rng = np.random.default_rng(0)
    once = rng.random(60)
    found = Bootstrap(np.arange(60)).mean(once)
    copied = Bootstrap(np.arange(60).repeat(10)).mean(once.repeat(10))
    assert copied == pytest.approx(found)


def test_photos_need_no_order_and_no_names_from_zero() -> None:
    sorted_ = Bootstrap([0, 0, 1, 2]).mean(values(1, 2, 3, 4))
    mixed = Bootstrap([30, 10, 20, 10]).mean(values(4, 1, 3, 2))
    assert mixed == sorted_


def test_what_is_hard_for_both_cancels_out_of_a_difference() -> None:
    """Photos differ widely, the methods by 0.1 on each: paired, that is certain."""
    hard = np.linspace(0, 1, 20)
    bootstrap = Bootstrap(range(20))
    found = bootstrap.difference(hard + 0.1, hard)
    assert found == pytest.approx((0.1, 0.1, 0.1))
    assert bootstrap.mean(hard).high - bootstrap.mean(hard).low > 0.2


def test_difference_has_the_sign_of_the_first() -> None:
    found = Bootstrap([0, 1, 2]).difference(values(1, 1, 1), values(0, 0.5, 0))
    assert found.mean == pytest.approx(2.5 / 3)


def test_seed_decides() -> None:
    numbers = np.random.default_rng(1).random(30)
    found, again, other = (Bootstrap(range(30), seed=s).mean(numbers) for s in (3, 3, 4))
    assert found == again
    assert found != other
    assert found.mean == other.mean


def test_a_single_photo_has_no_spread() -> None:
    assert Bootstrap([7, 7]).mean(values(0.25, 0.75)) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("photo_of", "resamples"), [([], 100), ([0, 1], 0)], ids=["no entries", "no resamples"]
)
def test_nothing_to_resample_is_refused(photo_of: list[int], resamples: int) -> None:
    with pytest.raises(ValueError, match="at least one entry and one resample"):
        Bootstrap(photo_of, resamples)


def test_a_value_too_many_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 2 values, one an entry; got shape \(3,\)"):
        Bootstrap([0, 1]).mean(values(1, 2, 3))


def test_difference_of_runs_knows_the_scatter_of_photos_and_of_runs() -> None:
    """Independent scatter of 200 photos and 3 runs a side, each resampled as it was drawn."""
    rng = np.random.default_rng(0)
    hard = rng.normal(0.7, 0.1, 200)
    paired = difference_of_runs(np.stack([hard + 0.02] * 3), np.stack([hard] * 3))
    assert paired == pytest.approx((0.02, 0.02, 0.02))  # what is hard about a photo cancels

    photos = rng.normal(0, 0.1, 200)
    one = difference_of_runs((hard + photos)[None], hard[None])
    assert one.high - one.low == pytest.approx(2 * 1.96 * 0.1 / 200**0.5, rel=0.15)

    runs = np.stack([hard - 0.01, hard, hard + 0.01])
    both = difference_of_runs(runs, runs)
    deviation = (2 * (0.01**2 * 2 / 3) / 3) ** 0.5
    assert both.mean == pytest.approx(0)
    assert both.high == pytest.approx(1.96 * deviation, rel=0.2)
    assert both.low == pytest.approx(-1.96 * deviation, rel=0.2)


@pytest.mark.parametrize("shapes", [((2, 5), (2, 4)), ((5,), (5,)), ((0, 5), (1, 5))])
def test_difference_of_other_photos_or_no_runs_is_refused(
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    ours, other = map(np.zeros, shapes)
    with pytest.raises(ValueError, match="of the same photos; got"):
        difference_of_runs(ours, other)
