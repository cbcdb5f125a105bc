"""The crops of many photos: threads, a bounded amount of memory, results in the photos' order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from marscrop.errors import ImageError, MarscropError
from marscrop.memory_budget import MemoryBudget
from marscrop.ordered_map import OrderedMap

if TYPE_CHECKING:
    from marscrop.crop import Crop
    from marscrop.geometry import Size
    from marscrop.imaging.photo import Photo
    from marscrop.imaging.source import Source


@dataclass(frozen=True, slots=True)
class PhotoCrops:
    """What came of one photo among many.

    Attributes:
        image: the photo as it was given.
        size: of the upright photo [px]; None where it could not be opened.
        crops: in the order of the ratios, best candidate first; empty where it failed.
        error: why it failed; None where it did not.
    """

    image: Source | Photo
    size: Size | None = None
    crops: list[Crop] = field(default_factory=list)
    error: MarscropError | None = None


def crops_of_each(
    images: Iterable[Source | Photo],
    open_photo: Callable[[Source | Photo], Photo],
    needed_bytes: Callable[[Photo], int],
    find: Callable[[Photo], list[Crop]],
    workers: int,
) -> Iterator[PhotoCrops]:
    """What comes of each photo; what is wrong with it is part of that.

    Args:
        images: taken as they are needed.
        open_photo: reads a header.
        needed_bytes: memory that `find` takes, of which only so much is held at once.
        find: gives the crops of a photo.
        workers: photos at once.
    """
    memory = MemoryBudget()
    photos = OrderedMap(workers, when_stopped=memory.stop)

    def work(_: int, image: Source | Photo) -> PhotoCrops:
        size = None
        try:
            photo = open_photo(image)
            size = photo.size
            with memory.hold(needed_bytes(photo)):
                return PhotoCrops(image, size, find(photo))
        except MarscropError as error:
            return PhotoCrops(image, size, error=error)
        except MemoryError:  # another photo may be smaller
            name = os.fsdecode(image) if isinstance(image, (str, os.PathLike)) else "<photo>"
            return PhotoCrops(image, size, error=ImageError(name, "not enough memory"))

    return photos.run(work, images)
