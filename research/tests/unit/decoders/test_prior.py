"""The prior is what people's crops are like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.data.records import CropRecord
from marscrop_research.decoders.prior import fit_prior, scale_of
from marscrop_research.errors import DataError

PHOTO = Size(300, 200)


def record(ratio: float, scale: float) -> CropRecord:
    width = min(300, 200 * ratio) * scale
    return CropRecord(Path("a.jpg"), PHOTO, Window(0, 0, width, width / ratio), "train")


def test_scale_is_a_share_of_the_largest_window() -> None:
    assert scale_of(record(1.5, 0.7)) == pytest.approx(0.7)
    assert scale_of(record(0.5, 0.4)) == pytest.approx(0.4)
    assert scale_of(CropRecord(Path("a"), PHOTO, Window(0, 0, 300.4, 200.3), "train")) <= 1


def test_quantile_is_of_crops_with_that_slack() -> None:
    """Scales from 0.5 to 0.7 at the photo's own ratio, 0.8 to 1 where half of it is left."""
    rng = np.random.default_rng(0)
    near = [record(1.5, s) for s in rng.uniform(0.5, 0.7, 2000)]
    far = [record(0.75, s) for s in rng.uniform(0.8, 1.0, 2000)]
    prior = fit_prior([*near, *far], quantile=0.6, sharpness=7)
    assert prior.scale(PHOTO, AspectRatio(3, 2)) == pytest.approx(0.62, abs=0.01)
    assert prior.scale(PHOTO, AspectRatio(3, 4)) == pytest.approx(0.92, abs=0.01)
    assert prior.sharpness == 7
    higher = fit_prior([*near, *far], quantile=0.9)
    assert higher.scale(PHOTO, AspectRatio(3, 2)) == pytest.approx(0.68, abs=0.01)


def test_slacks_that_no_crop_has_get_the_nearest_ones() -> None:
    rng = np.random.default_rng(0)
    prior = fit_prior([record(1.2, s) for s in rng.uniform(0.5, 0.7, 200)], quantile=0.5)
    for ratio in (1.5, 0.1, 20):
        assert prior.scale(PHOTO, AspectRatio(ratio, 1)) == pytest.approx(0.6, abs=0.02)


def test_few_crops_are_enough_and_none_are_not() -> None:
    assert fit_prior([record(1.5, 0.7)]).scale(PHOTO, AspectRatio(3, 2)) == pytest.approx(0.7)
    with pytest.raises(DataError, match="got none"):
        fit_prior([])
