"""Sizes, boxes and windows: pure functions, in which rounding is done once.

A `Box` is what people get: integer pixels of the upright image, half-open (x1 and y1 are
exclusive). A `Window` is what the network and the window search work with: the same four
edges as real numbers, in the unit that the function names.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

from marscrop.ratio import AspectRatio


class Size(NamedTuple):
    """Width and height, in pixels unless said otherwise."""

    width: int
    height: int

    @property
    def ratio(self) -> float:
        """Width / height."""
        return self.width / self.height


class Box(NamedTuple):
    """Half-open pixel box: columns x0..x1-1 and rows y0..y1-1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def size(self) -> Size:
        """Width and height [px]."""
        return Size(self.x1 - self.x0, self.y1 - self.y0)

    def holds(self, other: Box) -> bool:
        """Whether all of `other` lies inside."""
        return (
            self.x0 <= other.x0
            and self.y0 <= other.y0
            and other.x1 <= self.x1
            and other.y1 <= self.y1
        )

    def moved(self, x: int, y: int) -> Box:
        """The same size, so many pixels further right and down."""
        return Box(self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)

    def overlaps(self, other: Box) -> bool:
        """Whether the two share a pixel; boxes that only touch do not."""
        across = self.x0 < other.x1 and other.x0 < self.x1
        return across and self.y0 < other.y1 and other.y0 < self.y1


class Margins(NamedTuple):
    """What is added around a picture, 0 or more [px]."""

    left: int
    top: int
    right: int
    bottom: int


class Window(NamedTuple):
    """A rectangle with real edges; the unit is named where one is made."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def scaled(self, x: float, y: float) -> Window:
        """The same window in another unit: x edges times `x`, y edges times `y`."""
        return Window(self.x0 * x, self.y0 * y, self.x1 * x, self.y1 * y)

    def pixels(self, image: Size) -> Box:
        """The smallest box that holds what of a window [px] lies inside `image`."""
        return Box(
            max(0, math.floor(self.x0)),
            max(0, math.floor(self.y0)),
            min(image.width, math.ceil(self.x1)),
            min(image.height, math.ceil(self.y1)),
        )


def hull_of(boxes: Sequence[Box]) -> Box:
    """The smallest box around all of one or more."""
    x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
    return Box(min(x0s), min(y0s), max(x1s), max(y1s))


def iou(a: Box | Window, b: Box | Window) -> float:
    """Intersection over union of two rectangles in the same unit, 0..1."""
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    if width <= 0 or height <= 0:
        return 0.0
    intersection = width * height
    area_a = (a.x1 - a.x0) * (a.y1 - a.y0)
    area_b = (b.x1 - b.x0) * (b.y1 - b.y0)
    return intersection / (area_a + area_b - intersection)


def largest_window(image: Size, ratio: AspectRatio) -> Size:
    """Largest integer size of `ratio` inside `image` [px].

    One side equals the image's; the other is rounded once, so it is off by at most 0.5 px
    (more only where it would vanish: a side is never below 1 px). An image that has the ratio is
    its own largest window.
    """
    return _largest_window(*image, ratio.value)


@functools.lru_cache(maxsize=256)
def _largest_window(width: int, height: int, ratio: float) -> Size:
    """The steps of a crop ask for the same one again and again."""
    if (width, height) == _size_of_ratio(width if ratio >= 1 else height, ratio):
        return Size(width, height)
    if width / height >= ratio:
        return Size(_within(height * ratio, width), height)
    return Size(width, _within(width / ratio, height))


def has_ratio(image: Size, ratio: AspectRatio) -> bool:
    """Whether a size [px] has the ratio as nearly as whole pixels can: every crop's has."""
    return image == size_of_ratio(int(longer_side(image, ratio)), ratio)


def longer_side(size: Size | Window, ratio: AspectRatio) -> float:
    """The side that is the longer one at `ratio`: the one that sizes are counted by."""
    return size.width if ratio.value >= 1 else size.height


def size_of_ratio(longer: int, ratio: AspectRatio) -> Size:
    """The integer size of `ratio` whose longer side is `longer` [px].

    The other side is rounded once, so that it is off by at most 0.5 px (more only where it would
    vanish). Both sides grow with `longer`.
    """
    return _size_of_ratio(longer, ratio.value)


def _size_of_ratio(longer: int, ratio: float) -> Size:
    if ratio >= 1:
        return Size(longer, max(1, round_half_up(longer / ratio)))
    return Size(max(1, round_half_up(longer * ratio)), longer)


def size_within(longer: int, image: Size, ratio: AspectRatio) -> Size:
    """`size_of_ratio`, or the largest window of `image` where that does not fit."""
    size, largest = size_of_ratio(longer, ratio), largest_window(image, ratio)
    fits = size.width <= largest.width and size.height <= largest.height
    return size if fits else largest


def snap(window: Window, image: Size, ratio: AspectRatio) -> Box:
    """The pixel box nearest to `window` [px] that has `ratio` and lies inside `image`.

    The longer side is rounded to whole pixels and the shorter one follows from it, so that the
    integer size misses the ratio by at most 0.5 px on one side (more only where a side would
    vanish). Where that does not fit, it is the largest window. The centre is kept as far as the
    image allows.
    """
    size = size_within(max(1, round_half_up(longer_side(window, ratio))), image, ratio)
    centre_x, centre_y = window.centre
    x0 = clamp(round_half_up(centre_x - size.width / 2), 0, image.width - size.width)
    y0 = clamp(round_half_up(centre_y - size.height / 2), 0, image.height - size.height)
    return Box(x0, y0, x0 + size.width, y0 + size.height)


def centre_crop(image: Size, ratio: AspectRatio) -> Box:
    """The largest window of `ratio`, in the middle: what one gets without looking."""
    return snap(Window(0, 0, image.width, image.height), image, ratio)


def fit_longest_edge(image: Size, edge: int, multiple: int) -> Size:
    """The network's input size for an image: longest edge `edge` [px], ratio nearly kept.

    The other side is rounded to a `multiple` of the network's stride (at least one), so that
    no padding is ever needed; the picture is stretched by at most half of `multiple` for it.
    """
    shorter = min(image) * edge / max(image)
    side = clamp(round_half_up(shorter / multiple), 1, edge // multiple) * multiple
    return Size(edge, side) if image.width >= image.height else Size(side, edge)


def _within(side: float, limit: int) -> int:
    return clamp(round_half_up(side), 1, limit)


def round_half_up(value: float) -> int:
    """Half up: the same everywhere, unlike Python's rounding to even."""
    return math.floor(value + 0.5)


def clamp(value: int, low: int, high: int) -> int:
    """`value`, or the end of low..high that is nearest to it."""
    return max(low, min(value, high))
