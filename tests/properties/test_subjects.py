"""What holds for whatever a network sees in a photo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.properties.maps import maps
from tests.properties.test_geometry import ratios
from tests.tried import tried

from marscrop.geometry import Box, Size, Window, has_ratio
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import Subject, SubjectMap
from marscrop.window.anchor import Anchor
from marscrop.window.constraints import Limits
from marscrop.window.framing import framed_crop, subject_hulls
from marscrop.window.placement import Prior, place_window

sizes = st.builds(Size, st.integers(8, 300), st.integers(8, 300))


def _subject(x: float, y: float, width: float, height: float, score: float) -> Subject:
    return Subject(Window(x, y, x + width, y + height), score)


_edges, _sides = st.floats(-50, 300), st.floats(0.01, 300)
_seen = st.lists(
    st.builds(_subject, _edges, _edges, _sides, _sides, st.floats(0.1, 1)), max_size=5
).map(tuple)


@st.composite
def subject_maps(draw: st.DrawFn) -> SubjectMap:
    """Any heads and subjects, wherever they lie [px], and any gaze."""
    shape = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    gaze = random.random(shape) ** draw(st.sampled_from([0.0, 1.0, 9.0]))
    return SubjectMap((gaze / gaze.sum()).astype(np.float32), draw(_seen), draw(_seen))


@st.composite
def limits_on(draw: st.DrawFn, size: Size) -> Limits:
    """Boxes to keep and to avoid, an anchor and a least size, which may contradict each other."""

    def box() -> Box:
        x0, y0 = draw(st.integers(0, size.width - 1)), draw(st.integers(0, size.height - 1))
        x1 = draw(st.integers(x0 + 1, size.width))
        return Box(x0, y0, x1, draw(st.integers(y0 + 1, size.height)))

    share = st.one_of(st.none(), st.floats(0, 1))
    keep = tuple(box() for _ in range(draw(st.integers(0, 2))))
    avoid = tuple(box() for _ in range(draw(st.integers(0, 2))))
    return Limits(size, keep, avoid, draw(st.floats(0.05, 1)), Anchor(draw(share), draw(share)))


@tried(100)
@given(maps, subject_maps(), sizes, ratios, st.floats(0.2, 1), st.floats(0, 1))
def test_placed_window_lies_inside_and_has_the_ratio(
    logits: NDArray[np.float32],
    subjects: SubjectMap,
    size: Size,
    ratio: AspectRatio,
    scale: float,
    least: float,
) -> None:
    prior = Prior((scale, scale), 60.0)
    window = place_window(logits, size, ratio, prior, least, subjects)
    assert window.width / window.height == pytest.approx(ratio.value)
    assert window.width >= max(scale, least) * min(size.width, size.height * ratio.value) - 1e-6
    assert window.x0 >= -1e-6
    assert window.y0 >= -1e-6
    assert window.x1 <= size.width + 1e-6
    assert window.y1 <= size.height + 1e-6
    assert place_window(logits, size, ratio, prior, least, subjects) == window


@tried(200)
@given(st.data(), maps, subject_maps(), sizes, ratios)
def test_framed_crop_meets_the_limits_and_holds_the_subject(
    data: st.DataObject,
    logits: NDArray[np.float32],
    subjects: SubjectMap,
    size: Size,
    ratio: AspectRatio,
) -> None:
    limits = data.draw(limits_on(size))
    box = framed_crop(logits, subjects, limits, ratio)
    if box is None:
        return
    assert any(box.holds(hull) for hull in subject_hulls(subjects, size, ratio))
    assert has_ratio(box.size, ratio)
    assert Box(0, 0, *size).holds(box)
    assert limits.allow(box, ratio)
