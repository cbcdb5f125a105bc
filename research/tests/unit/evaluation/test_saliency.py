"""The spectral residual."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from marscrop.errors import ImageError
from marscrop_research.evaluation.saliency import saliency_of, spectral_residual


def waves_with_a_spot(rows: int, columns: int, row: int, column: int) -> NDArray[np.float64]:
    """A regular pattern with some noise, broken by a bright disc of seven pixels."""
    y, x = np.mgrid[:rows, :columns]
    noise = np.random.default_rng(0).normal(0, 3, (rows, columns))
    grey: NDArray[np.float64] = 100 + 30 * np.sin(x / 2) + 20 * np.sin(y / 3) + noise
    grey[(y - row) ** 2 + (x - column) ** 2 <= 9] = 220
    return grey


@pytest.mark.parametrize(("row", "column"), [(12, 16), (30, 44), (20, 32)])
def test_what_breaks_a_pattern_stands_out(row: int, column: int) -> None:
    found = spectral_residual(waves_with_a_spot(40, 64, row, column))
    assert found.shape == (40, 64)
    highest = np.unravel_index(found.argmax(), found.shape)
    assert np.abs(np.subtract(highest, (row, column))).max() <= 3
    assert found.max() > 5 * found.mean()


def test_is_never_negative_and_knows_no_unit() -> None:
    grey = np.random.default_rng(0).random((32, 48))
    found = spectral_residual(grey)
    assert (found >= 0).all()
    scaled = spectral_residual(grey * 255)
    np.testing.assert_allclose(scaled / scaled.max(), found / found.max(), rtol=1e-6)


@pytest.mark.parametrize("level", [0.0, 77.0])
def test_a_flat_picture_has_a_flat_map(level: float) -> None:
    found = spectral_residual(np.full((24, 64), level))
    assert np.ptp(found) <= 1e-9 * max(found.max(), 1e-300)


def test_of_a_photo_covers_the_whole_of_it_small(tmp_path: Path) -> None:
    grey = waves_with_a_spot(160, 256, 40, 200).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert saliency_of(tmp_path / "a.png").shape == (40, 64)


def test_a_photo_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        saliency_of(tmp_path / "a.png")
