"""Methods without a network."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from marscrop.geometry import Box, Size, Window, centre_crop, largest_window
from marscrop.ratio import AspectRatio
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import ConfigError
from marscrop_research.evaluation import baselines
from marscrop_research.evaluation.baselines import (
    baseline,
    candidates,
    centre_scaled,
    saliency_window,
    sliding_windows,
    whole_image,
)

SQUARE = CropRecord(Path("a.jpg"), Size(160, 80), Window(0.0, 0.0, 40.0, 40.0), "test")
SQUARE_RATIO = AspectRatio(1, 1)


def bright(x0: int, y0: int, x1: int, y1: int) -> NDArray[np.float64]:
    """A map of 8 x 16 cells, ten pixels of `SQUARE` each, bright between cells."""
    found = np.zeros((8, 16))
    found[y0:y1, x0:x1] = 1
    return found


def test_whole_image_is_all_of_it() -> None:
    assert whole_image()(SQUARE) == {"whole image": Box(0, 0, 160, 80)}


@pytest.mark.parametrize(
    ("scale", "box"),
    [(1.0, Box(40, 0, 120, 80)), (0.5, Box(60, 20, 100, 60)), (0.9, Box(44, 4, 116, 76))],
)
def test_centre_is_scaled_about_the_middle(scale: float, box: Box) -> None:
    assert centre_scaled(scale)(SQUARE) == {f"centre {scale:g}": box}


@pytest.mark.parametrize("scale", [0.0, -0.5, 1.01, float("nan")])
def test_scale_out_of_range_is_refused(scale: float) -> None:
    with pytest.raises(ConfigError, match=r"in \(0, 1\]"):
        centre_scaled(scale)
    with pytest.raises(ConfigError, match=r"in \(0, 1\]"):
        saliency_window(lambda _: bright(0, 0, 1, 1), scale)


def test_largest_window_goes_where_saliency_is() -> None:
    """All placements of the largest square that hold the bright cells gather the same; of those
    the search takes the one nearest the middle."""
    assert saliency_window(lambda _: bright(0, 2, 3, 5))(SQUARE) == {"saliency": Box(0, 0, 80, 80)}
    assert saliency_window(lambda _: bright(14, 2, 16, 5))(SQUARE)["saliency"] == Box(
        80, 0, 160, 80
    )


def test_with_a_free_scale_it_closes_in_on_what_is_salient() -> None:
    """Four by four bright cells."""
    find = saliency_window(lambda _: bright(9, 2, 13, 6), 0.3)
    assert find(SQUARE) == {"saliency 0.3": Box(90, 20, 130, 60)}


@pytest.mark.parametrize("min_scale", [1.0, 0.3])
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_a_flat_map_gives_the_centre_crop(level: float, min_scale: float) -> None:
    (found,) = saliency_window(lambda _: np.full((7, 13), level), min_scale)(SQUARE).values()
    assert found == centre_crop(SQUARE.size, SQUARE_RATIO)


def test_map_of_a_photo_is_made_once_for_all_its_boxes() -> None:
    made = []

    def saliency(path: Path) -> NDArray[np.float64]:
        made.append(path)
        return bright(0, 0, 1, 1)

    find = saliency_window(saliency)
    other = CropRecord(Path("b.jpg"), Size(160, 80), SQUARE.box, "test")
    for record in (SQUARE, SQUARE, other):
        find(record)
    assert made == [Path("a.jpg"), Path("b.jpg")]


@pytest.mark.parametrize("image", [Size(160, 80), Size(333, 500), Size(64, 64), Size(7, 5)])
@pytest.mark.parametrize("ratio", [1.0, 16 / 9, 0.4])
def test_candidates_cover_the_image_each_once(image: Size, ratio: float) -> None:
    asked = AspectRatio(ratio, 1)
    boxes = candidates(image, asked)
    assert len(set(boxes)) == len(boxes)
    assert all(0 <= b.x0 < b.x1 <= image.width and 0 <= b.y0 < b.y1 <= image.height for b in boxes)
    for box in boxes:
        width, height = box.size
        assert abs(width - height * ratio) <= 0.5 or abs(height - width / ratio) <= 0.5
    for edges, ends in zip(zip(*boxes, strict=True), (0, 0, *image), strict=True):
        assert ends in edges  # each side of the image is touched
    assert boxes[0] == centre_crop(image, asked)
    widths = [b.size.width for b in boxes]
    assert widths == sorted(widths, reverse=True)
    assert min(widths) == pytest.approx(0.4 * largest_window(image, asked).width, abs=1)


def test_neighbouring_candidates_are_near() -> None:
    """At half the size: 4 % of 1000 px apart at most, from edge to edge."""
    boxes = [b for b in candidates(Size(1000, 500), AspectRatio(1, 1)) if b.size.width == 250]
    for low, free in ((0, 750), (1, 250)):
        places = sorted({b[low] for b in boxes})
        assert (places[0], places[-1]) == (0, free)
        assert max(np.diff(places)) <= 0.04 * (1000, 500)[low] + 1
        assert free / 2 in places


def test_about_as_many_candidates_as_the_paper_has() -> None:
    assert 800 < len(candidates(Size(1024, 683), AspectRatio(4, 3))) < 2500


def test_sliding_takes_what_the_scorer_likes_best() -> None:
    wanted = candidates(SQUARE.size, SQUARE_RATIO)[37]

    def score(path: Path, boxes: Sequence[Box]) -> list[float]:
        assert path == SQUARE.path
        return [float(box == wanted) for box in boxes]

    assert sliding_windows("mine", score)(SQUARE) == {"mine": wanted}


def test_sliding_with_no_preference_is_the_centre_crop() -> None:
    found = sliding_windows("mine", lambda _, boxes: [0.0] * len(boxes))(SQUARE)
    assert found == {"mine": Box(40, 0, 120, 80)}


@pytest.mark.parametrize(
    ("scores", "said"), [([1.0], r"got shape \(1,\), 0 not finite"), (None, "1 not finite")]
)
def test_scorer_that_fails_is_named(scores: list[float] | None, said: str) -> None:
    def score(_: Path, boxes: Sequence[Box]) -> list[float]:
        return scores or [float("nan"), *[0.0] * (len(boxes) - 1)]

    with pytest.raises(ConfigError, match=rf"mine: expected one finite score .*a\.jpg; .*{said}"):
        sliding_windows("mine", score)(SQUARE)


@pytest.mark.parametrize(
    ("text", "name"), [("whole", "whole image"), ("centre:0.85", "centre 0.85")]
)
def test_a_name_gives_its_baseline(text: str, name: str) -> None:
    assert list(baseline(text)(SQUARE)) == [name]


@pytest.mark.parametrize(
    ("text", "name", "box"),
    [
        ("saliency", "saliency", Box(0, 0, 80, 80)),
        ("saliency:0.3", "saliency 0.3", Box(0, 20, 30, 50)),
    ],
)
def test_saliency_by_name_is_the_built_in_map(
    text: str, name: str, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselines, "saliency_of", lambda _: bright(0, 2, 3, 5))
    assert baseline(text)(SQUARE) == {name: box}


def test_a_function_of_ones_own_scores_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_scorers.py").write_text(
        "def leftmost(path, boxes):\n    return [-box.x0 for box in boxes]\nnumber = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_scorers", raising=False)
    (found,) = baseline("sliding:my_scorers:leftmost")(SQUARE).items()
    assert found == ("sliding leftmost", Box(0, 0, 80, 80))
    with pytest.raises(ConfigError, match="my_scorers:number is no function; got 3"):
        baseline("sliding:my_scorers:number")
    with pytest.raises(ConfigError, match=r"no attribute 'rightmost'.*PYTHONPATH"):
        baseline("sliding:my_scorers:rightmost")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("center", "baseline must be whole, centre:SCALE .*; got 'center'"),
        ("centre:big", "baseline must be .*; got 'centre:big'"),
        ("sliding", "baseline must be .*; got 'sliding'"),
        ("sliding:no_such_module:f", "cannot be imported .*in PYTHONPATH"),
        ("centre:2", r"in \(0, 1\]; got 2"),
    ],
)
def test_other_names_are_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        baseline(text)
