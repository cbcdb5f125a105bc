import pytest

from marscrop.geometry import (
    Box,
    Size,
    Window,
    centre_crop,
    fit_longest_edge,
    hull_of,
    iou,
    largest_window,
    longer_side,
    size_of_ratio,
    size_within,
    snap,
)
from marscrop.ratio import AspectRatio

WIDE, SQUARE, TALL = AspectRatio(16, 9), AspectRatio(1, 1), AspectRatio(4, 5)


@pytest.mark.parametrize(
    ("image", "ratio", "size"),
    [
        (Size(4000, 3000), WIDE, Size(4000, 2250)),
        (Size(3000, 4000), WIDE, Size(3000, 1688)),
        (Size(1920, 1080), WIDE, Size(1920, 1080)),
        (Size(1000, 1000), TALL, Size(800, 1000)),
        (Size(1, 1), WIDE, Size(1, 1)),
        (Size(1, 1000), WIDE, Size(1, 1)),
        (Size(1000, 1), TALL, Size(1, 1)),
    ],
)
def test_largest_window(image: Size, ratio: AspectRatio, size: Size) -> None:
    assert largest_window(image, ratio) == size


def test_snap_keeps_the_centre() -> None:
    assert snap(Window(10.2, 20.1, 110.2, 120.1), Size(200, 200), SQUARE) == Box(10, 20, 110, 120)


def test_snap_moves_a_window_back_inside() -> None:
    assert snap(Window(-5, 150, 95, 250), Size(200, 200), SQUARE) == Box(0, 100, 100, 200)


def test_snap_never_exceeds_the_largest_window() -> None:
    assert snap(Window(0, 0, 300, 300), Size(200, 100), SQUARE).size == Size(100, 100)


def test_snap_derives_the_shorter_side_and_rounds_it_once() -> None:
    # 178.4 rounds to 178, and 178 at 16:9 is 100.1 high.
    assert snap(Window(0, 0, 178.4, 100.35), Size(400, 400), WIDE).size == Size(178, 100)


@pytest.mark.parametrize("width", [1023, 1024, 1025, 1026])
def test_window_of_the_full_width_keeps_every_column(width: int) -> None:
    ratio = AspectRatio(3, 1)
    box = snap(Window(0, 100, width, 100 + width / 3), Size(width, 800), ratio)
    assert box.size.width == width


def test_snapped_window_is_never_empty() -> None:
    assert snap(Window(5, 5, 5.4, 5.4), Size(200, 200), SQUARE).size == Size(1, 1)


def test_square_is_as_large_as_its_window_is_wide() -> None:
    assert longer_side(Window(0, 0, 30, 20), SQUARE) == 30
    assert snap(Window(0, 0, 30, 20), Size(200, 200), SQUARE).size == Size(30, 30)


def test_size_is_never_empty() -> None:
    assert size_of_ratio(10, AspectRatio(1, 100)) == Size(1, 10)
    assert size_of_ratio(10, AspectRatio(100, 1)) == Size(10, 1)


def test_size_that_fits_on_one_side_only_does_not_fit() -> None:
    assert size_within(2, Size(1, 1000), WIDE) == Size(1, 1)
    assert size_within(2, Size(1000, 1), TALL) == Size(1, 1)


def test_centre_crop_is_the_largest_window_in_the_middle() -> None:
    assert centre_crop(Size(400, 300), SQUARE) == Box(50, 0, 350, 300)
    assert centre_crop(Size(300, 400), SQUARE) == Box(0, 50, 300, 350)


@pytest.mark.parametrize(
    ("image", "size"),
    [
        (Size(4000, 3000), Size(256, 192)),
        (Size(3000, 4000), Size(192, 256)),
        (Size(512, 341), Size(256, 176)),
        (Size(100, 100), Size(256, 256)),
        (Size(10000, 10), Size(256, 16)),
        (Size(1, 1), Size(256, 256)),
    ],
)
def test_network_input_size(image: Size, size: Size) -> None:
    assert fit_longest_edge(image, 256, 16) == size


def test_network_input_size_is_a_multiple_where_the_longest_edge_is_none() -> None:
    assert fit_longest_edge(Size(100, 100), 250, 16) == Size(250, 240)
    assert fit_longest_edge(Size(100, 101), 250, 16) == Size(240, 250)


def test_iou_of_overlapping_boxes() -> None:
    assert iou(Box(0, 0, 2, 2), Box(1, 1, 3, 3)) == pytest.approx(1 / 7)


@pytest.mark.parametrize("other", [Box(2, 0, 4, 2), Box(5, 5, 6, 6)])
def test_iou_of_boxes_that_do_not_meet_is_zero(other: Box) -> None:
    assert iou(Box(0, 0, 2, 2), other) == 0


@pytest.mark.parametrize("empty", [Box(3, 0, 3, 5), Box(0, 3, 5, 3)])
def test_iou_of_an_empty_box_is_zero(empty: Box) -> None:
    assert iou(empty, empty) == 0


@pytest.mark.parametrize(
    ("window", "box"),
    [
        (Window(10, 20, 30, 40), Box(10, 20, 30, 40)),
        (Window(10.1, 20.9, 30.1, 40.9), Box(10, 20, 31, 41)),
        (Window(-5.5, 150.2, 20, 260), Box(0, 150, 20, 200)),
        (Window(-10, -10, 400, 300), Box(0, 0, 300, 200)),
    ],
)
def test_pixels_hold_what_of_a_window_lies_inside(window: Window, box: Box) -> None:
    assert window.pixels(Size(300, 200)) == box


def test_hull_is_around_all() -> None:
    assert hull_of([Box(5, 6, 7, 8)]) == Box(5, 6, 7, 8)
    assert hull_of([Box(5, 6, 7, 8), Box(0, 7, 6, 20)]) == Box(0, 6, 7, 20)


def test_window_scales_each_axis_on_its_own() -> None:
    assert Window(1, 2, 3, 4).scaled(10, 100) == Window(10, 200, 30, 400)
