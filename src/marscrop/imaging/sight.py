"""What of a photo is looked at, and as what: without borders, on a ground that it stands out from.

`look` is how the facade sees a photo: once at the networks' size, and a second time only where that
shows borders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from marscrop.geometry import Box, Size
from marscrop.imaging.borders import find_borders
from marscrop.imaging.photo import Photo
from marscrop.imaging.resize import MIN_OVERSAMPLING

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLAT: Final = 4
"""By how much the values of a channel may differ in a photo that shows nothing, of 255."""


class PhotoPart(NamedTuple):
    """A part of a photo, to be seen as if it were the whole of one.

    Attributes:
        photo: upright.
        box: the part [px].
    """

    photo: Photo
    box: Box

    @property
    def size(self) -> Size:
        """Of the part [px]."""
        return self.box.size

    def analysis_rgb(
        self, size: Size, oversampling: int = MIN_OVERSAMPLING, threads: int = 1
    ) -> NDArray[np.uint8]:
        """`Photo.analysis_rgb` of the part alone."""
        return self.photo.seen(size, oversampling, threads, self.box).rgb


class Sight(NamedTuple):
    """A photo as it is looked at.

    Attributes:
        picture: what its borders leave of it [px of the upright photo]; None without borders.
        part: what is looked at: the picture, or None for all of the photo.
        opaque: the box of all that is not transparent [px of the part]; None for all of it.
        rgb: (h, w, 3) uint8, the part, 0..255.
    """

    picture: Box | None
    part: Box | None
    opaque: Box | None
    rgb: NDArray[np.uint8]

    @property
    def is_flat(self) -> bool:
        """Whether it is of one colour, so that nothing can be seen in it."""
        return _is_flat(self.rgb[::16, ::16]) and _is_flat(self.rgb)


def _is_flat(rgb: NDArray[np.uint8]) -> bool:
    values = rgb.reshape(-1, 3)
    return bool((values.max(axis=0) - values.min(axis=0)).max() <= FLAT)


def look(
    photo: Photo,
    input_size: Callable[[Size], Size],
    part_of: Callable[[Box], Box | None],
    threads: int,
) -> Sight:
    """A photo as the networks are to see it.

    Args:
        photo: that is open already.
        input_size: of the networks, from the size of what they see [px].
        part_of: from what the borders leave to the part that is wanted.
        threads: to decode with.

    Raises:
        ImageError: truncated, corrupt or vanished pixels.
        LimitError: more memory is needed than allowed.
    """
    size = input_size(photo.size)
    seen = photo.seen(size, threads=threads)
    if seen.transparent:  # what surrounds a cut-out is no border
        return Sight(None, None, seen.opaque, seen.rgb)
    found = find_borders(seen.rgb)
    if found is None:
        return Sight(None, None, None, seen.rgb)
    from marscrop.imaging.border_edges import exact

    picture = exact(photo, found, size)
    part = part_of(picture)
    if part is None:
        return Sight(picture, None, None, seen.rgb)
    rgb = PhotoPart(photo, part).analysis_rgb(input_size(part.size), threads=threads)
    return Sight(picture, part, None, rgb)
