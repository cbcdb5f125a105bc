"""A photo, given as a path, bytes, a file, a PIL image or an array, and its upright pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from marscrop.geometry import Box, Size
from marscrop.imaging import colour, completeness, cost, orientation, strips
from marscrop.imaging.animation.faults import in_frame
from marscrop.imaging.bits import USUAL, stored_bits
from marscrop.imaging.colourspace.stated import NOTHING, stated_colour
from marscrop.imaging.frames import STILL, each, frames_of, only, opened_at
from marscrop.imaging.jpeg.compression import Compression
from marscrop.imaging.read_options import AS_A_WHOLE, ReadOptions
from marscrop.imaging.reduction import Reduction
from marscrop.imaging.resize import MIN_OVERSAMPLING
from marscrop.imaging.seen import Seen, see
from marscrop.imaging.source import Held, Opened, Source, explained, resolve
from marscrop.imaging.stored_picture import StoredPicture
from marscrop.imaging.strips import Writable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.imaging.metadata.photo_metadata import PhotoMetadata
    from marscrop.imaging.stored_as import StoredAs

_HELD: Final = frozenset({"JPEG", "WEBP"})
"""Formats whose plugins find the pixels wherever reading the header has left the file."""

DEFAULT_MAX_DECODED_BYTES: Final = 256 * cost.MEBIBYTE
"""Memory for finding a crop; with what models take, a process stays below 600 MB."""


class Photo(StoredPicture):
    """A photo of which the header is read; its pixels are decoded anew at each request.

    What is stored, and its attributes, are `StoredPicture`'s; here is what is made of it: pixels
    to look at and pixels to write.
    """

    __slots__ = ()

    def analysis_rgb(
        self, size: Size, oversampling: int = MIN_OVERSAMPLING, threads: int = 1
    ) -> NDArray[np.uint8]:
        """The whole upright picture at exactly `size` [px], as a person sees it: in sRGB.

        HDR is toned down (see `colourspace.convert`), and transparency is laid over a ground from
        which what is opaque stands out (`ground`). A large JPEG is decoded at reduced size, with at
        least `oversampling` times the pixels asked for on either side. Of an animation it is the
        first frame.

        Args:
            size: wanted [px].
            oversampling: of what is decoded.
            threads: to decode with, where that is possible.

        Returns:
            uint8 array of shape (height, width, 3), RGB, 0..255.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
            LimitError: more memory is needed than allowed.
        """
        return self.seen(size, oversampling, threads).rgb

    def seen(
        self,
        size: Size,
        oversampling: int = MIN_OVERSAMPLING,
        threads: int = 1,
        part: Box | None = None,
    ) -> Seen:
        """What is seen of the picture: `analysis_rgb`, and where it is opaque.

        Args:
            size, oversampling, threads: as `analysis_rgb` has them.
            part: of the upright photo, whose pixels alone are shown at `size`; all by default.

        Raises:
            ImageError, LimitError: as for `analysis_rgb`.
        """
        return see(self, size, oversampling, threads, part)

    def views(self) -> Iterator[Photo]:
        """Stills of a few frames that stand for all; of a still, just itself."""
        if self.frames.is_still:
            yield self
        else:
            yield from map(self.still, self.frames.views)

    def still(self, frame: int) -> Photo:
        """One of the frames or pages alone, by where it stands in the file, counted from 0.

        Raises:
            ImageError: it is truncated or corrupt.
        """
        return open_photo(
            Opened(self._opened),
            name=self.name,
            max_pixels=(frame + 1) * self.size.width * self.size.height,  # as was checked for all
            max_decoded_bytes=self.max_decoded_bytes,
            read=replace(self._read, frame=frame),
        )

    def upright(self) -> Image.Image:
        """The picture at full resolution, upright, in its own mode, pixels loaded.

        A new image each time, of which only the ICC profile and the transparency of palettes or
        colour keys are kept in `info`: nothing in it says to turn it again. Colours that the file
        states otherwise are told by a profile that says the same, but for HDR: see `screen`. More
        than 8 bits of a channel are there in grey alone: see `deep`.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
        """
        with self.decoding() as image:
            # A file's pixels were decoded for this call alone: a copy would double the memory.
            return self._upright(self._loaded(image), is_ours=self.is_file)

    def pictures(self) -> Iterator[Image.Image]:
        """What `upright` gives, of each frame or page; those of a GIF in mode RGB or RGBA.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
        """
        if self.frames.is_still:
            yield self.upright()
            return
        with self.decoding() as image:
            for frame in each(image, self.frames.indices):
                upright = self._upright(frame, is_ours=False)
                if self.format == "GIF":  # patches with palettes of their own add up to no palette
                    alpha = colour.has_alpha(upright)
                    upright = colour.to_rgba(upright) if alpha else upright.convert("RGB")
                yield upright

    def strips(self, box: Box) -> Iterator[Image.Image]:
        """The upright pixels of a box, from top to bottom, where the photo is `by_strips`.

        Args:
            box: inside the photo [px].

        Yields:
            images as wide as the box, of `STRIP_ROWS` rows but for the last, in the photo's mode
            and with its ICC profile in `info`.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
        """
        with self.decoding() as image:
            kept = self.kept_info(image)
            for strip in strips.strips_of(image, box, self.size, self.orientation):
                strip.info = kept
                yield strip

    def write_png(self, box: Box, file: Writable, *, keep_profile: bool) -> None:
        """Write a PNG of a box; of a photo `by_strips`, stored upright.

        Args:
            box: inside the photo [px].
            file: to write to.
            keep_profile: with the photo's ICC profile.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
            OSError: the file cannot be written.
        """
        from marscrop.imaging.png import filters

        with strips.Target(file) as target, self.decoding() as image:
            # As the photo has it: else a crop could be larger than the whole.
            filtered = filters.are_used(cast("Any", image).fp)
            strips.write_png(image, box, target, keep_profile=keep_profile, filtered=filtered)

    def release(self) -> None:
        """Close the file that `open_photo` was told to hold, if nobody has decoded it."""
        if isinstance(self._opened, Held):
            self._opened.close()

    def stored_as(self) -> StoredAs:
        """How strongly the file is compressed, in the terms of our encoder for its format.

        Raises:
            ImageError: a file that has vanished.
        """
        with explained(self.name), self._opened() as image:
            from marscrop.imaging.stored_as import StoredAs

            return StoredAs.of(image) if self.is_file else StoredAs()

    def metadata(self) -> PhotoMetadata:
        """What the file says beside its pixels; of a PIL image, what Pillow remembers of it.

        Raises:
            ImageError: a vanished file.
        """
        with explained(self.name), self._opened() as image:
            from marscrop.imaging.metadata.photo_metadata import read_metadata

            return read_metadata(image)

    def profile(self) -> bytes | None:
        """The ICC profile that `upright` gives with its pixels; None for sRGB, and for HDR.

        Raises:
            ImageError: the file has vanished or changed.
        """
        with self.decoding() as image:
            return self.colours.profile(image.info.get("icc_profile"), self.mode)

    def kept_info(self, image: Image.Image) -> Any:
        """What `upright` leaves of a decoded image's `info`."""
        profile = self.colours.profile(image.info.get("icc_profile"), self.mode)
        kept = {} if profile is None else {"icc_profile": profile}
        if "transparency" in image.info:
            kept["transparency"] = image.info["transparency"]
        return kept

    def _loaded(self, image: Image.Image) -> Image.Image:
        """An image with its pixels, by whatever gives Pillow's sooner than it does."""
        if self.reduction in (Reduction.MEANS, Reduction.ROWS):
            from marscrop.imaging.png import reduced as png

            found = png.whole(cast("ImageFile", image)) if png.is_readable(image) else None
            if found is not None:
                found.info = image.info
                return found
        image.load()
        return image

    def _upright(self, image: Image.Image, *, is_ours: bool) -> Image.Image:
        """A loaded image as a plain one, without the file's tags; with its pixels, if `is_ours`."""
        upright = orientation.turned(colour.in_full_range(image, self.bits), self.orientation)
        if upright is image:
            upright = image._new(image.im) if is_ours else image.copy()
        upright.info = self.kept_info(image)
        return upright


def open_photo(
    source: Source | Opened,
    *,
    name: str | None = None,
    max_pixels: int = cost.DEFAULT_MAX_PIXELS,
    max_decoded_bytes: int = DEFAULT_MAX_DECODED_BYTES,
    read: ReadOptions = AS_A_WHOLE,
    hold: bool = False,
) -> Photo:
    """Read a photo's header.

    A path is opened afresh whenever pixels are asked for, and closed right after. A file object
    is read once, from its current position to its end. PIL images (their current frame) and
    arrays are neither copied nor changed: what is done to them later shows in the photo. All
    that happens to a PIL image that is not loaded yet is that it is loaded.

    Args:
        source: path, bytes of an image file, binary file object, PIL image, or uint8 array of
            shape (height, width, 3), RGB, 0..255; (height, width, 4) in RGBA, or (height, width) or
            (height, width, 1) in greys.
        name: for messages; by default the path, or a word for what else it was given as.
        max_pixels: width times height beyond which the photo is refused, before decoding.
        max_decoded_bytes: memory beyond which `Photo.analysis_rgb` refuses it, before decoding;
            for files, as PIL images and arrays are in memory already.
        read: what else is asked of reading.
        hold: whether the file may stay open until the photo is first decoded, for whoever does so
            at once, and then calls `Photo.release`.

    Raises:
        ImageError: the source is missing, unreadable, empty, or no image.
        LimitError: it has more than `max_pixels`.
        OptionError: it has no such frame.
    """
    name, is_file, opened = resolve(source, name, read, max_pixels)
    with explained(name), ExitStack() as until:
        image = until.enter_context(opened())
        stored = Size(*image.size)
        cost.check_pixels(stored, max_pixels)
        if is_file:
            frames = frames_of(cast("ImageFile", image), read.frame, max_pixels)
            first = frames.indices[0]
            if first != image.tell():
                with in_frame(first):
                    image.seek(first)
                opened = partial(opened_at, opened, first)
        else:
            frames, decoder_bytes = only(read.frame), 0
        if image.format != "GIF":  # whose frames share a canvas, where pages have their own sizes
            stored = Size(*image.size)
        stored_turn = orientation.stored_orientation(image)
        turn = orientation.left_of(stored_turn, image)
        size = orientation.turned_size(stored, turn)
        cost.check_pixels(size, max_pixels)
        if is_file:
            file = cast("ImageFile", image)
            cost.check_time(file)
            further = frames.indices != STILL.indices
            decoder_bytes = cost.decoder_bytes(file, further_frames=further)
        losses = completeness.losses_of(image, lenient=read.lenient, most_bytes=max_decoded_bytes)
        by_strips = is_file and strips.readable(image)
        bits = stored_bits(image) if is_file else USUAL
        if hold and frames is STILL and image.format in _HELD:
            opened = Held(image, until.pop_all(), opened)
        return Photo(
            name=name,
            size=size,
            format=image.format if is_file else None,
            mode=image.mode,
            has_alpha=colour.has_alpha(image),
            jpeg=Compression.of(image, turn) if is_file else None,
            orientation=turn,
            stored_orientation=stored_turn,
            colours=stated_colour(image) if is_file else NOTHING,
            bits=bits,
            by_strips=by_strips,
            _has_more_bits=bits > USUAL and _can_be_read_deep(image, bits),
            _decoder_bytes=decoder_bytes,
            max_decoded_bytes=max_decoded_bytes,
            reduction=Reduction.of(image) if is_file else Reduction.NONE,
            _opened=opened,
            losses=(*losses, *frames.losses),
            frames=frames,
            _read=read,
        )


def _can_be_read_deep(image: Image.Image, bits: int) -> bool:
    from marscrop.imaging.deep.reading import is_readable  # few files have more than 8 bits

    return is_readable(image, bits)
