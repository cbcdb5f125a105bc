"""Frames of animations and pages of TIFFs: which of a file's pictures are cropped together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from PIL import Image
from PIL.ImageFile import ImageFile

from marscrop.errors import ImageError, LimitError, OptionError
from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.animation.faults import in_frame
from marscrop.imaging.source import Opener
from marscrop.spelling import Mention

if TYPE_CHECKING:
    from marscrop.imaging.animation.timing import Timing
    from marscrop.imaging.tiff_pages import Page

MOST_FRAMES: Final = 10_000
"""Of an animation: six minutes at the rate of films."""

MOST_PAGES: Final = 2_000
"""Of a TIFF; the way to each leads over all before."""

MOST_VIEWS: Final = 5
"""Frames that are looked at to choose a box for all of them."""

FORMATS_OF_FRAMES: Final = frozenset({"GIF", "WEBP", "PNG", "AVIF", "TIFF", "HEIF"})
"""Whose further pictures are frames, pages, or pictures of an album. A JPEG's are previews, a
second eye or a gain map, and a Photoshop file's are layers: these are stills."""

_ANIMATED: Final = frozenset({"WEBP", "PNG", "AVIF"})


class FrameSet(NamedTuple):
    """The pictures of a file that are cropped to one box.

    Attributes:
        indices: where they stand in the file, counted from 0; the first is the photo where a
            single picture is wanted.
        timing: of an animation; None for pages.
        losses: what of the file is none of them, as in `EncodedFile.losses`.
    """

    indices: tuple[int, ...] = (0,)
    timing: Timing | None = None
    losses: tuple[str, ...] = ()

    @property
    def is_still(self) -> bool:
        """Whether it is a single picture."""
        return len(self.indices) == 1

    @property
    def views(self) -> tuple[int, ...]:
        """The indices of a few pictures that stand for all: the middles of equal parts."""
        shown = self.indices[1:] if self.timing and self.timing.cover else self.indices
        parts = min(MOST_VIEWS, len(shown))
        return tuple(shown[(2 * part + 1) * len(shown) // (2 * parts)] for part in range(parts))


STILL: Final = FrameSet()


def frames_of(image: ImageFile, frame: int | None, max_pixels: int) -> FrameSet:
    """Which pictures of a file are cropped; reads headers only, and leaves it at any of them.

    Args:
        image: opened and not loaded.
        frame: the one that is asked for, if one is.
        max_pixels: that all of them, or those that are decoded on the way, may have together.

    Raises:
        ImageError: without the source's name: more than `MOST_FRAMES`.
        LimitError: likewise, more pixels than that.
        OptionError: it has no such frame.
        struct.error, KeyError: it is truncated.
    """
    if image.format == "TIFF":
        return _pages(image, frame, max_pixels)
    timing, count, losses = _timing(image)
    if frame is not None:
        _check_has(frame, count)
        if timing:
            _check_pixels(Size(*image.size), frame + 1, max_pixels)
        return FrameSet((frame,))
    if timing:
        _check_pixels(Size(*image.size), count, max_pixels)
        return FrameSet(tuple(range(count)), timing, losses)
    if count > 1:  # of HEIF: an album, of which one picture is what the file stands for
        return FrameSet((image.tell(),), losses=(f"of {count} pictures only the main one is kept",))
    return STILL


def only(frame: int | None) -> FrameSet:
    """The one picture that a PIL image or an array is; an error where another is asked for."""
    _check_has(frame or 0, 1)
    return STILL


@contextmanager
def opened_at(opened: Opener, frame: int) -> Iterator[Image.Image]:
    """The image that a source opens, at one of its frames, counted from 0."""
    with opened() as image, in_frame(frame):
        stored = image.size if image.format == "GIF" else None
        image.seek(frame)
        yield _on_canvas(image, stored)


def each(image: Image.Image, indices: Sequence[int]) -> Iterator[Image.Image]:
    """An image at some of its frames, one after the other, loaded; it is the same each time.

    Args:
        image: a file, opened.
        indices: ascending.

    Raises:
        ImageError: without the source's name: a frame that is truncated, corrupt or missing.
    """
    stored = image.size
    for index in indices:
        with in_frame(index):
            image.seek(index)
            formats.allocate(image)
            image.load()
        yield _on_canvas(image, stored)


def _on_canvas(image: Image.Image, canvas: tuple[int, int] | None) -> Image.Image:
    """The image without what a patch beyond the canvas of a GIF adds, as Pillow has it."""
    if canvas in (None, image.size):
        return image
    return image.resize(canvas, Image.Resampling.NEAREST, box=(0, 0, *canvas))


def _timing(image: ImageFile) -> tuple[Timing | None, int, tuple[str, ...]]:
    """An animation's timing and the number of its pictures, and losses; None for what is none."""
    if image.format == "GIF":
        return _gif_timing(image)
    count = int(getattr(image, "n_frames", 1)) if image.format in FORMATS_OF_FRAMES else 1
    if image.format not in _ANIMATED or count == 1:
        return None, count, ()
    if count > MOST_FRAMES:
        raise ImageError(None, f"has more than {MOST_FRAMES:,} frames")
    timing = _timing_of(image)
    told = len(timing.durations_s) + timing.cover
    if told != count:
        raise ImageError(
            None, f"is truncated or corrupt: its header tells of {count:,} frames, it has {told:,}"
        )
    return timing, count, ()


def _timing_of(image: ImageFile) -> Timing:
    # Imported here, as few photos move.
    from marscrop.imaging.animation import apng, avif, webp

    read = {"WEBP": webp.timing_of, "PNG": apng.timing_of, "AVIF": avif.timing_of}
    return read[str(image.format)](_content(image))


def _gif_timing(image: ImageFile) -> tuple[Timing | None, int, tuple[str, ...]]:
    from marscrop.imaging.animation.gif import Gif

    gif = Gif.parse(_content(image), MOST_FRAMES)
    gif.check_patches(Size(*image.size))
    count = len(gif.frames)
    if count < 2:
        return None, 1, ()
    cut = f"the file ends without an end mark: frames after number {count - 1} may be missing"
    return gif.timing, count, () if gif.is_ended else (cut,)


def _pages(image: ImageFile, frame: int | None, max_pixels: int) -> FrameSet:
    from marscrop.imaging.tiff_pages import pages_of

    pages = pages_of(cast("Any", image.fp), MOST_PAGES, frame)
    if frame is not None:
        _check_has(frame, len(pages))
        return FrameSet((frame,))
    pictures = [index for index, page in enumerate(pages) if page.is_picture] or [0]
    size = pages[pictures[0]].size
    kept = tuple(index for index in pictures if pages[index].size == size)
    if len(kept) > 1:
        _check_pixels(size, len(kept), max_pixels, "pages")
    return FrameSet(kept, losses=_left_out(pages, sorted({*pictures} - {*kept}), size))


def _left_out(pages: list[Page], indices: list[int], size: Size) -> tuple[str, ...]:
    if not indices:
        return ()
    named = ", ".join(
        f"{index} ({pages[index].size.width} x {pages[index].size.height})" for index in indices[:5]
    )
    more = f" and {len(indices) - 5} more" if len(indices) > 5 else ""
    which = "page" if len(indices) == 1 else "pages"
    return (f"{which} {named}{more} left out: not {size.width} x {size.height}, as the first is",)


def _check_has(frame: int, count: int) -> None:
    if frame >= count:
        has = "one picture" if count == 1 else f"{count:,} frames, 0 to {count - 1}"
        raise OptionError((f"has {has}; ", Mention("frame"), f" is {frame}"), "frame", frame)


def _check_pixels(size: Size, count: int, max_pixels: int, what: str = "frames") -> None:
    """Hold what has to be decoded in all against the limit: frames build on those before."""
    pixels = count * size.width * size.height
    if pixels > max_pixels:
        raise LimitError(
            None,
            "max_pixels",
            pixels,
            max_pixels,
            f"has {pixels:,} pixels ({count:,} {what} of {size.width} x {size.height}), more than "
            f"the limit of {max_pixels:,}",
            f"make it smaller or shorter, ask for one of its first {what}",
        )


def _content(image: ImageFile) -> bytes:
    """The file of an image that is not loaded; leaves it where it was."""
    file = cast("Any", image.fp)
    position = file.tell()
    file.seek(0)
    content = bytes(file.read())
    file.seek(position)
    return content
