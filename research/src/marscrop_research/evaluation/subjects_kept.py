"""What a crop does to heads, main subjects and fixations: how much of each is inside.

A thing is *cut* if more than 5 % and less than 95 % of its area, as far as the photo shows it, is
inside the crop; with less it is *left out*, with more it is *whole*. VOC's boxes and fixations come
from people; heads from a face detector, so crops that the same detector helped to find, or a
network that it taught, are judged too kindly by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, Size, Window, centre_crop, largest_window
from marscrop.ratio import AspectRatio

LEFT_OUT: Final = 0.05
WHOLE: Final = 0.95

LEAST_SCORE: Final = 0.5
"""Of what counts as a face."""

SMALLEST_FACE: Final = 0.03
"""Height in shares of the photo's longer side: 15 px in a picture of 512."""

SMALLEST_SUBJECT: Final = 0.05
"""Share of the photo's area."""

_ABOVE: Final = 0.3
_AROUND: Final = 0.1
"""What a head has beyond its face, in shares of the face's height: hair, ears and chin."""


def share_inside(rectangle: Window, box: Box | Window) -> float:
    """Share of a rectangle's area inside a crop, 0..1; both in the same unit."""
    width = min(rectangle.x1, box.x1) - max(rectangle.x0, box.x0)
    height = min(rectangle.y1, box.y1) - max(rectangle.y0, box.y0)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (rectangle.width * rectangle.height)


def points_inside(points: NDArray[np.float64], image: Size, box: Box) -> float:
    """Share of points inside a crop, 0..1.

    Args:
        points: (n, 2) x and y in shares of the photo's sides, at least one.
        image: size of the photo [px].
        box: of the crop [px].
    """
    x, y = points.T * np.array(image)[:, None]
    inside = (x >= box.x0) & (x < box.x1) & (y >= box.y0) & (y < box.y1)
    return float(inside.mean())


def is_cut(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """1.0 where a thing is cut, else 0.0; NaN where nothing is known. Shares inside: any shape."""
    return _known((shares > LEFT_OUT) & (shares < WHOLE), shares)


def is_left_out(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """As `is_cut`."""
    return _known(shares <= LEFT_OUT, shares)


def is_whole(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """As `is_cut`."""
    return _known(shares >= WHOLE, shares)


def fits(rectangle: Window, image: Size, ratio: AspectRatio) -> bool:
    """Whether some crop of the ratio can hold a rectangle [px] of the photo."""
    largest = largest_window(image, ratio)
    return rectangle.width <= largest.width and rectangle.height <= largest.height


def clipped(window: Window, image: Size) -> Window:
    """The part of a window that the photo shows [px]."""
    x0, y0 = max(window.x0, 0.0), max(window.y0, 0.0)
    return Window(x0, y0, min(window.x1, image.width), min(window.y1, image.height))


def heads(faces: Iterable[tuple[Window, float]], image: Size) -> list[Window]:
    """The heads of a photo's faces, as far as the photo shows them [px].

    Args:
        faces: windows in shares of the photo's sides, and scores; unsure and small ones do not
            count.
        image: size of the photo [px].
    """
    found = []
    for window, score in faces:
        face = window.scaled(image.width, image.height)
        if score >= LEAST_SCORE and face.height >= SMALLEST_FACE * max(image):
            above, around = _ABOVE * face.height, _AROUND * face.height
            head = Window(face.x0 - around, face.y0 - above, face.x1 + around, face.y1 + around)
            found.append(clipped(head, image))
    return [head for head in found if head.width > 0 and head.height > 0]


def main_subject(subjects: Sequence[Window], image: Size) -> Window | None:
    """The largest subject [px], if it is large enough to be what the photo is of.

    Args:
        subjects: in shares of the photo's sides.
        image: size of the photo [px].
    """
    largest = max(subjects, key=lambda s: s.width * s.height, default=None)
    if largest is None or largest.width * largest.height < SMALLEST_SUBJECT:
        return None
    return largest.scaled(image.width, image.height)


def most_gaze_crop(gaze: NDArray[np.float32], image: Size, ratio: AspectRatio) -> Box:
    """The largest crop of a ratio, where most of the gaze is inside.

    Of crops that hold equally much, the one nearest to the middle. A crop of the largest size can
    move along one side only; every whole pixel is tried there.

    Args:
        gaze: (h, w) share of gaze in each cell of the whole photo, even within a cell.
        image: size of the photo [px].
        ratio: of the crop.
    """
    centre = centre_crop(image, ratio)
    size = centre.size
    if size == image:
        return centre
    across = image.width - size.width >= image.height - size.height
    side, length, middle = (
        (image.width, size.width, centre.x0) if across else (image.height, size.height, centre.y0)
    )
    profile = gaze.sum(axis=0 if across else 1, dtype=np.float64)
    edges = np.linspace(0, side, len(profile) + 1)
    before = np.interp(np.arange(side + 1), edges, np.concatenate([[0.0], np.cumsum(profile)]))
    held = before[length:] - before[: side + 1 - length]
    best = np.flatnonzero(held >= held.max() - 1e-9)
    start = int(best[np.argmin(np.abs(best - middle))])
    if across:
        return Box(start, centre.y0, start + length, centre.y1)
    return Box(centre.x0, start, centre.x1, start + length)


def certain_subjects(
    table: Mapping[str, Sequence[Sequence[Any]]], classes: frozenset[str]
) -> dict[str, list[Window]]:
    """Subjects by file name, in shares of the photo's sides, without those hard to recognise.

    Args:
        table: of VOC's boxes: file name -> [class, x0, y0, x1, y1, difficult].
        classes: that are somebody.
    """
    return {
        name: [
            Window(*edges) for kind, *edges, difficult in boxes if kind in classes and not difficult
        ]
        for name, boxes in table.items()
    }


def _known(answer: NDArray[np.bool_], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(shares), np.nan, answer)
