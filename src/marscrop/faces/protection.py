"""The boxes that a crop must keep or avoid for the sake of faces, and the limits with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from marscrop.geometry import Box, Size, Window, hull_of, largest_window
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits

if TYPE_CHECKING:
    from marscrop.faces.detector import Face

ABOVE: Final = 0.25
"""Share of a face's height kept above it: hair, or a hat's brim."""

BELOW: Final = 0.1
"""Share of its height kept below it: the chin."""

BESIDE: Final = 0.1
"""Share of its width kept on either side: ears."""

CORE: Final = 0.8
"""Share of the largest window's sides that is kept of a face too large for any window."""

LEAST_ROOM: Final = 0.5
"""Smallest crop for which a face is left out, as a share of the largest window's width."""


class Protection(NamedTuple):
    """What a crop must do for the faces of a photo; a window of the ratio that does so exists.

    Attributes:
        keep: boxes that must lie inside the crop [px of the photo], the most important first.
        avoid: boxes that must not overlap it [px of the photo].
    """

    keep: tuple[Box, ...]
    avoid: tuple[Box, ...]


def protect(faces: Iterable[Face], image: Size, ratio: AspectRatio) -> Protection:
    """The protection of as many faces as one window can hold; others are left out, not cut.

    1. Faces are taken one by one, the most important first: the largest, weighed by how sure the
       detector is. A face that fits into a window together with those taken before is kept. Of
       one that is larger than any window, the middle is.
    2. The others are left out, in the same order, as long as a window remains that holds all
       that is kept and is not much smaller than the largest. Those that cannot be left out
       either may be cut.
    3. Hair, chin and ears are added to the faces kept, where all of the above still holds.

    Args:
        faces: in pixels of the image.
        image: size of the image [px].
        ratio: asked ratio.
    """
    room = Box(0, 0, *image)
    kept, others = _choose(_visible(faces, image), room, ratio)
    keep = [box for _, box in kept]
    avoid = []
    least_width = LEAST_ROOM * largest_window(image, ratio).width
    for box in others:
        rest = _room_beside(box, room, keep, ratio)
        if rest is not None and largest_window(rest.size, ratio).width >= least_width:
            room = rest
            avoid.append(box)
    for i, (face, _) in enumerate(kept):
        head = _head(face.window).pixels(image)
        if _fits([*keep[:i], head, *keep[i + 1 :]], room, ratio):
            keep[i] = head
    return Protection(tuple(keep), tuple(avoid))


def limits_with_faces(
    limits: Limits, faces: Sequence[Face], ratio: AspectRatio
) -> Iterator[Limits]:
    """The limits with faces protected, strictest first: all faces, then fewer, at last none.

    To be tried in order; the first that some crop meets is the one to take. With nothing else
    asked, some crop meets the first (`protect`). But a box to keep or avoid, a smallest size or an
    anchor has precedence over faces, and can exclude some: then the least important faces are given
    up, half of them at a time.

    Args:
        limits: what was asked, apart from faces.
        faces: in pixels of the photo.
        ratio: asked ratio.
    """
    if not faces:
        yield limits
        return
    asked = protect(faces, limits.image, ratio)
    if asked.keep and asked.avoid:
        keep, avoid = (*limits.keep, *asked.keep), (*limits.avoid, *asked.avoid)
        yield limits._replace(keep=keep, avoid=avoid)
    saved = len(asked.keep)
    while saved:
        yield limits._replace(keep=(*limits.keep, *asked.keep[:saved]))
        saved //= 2
    yield limits


def _visible(faces: Iterable[Face], image: Size) -> list[Face]:
    """The faces of which a pixel or more shows, without what lies beyond the image's edges."""
    clipped = []
    for face in faces:
        x0, y0, x1, y1 = face.window
        window = Window(max(x0, 0.0), max(y0, 0.0), min(x1, image.width), min(y1, image.height))
        if window.width >= 1 and window.height >= 1:
            clipped.append(face._replace(window=window))
    return clipped


def _choose(
    faces: Sequence[Face], frame: Box, ratio: AspectRatio
) -> tuple[list[tuple[Face, Box]], list[Box]]:
    """The faces that one window can hold, and the boxes of the others; both by importance."""
    largest = largest_window(frame.size, ratio)
    kept: list[tuple[Face, Box]] = []
    others = []
    for face in sorted(faces, key=_importance, reverse=True):
        box = _core(face.window.pixels(frame.size), largest)
        if _fits([*(other for _, other in kept), box], frame, ratio):
            kept.append((face, box))
        else:
            others.append(box)
    return kept, others


def _importance(face: Face) -> float:
    """Its area [px^2], weighed by how sure the detector is."""
    return face.window.width * face.window.height * face.score


def _core(face: Box, largest: Size) -> Box:
    """The box of a face, or the middle of one that is larger than the largest window."""
    x0, x1 = _middle(face.x0, face.x1, largest.width)
    y0, y1 = _middle(face.y0, face.y1, largest.height)
    return Box(x0, y0, x1, y1)


def _middle(first: int, last: int, limit: int) -> tuple[int, int]:
    """First and last of a span, or of the middle of one longer than `limit`."""
    if last - first <= limit:
        return first, last
    length = max(1, int(CORE * limit))
    start = (first + last - length) // 2
    return start, start + length


def _head(face: Window) -> Window:
    """The window of a face with its hair, chin and ears."""
    beside = BESIDE * face.width
    top, bottom = face.y0 - ABOVE * face.height, face.y1 + BELOW * face.height
    return Window(face.x0 - beside, top, face.x1 + beside, bottom)


def _room_beside(box: Box, room: Box, keep: Sequence[Box], ratio: AspectRatio) -> Box | None:
    """The side of `box` in which the largest window that holds all of `keep` fits, if any does."""
    x0, y0, x1, y1 = room
    sides = [
        Box(x0, y0, min(x1, box.x0), y1),
        Box(max(x0, box.x1), y0, x1, y1),
        Box(x0, y0, x1, min(y1, box.y0)),
        Box(x0, max(y0, box.y1), x1, y1),
    ]
    fitting = [side for side in sides if min(side.size) > 0 and _fits(keep, side, ratio)]
    return max(fitting, key=lambda side: largest_window(side.size, ratio).width, default=None)


def _fits(boxes: Sequence[Box], room: Box, ratio: AspectRatio) -> bool:
    """Whether one window of the ratio, inside the room, can hold all boxes."""
    if not boxes:
        return True
    hull = hull_of(boxes)
    largest = largest_window(room.size, ratio)
    inside = hull.x0 >= room.x0 and hull.y0 >= room.y0 and hull.x1 <= room.x1 and hull.y1 <= room.y1
    return inside and hull.size.width <= largest.width and hull.size.height <= largest.height
