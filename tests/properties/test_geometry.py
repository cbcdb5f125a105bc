"""What holds for every image and ratio."""

import math

from hypothesis import given
from hypothesis import strategies as st

from marscrop.geometry import Box, Size, Window, fit_longest_edge, iou, largest_window, snap
from marscrop.ratio import AspectRatio

sides = st.integers(1, 100_000)
sizes = st.builds(Size, sides, sides)
ratios = st.builds(AspectRatio, st.integers(1, 100), st.integers(1, 100))
coordinates = st.floats(-1e4, 2e5)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    x0, y0 = draw(coordinates), draw(coordinates)
    return Window(x0, y0, x0 + draw(st.floats(0.01, 2e5)), y0 + draw(st.floats(0.01, 2e5)))


def misses_by_px(size: Size, ratio: AspectRatio) -> float:
    """How far one side is from what the other asks for; the smaller of the two ways to see it."""
    across = abs(size.width - size.height * ratio.value)
    down = abs(size.height - size.width / ratio.value)
    return min(across, down)


@given(sizes, ratios)
def test_largest_window_fits_and_touches(image: Size, ratio: AspectRatio) -> None:
    size = largest_window(image, ratio)
    assert 1 <= size.width <= image.width
    assert 1 <= size.height <= image.height
    assert size.width == image.width or size.height == image.height or 1 in size


@given(windows(), sizes, ratios)
def test_snapped_box_lies_inside_and_keeps_the_ratio(
    window: Window, image: Size, ratio: AspectRatio
) -> None:
    box = snap(window, image, ratio)
    assert 0 <= box.x0 < box.x1 <= image.width
    assert 0 <= box.y0 < box.y1 <= image.height
    # Where a side would be under half a pixel it is 1 px all the same.
    assert misses_by_px(box.size, ratio) <= 0.5 + 1e-6 or 1 in box.size


@given(windows(), sizes, ratios)
def test_snapping_twice_changes_nothing(window: Window, image: Size, ratio: AspectRatio) -> None:
    once = snap(window, image, ratio)
    again = snap(Window(*map(float, once)), image, ratio)
    assert again == once


@given(windows(), windows())
def test_iou_is_symmetric_and_bounded(a: Window, b: Window) -> None:
    assert 0 <= iou(a, b) <= 1 + 1e-9
    assert math.isclose(iou(a, b), iou(b, a))


@given(st.integers(0, 50), st.integers(0, 50), sides, sides)
def test_iou_with_itself_is_one(x0: int, y0: int, width: int, height: int) -> None:
    box = Box(x0, y0, x0 + width, y0 + height)
    assert iou(box, box) == 1


@given(sizes)
def test_network_input_is_a_multiple_and_nearly_keeps_the_ratio(image: Size) -> None:
    size = fit_longest_edge(image, 256, 16)
    assert max(size) == 256
    assert size.width % 16 == size.height % 16 == 0
    shorter = min(image) * 256 / max(image)
    assert abs(min(size) - shorter) <= 8 or min(size) == 16


@given(sizes)
def test_network_input_of_a_turned_image_is_turned(image: Size) -> None:
    turned = fit_longest_edge(Size(image.height, image.width), 256, 16)
    assert turned == Size(*reversed(fit_longest_edge(image, 256, 16)))
