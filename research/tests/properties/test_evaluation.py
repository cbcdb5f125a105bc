"""What holds for all crops: metrics, protocols, intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.tried import tried

from marscrop.geometry import Box, Size, Window
from marscrop_research.data.records import PhotoRecord
from marscrop_research.evaluation.agreement import agreement
from marscrop_research.evaluation.bootstrap import Bootstrap
from marscrop_research.evaluation.several_boxes import best_of_n, max_gt, strict

IMAGE = Size(200, 120)
FLOAT_NOISE = 1e-9


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0 = draw(st.integers(0, IMAGE.width - 1))
    y0 = draw(st.integers(0, IMAGE.height - 1))
    x1, y1 = draw(st.integers(x0 + 1, IMAGE.width)), draw(st.integers(y0 + 1, IMAGE.height))
    return Box(x0, y0, x1, y1)


@st.composite
def answered_photos(draw: st.DrawFn) -> tuple[PhotoRecord, list[Box]]:
    pairs = draw(st.lists(st.tuples(boxes(), boxes()), min_size=1, max_size=6))
    humans = tuple(Window(*map(float, human)) for human, _ in pairs)
    photo = PhotoRecord(Path("a.jpg"), IMAGE, humans, None, "test")
    return photo, [answer for _, answer in pairs]


@st.composite
def entries(draw: st.DrawFn) -> tuple[list[int], np.ndarray]:
    """Which photo each entry belongs to, and its values."""
    photo_of = draw(st.lists(st.integers(0, 8), min_size=1, max_size=25))
    value = st.floats(-1e3, 1e3, allow_subnormal=False)
    values = draw(st.lists(value, min_size=len(photo_of), max_size=len(photo_of)))
    return photo_of, np.array(values)


@given(boxes(), boxes())
def test_agreement_is_symmetric_and_in_range(a: Box, b: Box) -> None:
    found = agreement(a, b, IMAGE)
    assert found == agreement(b, a, IMAGE)
    assert 0 <= found.iou <= 1
    assert 0 <= found.bde < 1
    assert 0 <= found.offset_px < np.hypot(*IMAGE)
    assert (found == (1, 0, 0)) == (a == b)


@given(boxes(), boxes())
def test_mirroring_both_changes_nothing(a: Box, b: Box) -> None:
    c, d = (Box(IMAGE.width - x1, y0, IMAGE.width - x0, y1) for x0, y0, x1, y1 in (a, b))
    np.testing.assert_allclose(agreement(c, d, IMAGE), agreement(a, b, IMAGE), atol=FLOAT_NOISE)


@given(boxes(), boxes(), st.integers(2, 9))
def test_only_the_offset_knows_the_size_of_the_photo(a: Box, b: Box, times: int) -> None:
    small = agreement(a, b, IMAGE)
    c, d = (Box(*(times * edge for edge in box)) for box in (a, b))
    large = agreement(c, d, Size(times * IMAGE.width, times * IMAGE.height))
    expected = small.iou, small.bde, times * small.offset_px
    np.testing.assert_allclose(large, expected, atol=FLOAT_NOISE)


@given(answered_photos())
def test_order_of_the_protocols(case: tuple[PhotoRecord, list[Box]]) -> None:
    of_strict = [e.iou for e in strict(*case)]
    of_max_gt = [e.iou for e in max_gt(*case)]
    (best,) = best_of_n(*case)
    assert all(s <= m for s, m in zip(of_strict, of_max_gt, strict=True))
    assert best.iou == max(of_strict)
    assert best in strict(*case)


@tried(50)
@given(entries(), st.integers(0, 5))
def test_interval_contains_the_mean(case: tuple[list[int], np.ndarray], seed: int) -> None:
    photo_of, values = case
    found = Bootstrap(photo_of, 400, seed).mean(values)
    assert found.low - FLOAT_NOISE <= found.mean <= found.high + FLOAT_NOISE
    assert values.min() - FLOAT_NOISE <= found.low
    assert found.high <= values.max() + FLOAT_NOISE


@tried(50)
@given(entries())
def test_a_method_differs_from_itself_by_exactly_nothing(
    case: tuple[list[int], np.ndarray],
) -> None:
    photo_of, values = case
    assert Bootstrap(photo_of, 50).difference(values, values.copy()) == (0.0, 0.0, 0.0)


@tried(50)
@given(entries(), st.floats(-100, 100))
def test_a_shift_of_all_values_shifts_the_interval(
    case: tuple[list[int], np.ndarray], shift: float
) -> None:
    photo_of, values = case
    bootstrap = Bootstrap(photo_of, 100)
    moved = np.subtract(bootstrap.mean(values + shift), bootstrap.mean(values))
    np.testing.assert_allclose(moved, shift, atol=1e-8)


@tried(50)
@given(entries())
def test_differences_the_other_way_round_are_mirrored(
    case: tuple[list[int], np.ndarray],
) -> None:
    photo_of, values = case
    bootstrap, other = Bootstrap(photo_of, 100), values[::-1]
    there, back = bootstrap.difference(values, other), bootstrap.difference(other, values)
    np.testing.assert_allclose(
        (there.mean, there.low, there.high), (-back.mean, -back.high, -back.low), atol=1e-8
    )
