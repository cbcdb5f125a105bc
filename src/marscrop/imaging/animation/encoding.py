"""Files of crops with all frames of an animation: each encoded as a still is, then joined."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging import colour, source
from marscrop.imaging.animation import apng, avif, gif, webp
from marscrop.imaging.animation.gif import Gif
from marscrop.imaging.animation.reel import Reel
from marscrop.imaging.animation.timing import Timing
from marscrop.imaging.destination import explained
from marscrop.imaging.encoded_file import EncodedFile, distinct
from marscrop.imaging.encoder_options import encoded
from marscrop.imaging.encoding import Save, crop_picture, encode_crop
from marscrop.imaging.frames import MOST_FRAMES
from marscrop.imaging.output_format import AVIF, GIF, PNG, TIFF, WEBP, OutputFormat, output_format
from marscrop.imaging.padding import Padding, check_inside, cut
from marscrop.imaging.photo import Photo
from marscrop.imaging.write_options import WriteOptions

_ANIMATED: Final = (GIF, PNG, WEBP, AVIF)
_MILLISECONDS: Final = 1000
_PIXEL: Final = Box(0, 0, 1, 1)


def keeps_frames(photo: Photo, path: str | os.PathLike[str]) -> bool:
    """Whether a photo has several frames or pages, and a file of this name can hold them.

    Raises:
        ImageError: an unknown suffix.
    """
    wanted = output_format(path)
    if photo.frames.is_still:
        return False
    return wanted in _ANIMATED if photo.frames.timing else wanted is TIFF


def frames_lost(photo: Photo, path: str | os.PathLike[str]) -> tuple[str, ...]:
    """A sentence on the frames that a file of this name does not have, as in `EncodedFile`."""
    timing = photo.frames.timing
    if keeps_frames(photo, path):
        if timing and timing.cover and output_format(path) is not PNG:
            return ("the picture for programs that show no animation is left out",)
        return ()
    if photo.frames.is_still:
        return ()
    count, name = len(photo.frames.indices), output_format(path).name
    if timing:
        return (f"only the first of {count:,} frames is kept, as {name} holds no animation",)
    return (f"only the first of {count:,} pages is kept, as {name} holds one picture",)


def encode_frames(
    photo: Photo,
    box: Box,
    path: str | os.PathLike[str],
    options: WriteOptions,
    padding: Padding | None = None,
    size: Size | None = None,
) -> EncodedFile:
    """The file of a box of each frame, in the format of the path's suffix.

    Frame by frame it shows what `encode_crop` would, with all durations and as many plays. A GIF
    of a GIF that is neither padded nor scaled keeps the frames' own palettes and disposal.

    Args:
        photo, path: an animation, which `keeps_frames`.
        box, options, padding, size: as for `encode_crop`.

    Raises:
        ImageError: truncated, corrupt or vanished pixels, or what `encode_crop` raises.
    """
    timing = photo.frames.timing
    if timing is None:
        raise ValueError("expected an animation")
    with explained(path):
        check_inside(box, photo.size)
        job = _Job(photo, box, path, options, padding, size)
        return EncodedFile(job.animation(timing), job.losses)


class _Job:
    """One crop of all frames. Its losses are known once it is done."""

    def __init__(
        self,
        photo: Photo,
        box: Box,
        path: str | os.PathLike[str],
        options: WriteOptions,
        padding: Padding | None,
        size: Size | None,
    ) -> None:
        self._photo, self._box, self._path = photo, box, path
        self._options, self._padding, self._size = options, padding, size
        self._bare = replace(options, metadata="none")
        self._plain = padding is None and size in (None, box.size)
        self._wanted = output_format(path)
        self._losses: list[str] = []
        self._metadata = photo.metadata()

    @property
    def losses(self) -> tuple[str, ...]:
        return distinct(self._losses)

    @property
    def canvas(self) -> Size:
        """Of what comes out [px]."""
        if self._size is not None:
            return self._size
        left, top, right, bottom = self._padding.margins if self._padding else (0, 0, 0, 0)
        width, height = self._box.size
        return Size(left + width + right, top + height + bottom)

    def animation(self, timing: Timing) -> bytes:
        """The file, in one of the formats that hold animations."""
        if self._wanted is AVIF:
            return self._avif(timing)
        if self._wanted is GIF:
            return self._gif(timing)
        if self._wanted is PNG:
            return self._png(timing)
        stills = list(self.stills(patches=webp.OFFSET_STEP))
        same = [(None if box is None else still, box or _PIXEL) for still, box in stills]
        return webp.joined(same, self.canvas, timing)

    def stills(
        self, *, patches: int | None, as_rgba: bool = False
    ) -> Iterator[tuple[bytes, Box | None]]:
        """A file of each frame, and where on the canvas it lies.

        Args:
            patches: whether only what changes is in it, from multiples of so many pixels on; None
                for whole frames.
            as_rgba: whether all are brought to mode RGBA.

        Yields:
            content, and its box [px]; None for one pixel of a frame that changes nothing.
        """
        whole = Box(0, 0, *self.canvas)
        before: NDArray[Any] | None = None
        for index, picture in enumerate(self._pictures()):
            if as_rgba:
                picture = _in_rgba(picture)
            elif self._wanted is GIF:
                picture = _without_idle_alpha(picture)
            place: Box | None = whole
            if patches and self._plain:
                shown = np.asarray(cut(picture, self._box))
                place = whole if before is None else _changed(before, shown, patches)
                before = shown
            inner = place or _PIXEL
            x0, y0 = self._box.x0, self._box.y0
            box = self._box
            if inner != whole:
                box = Box(x0 + inner.x0, y0 + inner.y0, x0 + inner.x1, y0 + inner.y1)
            # What the file says beside its pixels is taken from the first.
            still = self._encoded(picture, box, self._bare if index else self._options)
            self._losses += still.losses
            yield still.content, place

    def _pictures(self) -> Iterator[Image.Image]:
        timing = self._photo.frames.timing
        pictures = self._photo.pictures()
        if timing and timing.cover and self._wanted is not PNG:
            next(pictures)
        yield from pictures

    def _gif(self, timing: Timing) -> bytes:
        if self._photo.format == "GIF" and self._plain:
            with source.explained(self._photo.name):
                file = Gif.parse(self._photo.file_bytes(), MOST_FRAMES).cropped(self._box)
            # With what a still would have beside its pixels.
            return self._encoded(
                self._photo.upright(), self._box, self._options, lambda *_: file.to_bytes()
            ).content
        patches = None if self._photo.has_alpha else 1
        stills = [(content, box or _PIXEL) for content, box in self.stills(patches=patches)]
        return gif.joined(stills, self.canvas, timing)

    def _png(self, timing: Timing) -> bytes:
        def stills(*, as_rgba: bool) -> list[tuple[bytes, Box]]:
            patches = None if timing.cover else 1
            found = self.stills(patches=patches, as_rgba=as_rgba)
            return [(content, box or _PIXEL) for content, box in found]

        try:
            return apng.joined(stills(as_rgba=False), timing)
        except apng.UnlikeFramesError:
            return apng.joined(stills(as_rgba=True), timing)

    def _avif(self, timing: Timing) -> bytes:
        def save(_: Image.Image, wanted: OutputFormat, arguments: dict[str, Any]) -> bytes:
            if "exif" in arguments:
                arguments["exif"] = avif.without_orientation(arguments["exif"])
            reel = Reel(self._converted, len(timing.durations_s))
            buffer = io.BytesIO()
            durations = timing.in_units(_MILLISECONDS)
            reel.save(buffer, wanted.name, save_all=True, duration=durations, **arguments)
            return avif.with_plays(buffer.getvalue(), timing.plays)

        made = self._encoded(next(self._pictures()), self._box, self._options, save)
        self._losses += made.losses
        return made.content

    def _converted(self) -> Iterator[Image.Image]:
        """Each frame in the mode that is written."""
        for picture in self._pictures():
            yield crop_picture(
                picture,
                self._box,
                self._path,
                source=self._photo,
                padding=self._padding,
                size=self._size,
            )

    def _encoded(
        self, picture: Image.Image, box: Box, options: WriteOptions, save: Save = encoded
    ) -> EncodedFile:
        return encode_crop(
            picture,
            box,
            self._path,
            options,
            source=self._photo,
            metadata=self._metadata,
            padding=self._padding,
            size=self._size,
            save=save,
        )


def _in_rgba(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    rgba = colour.to_rgba(colour.to_plain(picture))
    rgba.info = {"icc_profile": profile} if profile else {}
    return rgba


def _without_idle_alpha(picture: Image.Image) -> Image.Image:
    """Itself, or in mode RGB if nothing of it is transparent: that has the better palettes."""
    if picture.mode != "RGBA" or picture.getchannel("A").getextrema() != (255, 255):
        return picture
    profile = picture.info.get("icc_profile")
    picture = picture.convert("RGB")
    picture.info = {"icc_profile": profile} if profile else {}
    return picture


def _changed(before: NDArray[Any], after: NDArray[Any], step: int) -> Box | None:
    """Around the pixels in which two pictures differ, from multiples of `step` on; None if none."""
    differ = before != after
    if differ.ndim == 3:
        differ = differ.any(axis=2)
    if not differ.any():
        return None
    rows, columns = np.flatnonzero(differ.any(axis=1)), np.flatnonzero(differ.any(axis=0))
    x0, y0 = (int(found[0]) // step * step for found in (columns, rows))
    return Box(x0, y0, int(columns[-1]) + 1, int(rows[-1]) + 1)
