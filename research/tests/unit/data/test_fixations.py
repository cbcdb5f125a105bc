"""Photos with fixations, and the crops that are made of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marscrop.geometry import Size
from marscrop.ratio import AspectRatio
from marscrop.window.placement import Prior
from marscrop_research.data.fixations import (
    RATIOS,
    FixationRecord,
    crops_to_learn,
    load_fixations,
)
from marscrop_research.errors import DataError

PRIOR = Prior((0.9, 0.9), 60.0)


def folder_with(tmp_path: Path, fixations: object) -> Path:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (80, 40)).save(tmp_path / "images" / "a.png")
    (tmp_path / "fixations.json").write_text(json.dumps(fixations))
    return tmp_path


def looked_at(x: float, y: float, count: int = 20) -> FixationRecord:
    """Everybody looked at one point of a photo of 200 x 100 px."""
    return FixationRecord(Path("a.png"), Size(200, 100), np.tile([[x, y]], (count, 1)))


def test_photos_come_with_their_points(tmp_path: Path) -> None:
    loaded = load_fixations(folder_with(tmp_path, {"a.png": [[0.25, 0.5], [1, 0]]}))
    (photo,) = loaded.photos
    assert photo.size == (80, 40)
    assert photo.points.tolist() == [[0.25, 0.5], [1, 0]]
    assert loaded.skipped == ()


@pytest.mark.parametrize(
    "points", [[], [[0.5]], [[0.5, 1.2]], [[0.5, -0.1]], [["a", "b"]], "points", [[0.5, 0.5], [1]]]
)
def test_bad_points_are_skipped_and_reported(tmp_path: Path, points: object) -> None:
    loaded = load_fixations(folder_with(tmp_path, {"a.png": points}))
    assert loaded.photos == ()
    (problem,) = loaded.skipped
    assert problem.place == "fixations.json, 'a.png'"
    assert "expected a list" in problem.reason


def test_missing_photo_is_skipped_and_folder_without_file_refused(tmp_path: Path) -> None:
    assert len(load_fixations(folder_with(tmp_path, {"b.png": [[0, 0]]})).skipped) == 1
    with pytest.raises(DataError, match=r"images/ and fixations\.json"):
        load_fixations(tmp_path / "images")


def test_density_is_where_people_looked() -> None:
    density = looked_at(0.8, 0.2).density()
    row, column = np.unravel_index(density.argmax(), density.shape)
    assert (column / 48, row / 48) == pytest.approx((0.8, 0.2), abs=1 / 48)
    assert density.mean() == pytest.approx(1)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 4.0])
def test_crop_has_the_ratio_and_holds_what_people_looked_at(ratio: float) -> None:
    record = looked_at(0.9, 0.2).crop(AspectRatio(ratio, 1), PRIOR)
    assert record.box.width / record.box.height == pytest.approx(ratio)
    assert record.box.x0 <= 180 <= record.box.x1
    assert record.box.y0 <= 20 <= record.box.y1
    assert record.split == "train"


def test_every_epoch_asks_for_other_ratios_and_the_same_epoch_for_the_same() -> None:
    photos = [looked_at(0.5, 0.5)]
    (first,), (again,), (other,) = (crops_to_learn(photos, PRIOR, 1, e) for e in (0, 0, 1))
    assert first == again
    assert first.ratio.value != other.ratio.value
    many = [crops_to_learn(photos, PRIOR, 1, e)[0].ratio.value for e in range(40)]
    assert RATIOS[0] <= min(many) < 0.6 < 1.6 < max(many) <= RATIOS[1]
