"""Frames of animations and pages of TIFFs: how many a file has, and getting at one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image

from marscrop.errors import OptionError
from marscrop.imaging.source import Opener
from marscrop.spelling import Mention

FORMATS_OF_FRAMES: Final = frozenset({"GIF", "WEBP", "PNG", "AVIF", "TIFF", "HEIF"})
"""Whose further pictures are frames or pages. An MPO's are a preview, a second eye or a gain map,
a Photoshop file's are layers: these are stills."""


def frame_count(image: Image.Image) -> int:
    """How many frames or pages a file has, read without decoding them; 1 for a still."""
    if image.format not in FORMATS_OF_FRAMES:
        return 1
    return int(getattr(image, "n_frames", 1))


@contextmanager
def opened_at(opened: Opener, frame: int, *, is_file: bool) -> Iterator[Image.Image]:
    """The image that a source opens, at one of its frames.

    Args:
        opened: opens it.
        frame: counted from 0.
        is_file: else it is a PIL image or an array, of which there is but the current frame.

    Raises:
        OptionError: without the source's name, where it has no such frame.
    """
    with opened() as image:
        count = frame_count(image) if is_file else 1
        if frame >= count:
            has = "one picture" if count == 1 else f"{count:,} frames, 0 to {count - 1}"
            raise OptionError((f"has {has}; ", Mention("frame"), f" is {frame}"), "frame", frame)
        if count > 1:
            image.seek(frame)
        yield image
