"""Empty margins are never shown in place of content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marscrop.geometry import Box, Size, Window, largest_window
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits
from marscrop.window.content import limits_with_content
from marscrop.window.rounding import nearest_box


def test_all_content_asks_for_nothing() -> None:
    limits = Limits(Size(90, 60))
    for content in (None, Box(0, 0, 90, 60)):
        assert list(limits_with_content(limits, content, AspectRatio(1, 1))) == [limits]


@pytest.mark.parametrize(
    ("content", "ratio", "x", "y"),
    [
        (Box(600, 20, 890, 100), (1, 1), (600, 890), None),
        (Box(10, 300, 890, 420), (1, 1), None, (300, 420)),
        (Box(700, 10, 760, 590), (3, 1), (700, 760), None),
    ],
)
def test_content_is_held_where_it_fits(
    content: Box,
    ratio: tuple[int, int],
    x: tuple[int, int] | None,
    y: tuple[int, int] | None,
) -> None:
    asked = AspectRatio(*ratio)
    limits, free = limits_with_content(Limits(Size(900, 600)), content, asked)
    assert free == Limits(Size(900, 600))
    for start in (0.0, 200.0, 500.0):
        box = nearest_box(Window(start, 0, start + 300, 300 / asked.value), limits, asked)
        assert box is not None
        assert x is None or (box.x0 <= x[0] and x[1] <= box.x1)
        assert y is None or (box.y0 <= y[0] and y[1] <= box.y1)


@given(
    st.tuples(st.integers(20, 200), st.integers(20, 200)),
    st.tuples(*[st.floats(0, 1)] * 4),
    st.sampled_from([(1, 1), (16, 9), (4, 5), (3, 1), (1, 4)]),
)
def test_a_crop_holds_content_or_lies_in_it_on_each_axis(
    sides: tuple[int, int], edges: tuple[float, float, float, float], ratio: tuple[int, int]
) -> None:
    image, asked = Size(*sides), AspectRatio(*ratio)
    x0, x1 = (round(at * image.width) for at in sorted(edges[:2]))
    y0, y1 = (round(at * image.height) for at in sorted(edges[2:]))
    content = Box(x0, y0, max(x0, x1 - 1) + 1, max(y0, y1 - 1) + 1)
    content = Box(
        min(content.x0, image.width - 1),
        min(content.y0, image.height - 1),
        min(content.x1, image.width) if content.x1 <= image.width else image.width,
        min(content.y1, image.height),
    )
    limits, *_ = limits_with_content(Limits(image), content, asked)
    box = nearest_box(Window(0, 0, *largest_window(image, asked)), limits, asked)
    if box is None or limits == Limits(image):
        return
    for low, high, first, last in (
        (box.x0, box.x1, content.x0, content.x1),
        (box.y0, box.y1, content.y0, content.y1),
    ):
        assert (low <= first and last <= high) or (first <= low and high <= last)
