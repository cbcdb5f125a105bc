"""The constraints on crops: as they were asked, and in the pixels of one photo.

`Constraints` is what was asked, for any photo and ratio. `Limits` is the same on one photo, in its
pixels; the search, the rounding and the padding read nothing else.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from marscrop.errors import ConstraintError
from marscrop.geometry import (
    Box,
    Size,
    clamp,
    hull_of,
    largest_window,
    longer_side,
    round_half_up,
    size_of_ratio,
    size_within,
)
from marscrop.ratio import AspectRatio
from marscrop.window.anchor import FREE, Anchor

if TYPE_CHECKING:
    from marscrop.window.regions import Region

MIN_SCALE: Final = 0.3
"""Smallest window searched, as a share of the largest of the ratio. Of the 1,335 crops that
people made for FCDB's training split, the smallest covers 0.32 of the longer-fitting side."""


class Constraints(NamedTuple):
    """The constraints that were asked for, for any photo and any ratio: see `CropOptions`.

    Attributes:
        keep: regions that must lie inside the crop.
        avoid: regions that must not overlap the crop.
        min_size: smallest crop allowed, as a share of the largest window of its ratio, (0, 1];
            1 is that window itself, so that only its position is chosen.
        anchor: where the crop is pinned.
    """

    keep: tuple[Region, ...] = ()
    avoid: tuple[Region, ...] = ()
    min_size: float = MIN_SCALE
    anchor: Anchor = FREE

    def on(self, image: Size) -> Limits:
        """These constraints on one photo [px].

        Raises:
            ConstraintError: a box to keep that reaches outside the photo.
        """
        keep = tuple(region.on(image) for region in self.keep)
        frame = Box(0, 0, *image)
        for region, box in zip(self.keep, keep, strict=True):
            if not frame.holds(box):
                raise ConstraintError(
                    f"keep box ({region}) must lie inside the photo of {image.width}x"
                    f"{image.height} px; give it in pixels of the upright photo, or in percent"
                )
        avoid = (region.on(image) for region in self.avoid)
        return Limits(
            image=image,
            keep=keep,
            avoid=tuple(box for box in avoid if box.overlaps(frame)),
            min_size=self.min_size,
            anchor=self.anchor,
        )


class Limits(NamedTuple):
    """Constraints on one photo, in its pixels.

    Attributes:
        image: size of the photo.
        keep: boxes that must lie inside the crop; each lies inside the photo.
        avoid: boxes that must not overlap the crop; they may reach outside the photo.
        min_size: smallest crop allowed, as a share of the largest window of its ratio, (0, 1].
        anchor: where the crop is pinned.
        corner: where the image begins in the photo, if it is a part of one, for messages.
    """

    image: Size
    keep: tuple[Box, ...] = ()
    avoid: tuple[Box, ...] = ()
    min_size: float = MIN_SCALE
    anchor: Anchor = FREE
    corner: tuple[int, int] = (0, 0)

    def within(self, part: Box) -> Limits:
        """The same for a part of the image [px], in pixels of that part.

        Boxes to keep lie inside the part; of those to avoid, some may lie outside.
        """
        frame = Box(0, 0, *part.size)
        avoid = (box.moved(-part.x0, -part.y0) for box in self.avoid)
        return self._replace(
            image=part.size,
            keep=tuple(box.moved(-part.x0, -part.y0) for box in self.keep),
            avoid=tuple(box for box in avoid if box.overlaps(frame)),
            corner=(part.x0, part.y0),
        )

    @property
    def hull(self) -> Box | None:
        """The smallest box around all boxes to keep; None without any."""
        return hull_of(self.keep) if self.keep else None

    def smallest(self, ratio: AspectRatio) -> int:
        """Longer side [px] of the smallest crop that is large enough and can hold the hull.

        It may be more than the photo has. A window of `min_size` rounds to no less than this.
        """
        width = min(self.image.width, self.image.height * ratio.value)
        longest = width if ratio.value >= 1 else width / ratio.value
        # Whatever `snap` may round a window of that size to: half up, or not for its last bits.
        side = max(1, math.ceil(self.min_size * longest - 0.5 - 1e-6))
        return side if self.hull is None else max(side, _least_around(self.hull.size, ratio))

    def size(self, longer: int, ratio: AspectRatio) -> Size | None:
        """The size of a crop whose longer side is `longer` [px]; None if the hull does not fit."""
        size = size_within(longer, self.image, ratio)
        hull = self.hull.size if self.hull else Size(0, 0)
        return size if size.width >= hull.width and size.height >= hull.height else None

    def x_range(self, width: int) -> tuple[int, int]:
        """First and last x0 of a crop of `width` that holds the hull and keeps to the anchor."""
        hull = self.hull
        spans = (hull.x0, hull.x1) if hull else None
        return _range(self.image.width, width, spans, self.anchor.x)

    def y_range(self, height: int) -> tuple[int, int]:
        """First and last y0 of a crop of `height`, likewise."""
        hull = self.hull
        spans = (hull.y0, hull.y1) if hull else None
        return _range(self.image.height, height, spans, self.anchor.y)

    def allow(self, box: Box, ratio: AspectRatio) -> bool:
        """Whether a box inside the photo meets every constraint."""
        x_first, x_last = self.x_range(box.size.width)
        y_first, y_last = self.y_range(box.size.height)
        return (
            x_first <= box.x0 <= x_last
            and y_first <= box.y0 <= y_last
            and not any(box.overlaps(other) for other in self.avoid)
            and longer_side(box.size, ratio)
            >= min(self.smallest(ratio), longer_side(largest_window(self.image, ratio), ratio))
        )


def _least_around(hull: Size, ratio: AspectRatio) -> int:
    """The least longer side with which a size of `ratio` covers `hull`."""
    if ratio.value >= 1:
        longer = max(hull.width, math.ceil((hull.height - 0.5) * ratio.value) - 1)
    else:
        longer = max(hull.height, math.ceil((hull.width - 0.5) / ratio.value) - 1)
    while any(a < b for a, b in zip(size_of_ratio(longer, ratio), hull, strict=True)):
        longer += 1
    return longer


def _range(
    room: int, length: int, kept: tuple[int, int] | None, pinned: float | None
) -> tuple[int, int]:
    """First and last offset of a span of `length` in `room`; first > last if there is none."""
    first, last = 0, room - length
    if kept is not None:
        first, last = max(first, kept[1] - length), min(last, kept[0])
    if pinned is None or first > last:
        return first, last
    offset = clamp(round_half_up(pinned * (room - length)), first, last)
    return offset, offset
