"""What holds for every constraint: met to the pixel, by the best there is, or by none at all."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.properties.maps import maps
from tests.tried import tried

from marscrop.geometry import Box, Size, Window, iou, largest_window, longer_side, size_within, snap
from marscrop.ratio import AspectRatio
from marscrop.window.anchor import FREE, Anchor
from marscrop.window.candidates import best_crop, next_crop
from marscrop.window.conflict import explain_conflict
from marscrop.window.constrained_search import search_within
from marscrop.window.constraints import Limits
from marscrop.window.likelihood import integral_image, window_score
from marscrop.window.padded_crop import padded_crop
from marscrop.window.placement import Prior
from marscrop.window.rounding import nearest_box
from marscrop.window.scorer import MAX_CANDIDATE_IOU

Map = NDArray[np.float32]
PRIOR = Prior((0.7, 0.8, 0.95), sharpness=60)


ratios = st.builds(AspectRatio, st.integers(1, 8), st.integers(1, 8))
min_sizes = st.one_of(st.just(1.0), st.floats(0.05, 1))
shares = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))
anchors = st.one_of(st.just(FREE), st.builds(Anchor, shares, shares))


@st.composite
def boxes(draw: st.DrawFn, image: Size, longest: int) -> Box:
    width = draw(st.integers(1, min(longest, image.width)))
    height = draw(st.integers(1, min(longest, image.height)))
    x0 = draw(st.integers(0, image.width - width))
    y0 = draw(st.integers(0, image.height - height))
    return Box(x0, y0, x0 + width, y0 + height)


@st.composite
def limits_of(draw: st.DrawFn, longest_edge: int = 400) -> Limits:
    image = Size(draw(st.integers(8, longest_edge)), draw(st.integers(8, longest_edge)))
    keep = draw(st.lists(boxes(image, max(image) // 2), max_size=2))
    avoid = draw(st.lists(boxes(image, max(image) // 4), max_size=3))
    return Limits(image, tuple(keep), tuple(avoid), draw(min_sizes), draw(anchors))


def pinned_at(share: float, room: float, length: float, kept: tuple[float, float] | None) -> float:
    """Where the documentation says that an anchor puts a window."""
    low, high = (kept[1] - length, kept[0]) if kept else (0, room)
    return min(max(share * (room - length), low), high)


def meets(window: Window, limits: Limits, slack: float) -> bool:
    """The constraints, spelt out once more."""
    inside = (
        window.x0 >= -slack
        and window.y0 >= -slack
        and window.x1 <= limits.image.width + slack
        and window.y1 <= limits.image.height + slack
    )
    holds = all(
        window.x0 <= b.x0 + slack
        and window.y0 <= b.y0 + slack
        and window.x1 >= b.x1 - slack
        and window.y1 >= b.y1 - slack
        for b in limits.keep
    )
    clear = all(
        window.x1 <= b.x0 + slack
        or window.x0 >= b.x1 - slack
        or window.y1 <= b.y0 + slack
        or window.y0 >= b.y1 - slack
        for b in limits.avoid
    )
    if not (inside and holds and clear):
        return False
    hull, anchor = limits.hull, limits.anchor
    kept_x = (hull.x0, hull.x1) if hull else None
    kept_y = (hull.y0, hull.y1) if hull else None
    at_x = anchor.x is None or window.x0 == pytest.approx(
        pinned_at(anchor.x, limits.image.width, window.width, kept_x), abs=slack
    )
    at_y = anchor.y is None or window.y0 == pytest.approx(
        pinned_at(anchor.y, limits.image.height, window.height, kept_y), abs=slack
    )
    return at_x and at_y


def spread(
    pinned: float | None, room: float, length: float, kept: tuple[float, float] | None, steps: int
) -> list[float]:
    if pinned is not None:
        return [pinned_at(pinned, room, length, kept)]
    return list(np.linspace(0, max(room - length, 0), steps))


def best_by_brute_force(logits: Map, limits: Limits, ratio: AspectRatio, steps: int = 20) -> float:
    """Highest score over a dense grid of scales and positions that meet the limits."""
    integral = integral_image(logits)
    rows, columns = logits.shape
    image, hull = limits.image, limits.hull
    kept_x = (hull.x0, hull.x1) if hull else None
    kept_y = (hull.y0, hull.y1) if hull else None
    width = min(image.width, image.height * ratio.value)
    best = -np.inf
    for scale in np.linspace(limits.min_size, 1, steps):
        w, h = width * scale, width * scale / ratio.value
        lefts = spread(limits.anchor.x, image.width, w, kept_x, steps)
        tops = spread(limits.anchor.y, image.height, h, kept_y, steps)
        for x0, y0 in itertools.product(lefts, tops):
            window = Window(x0, y0, x0 + w, y0 + h)
            if meets(window, limits, 0.0):
                in_cells = window.scaled(columns / image.width, rows / image.height)
                best = max(best, window_score(integral, in_cells))
    return best


@tried(200)
@given(maps, limits_of(), ratios)
def test_window_meets_the_limits_and_tells_its_score(
    logits: Map, limits: Limits, ratio: AspectRatio
) -> None:
    found = search_within(logits, limits, ratio)
    assume(found is not None)
    assert found is not None
    image, window = limits.image, found.window
    assert meets(window, limits, 1e-6 * max(image))
    assert window.width / window.height == pytest.approx(ratio.value)
    largest = min(image.width, image.height * ratio.value)
    assert window.width >= limits.min_size * largest - 1e-6 * max(image)
    rows, columns = logits.shape
    in_cells = window.scaled(columns / image.width, rows / image.height)
    assert window_score(integral_image(logits), in_cells) == pytest.approx(found.score, abs=1e-4)


@tried(60)
@given(maps, limits_of(), ratios)
def test_no_window_of_a_dense_grid_beats_the_search(
    logits: Map, limits: Limits, ratio: AspectRatio
) -> None:
    best = best_by_brute_force(logits, limits, ratio)
    found = search_within(logits, limits, ratio)
    if found is None:
        assert best == -np.inf
    else:
        assert found.score >= best - 1e-4


@tried(100)
@given(maps, limits_of(), ratios)
def test_mirrored_limits_give_an_equally_good_window(
    logits: Map, limits: Limits, ratio: AspectRatio
) -> None:
    width = limits.image.width

    def mirrored(box: Box) -> Box:
        return Box(width - box.x1, box.y0, width - box.x0, box.y1)

    share = limits.anchor.x
    across = Limits(
        limits.image,
        tuple(map(mirrored, limits.keep)),
        tuple(map(mirrored, limits.avoid)),
        limits.min_size,
        Anchor(None if share is None else 1 - share, limits.anchor.y),
    )
    found, other = (
        search_within(logits, limits, ratio),
        search_within(logits[:, ::-1], across, ratio),
    )
    if found is not None and other is not None:
        assert found.score == pytest.approx(other.score, abs=1e-4)


def misses_by_px(size: Size, ratio: AspectRatio) -> float:
    across = abs(size.width - size.height * ratio.value)
    return min(across, abs(size.height - size.width / ratio.value))


@tried(300)
@given(maps, limits_of(), ratios)
def test_box_meets_the_limits_to_the_pixel(logits: Map, limits: Limits, ratio: AspectRatio) -> None:
    box = best_crop(logits, limits, ratio, PRIOR)
    if box is None:
        assert explain_conflict(limits, ratio)  # there is always something to say
        return
    assert Box(0, 0, *limits.image).holds(box)
    assert all(box.holds(kept) for kept in limits.keep)
    assert not any(box.overlaps(avoided) for avoided in limits.avoid)
    assert misses_by_px(box.size, ratio) <= 0.5 + 1e-6 or 1 in box.size
    largest = longer_side(largest_window(limits.image, ratio), ratio)
    assert longer_side(box.size, ratio) >= limits.min_size * largest - 1


@tried(150)
@example(  # with an anchor, easing what is kept brings the window into what is avoided
    Limits(
        Size(8, 15),
        (Box(6, 0, 7, 1),),
        (Box(4, 0, 5, 1),),
        1.0,
        Anchor(0.0, None),
    ),
    AspectRatio(1, 7),
    0,
)
@given(limits_of(longest_edge=24), ratios, st.integers(0, 2**32 - 1))
def test_a_crop_is_found_wherever_whole_pixels_allow_one(
    limits: Limits, ratio: AspectRatio, seed: int
) -> None:
    logits = np.random.default_rng(seed).normal(0, 1, (4, 5)).astype(np.float32)
    largest = int(longer_side(largest_window(limits.image, ratio), ratio))
    sizes = {
        size_within(longer, limits.image, ratio)
        for longer in range(min(limits.smallest(ratio), largest), largest + 1)
    }
    possible = any(
        limits.allow(Box(x0, y0, x0 + size.width, y0 + size.height), ratio)
        for size in sizes
        for x0 in range(limits.image.width - size.width + 1)
        for y0 in range(limits.image.height - size.height + 1)
    )
    assert (best_crop(logits, limits, ratio, PRIOR) is not None) == possible


@tried(200)
@given(maps, limits_of(), ratios)
def test_a_crop_can_be_kept(logits: Map, limits: Limits, ratio: AspectRatio) -> None:
    free = best_crop(logits, Limits(limits.image, min_size=limits.min_size), ratio, PRIOR)
    assert free is not None
    around = best_crop(logits, Limits(limits.image, (free,), min_size=0.05), ratio, PRIOR)
    assert around is not None
    assert around.holds(free)


@tried(200)
@given(maps, limits_of(), ratios)
def test_without_constraints_the_box_is_what_snap_gives(
    logits: Map, limits: Limits, ratio: AspectRatio
) -> None:
    free = Limits(limits.image, min_size=limits.min_size)
    found = search_within(logits, free, ratio)
    assert found is not None
    assert nearest_box(found.window, free, ratio) == snap(found.window, limits.image, ratio)


@tried(60)
@given(maps, limits_of(), ratios)
def test_further_crops_are_clear_of_better_ones(
    logits: Map, limits: Limits, ratio: AspectRatio
) -> None:
    first = best_crop(logits, limits, ratio, PRIOR)
    found = [first] if first else []
    while 0 < len(found) < 4 and (further := next_crop(logits, limits, ratio, found)):
        found.append(further)
    for better, worse in itertools.combinations(found, 2):
        assert iou(better, worse) <= MAX_CANDIDATE_IOU
    assert all(limits.allow(box, ratio) for box in found)


@tried(200)
@given(maps, limits_of(), ratios)
def test_padding_comes_to_the_ratio_and_meets_the_limits(
    logits: Map, limits: Limits, ratio: AspectRatio
) -> None:
    padded = padded_crop(logits, limits, ratio)
    if padded is None:
        assert best_crop(logits, limits, ratio, PRIOR) is None
        assert "fallback" not in explain_conflict(limits, ratio)  # which would not help
        return
    box, margins = padded
    assert Box(0, 0, *limits.image).holds(box)
    assert all(box.holds(kept) for kept in limits.keep)
    assert not any(box.overlaps(avoided) for avoided in limits.avoid)
    assert min(margins) >= 0
    left, top, right, bottom = margins
    canvas = Size(left + box.size.width + right, top + box.size.height + bottom)
    assert misses_by_px(canvas, ratio) <= 0.5 + 1e-6 or 1 in canvas
