"""A photo, given as a path, bytes, a file, a PIL image or an array, and its upright pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from marscrop.errors import ImageError, LimitError
from marscrop.geometry import Box, Size, Window
from marscrop.imaging import (
    colour,
    completeness,
    cost,
    formats,
    ground,
    orientation,
    png_filters,
    strips,
)
from marscrop.imaging.animation.faults import in_frame
from marscrop.imaging.colour import bits_in_use
from marscrop.imaging.colourspace.convert import pixels_to_srgb
from marscrop.imaging.colourspace.stated import NOTHING, Statement, stated_colour
from marscrop.imaging.deep.bits import USUAL, stored_bits
from marscrop.imaging.deep.reading import Deep, is_readable, read
from marscrop.imaging.frames import STILL, FrameSet, each, frames_of, only, opened_at
from marscrop.imaging.jpeg.compression import Compression
from marscrop.imaging.read_options import AS_A_WHOLE, ReadOptions
from marscrop.imaging.reduction import Reduction, reduced
from marscrop.imaging.resize import MIN_OVERSAMPLING, resize_rgb
from marscrop.imaging.source import Opened, Opener, Source, explained, resolve
from marscrop.imaging.strips import Writable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.imaging.metadata.photo_metadata import PhotoMetadata
    from marscrop.imaging.stored_as import StoredAs

DEFAULT_MAX_DECODED_BYTES: Final = 256 * cost.MEBIBYTE
"""Memory for finding a crop; with what models take, a process stays below 600 MB."""

_EPSILON: Final = 1e-6


class Seen(NamedTuple):
    """A picture as the networks see it.

    Attributes:
        rgb: uint8 array of shape (height, width, 3), RGB, 0..255.
        opaque: the box of all that is not transparent [px of the whole upright photo]; None where
            nothing is.
        transparent: whether some pixels are.
    """

    rgb: NDArray[np.uint8]
    opaque: Box | None = None
    transparent: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photo of which the header is read; its pixels are decoded anew at each request.

    Attributes:
        name: for messages: the path, or what the photo was given as, such as "<bytes>".
        size: of the upright image (after EXIF orientation), full resolution [px].
        format: Pillow's name of the container, such as "JPEG"; None for PIL images and arrays.
        mode: Pillow's name of the pixels' mode, such as "RGB" or "I;16".
        has_alpha: whether some pixels may be transparent.
        jpeg: how strongly a JPEG was compressed; None for everything else.
        orientation: EXIF orientation, 1..8, that its stored pixels have left to apply.
        stored_orientation: the orientation of its stored pixels; not `orientation` for TIFF and
            HEIC, which are turned while they are loaded.
        colours: what the file says of them, beside an ICC profile.
        bits: of a channel, 8 for fewer.
        by_strips: whether it is large, and can be read with only some of its rows in memory.
        losses: what of the file is not looked at, as in `EncodedFile.losses`, such as "only the
            first frame is used"; told with each of its crops.
        frames: the frames of an animation, or pages of a TIFF, that are cropped to one box. Where a
            single picture is asked for, it is the first of them.
    """

    name: str
    size: Size
    format: str | None
    mode: str
    has_alpha: bool
    jpeg: Compression | None
    orientation: int
    stored_orientation: int
    colours: Statement
    bits: int
    by_strips: bool
    _has_more_bits: bool = field(repr=False)
    _decoder_bytes: int = field(repr=False)
    _max_decoded_bytes: int = field(repr=False)
    _reduction: Reduction = field(repr=False)
    _opened: Opener = field(repr=False)
    losses: tuple[str, ...] = ()
    frames: FrameSet = STILL
    _read: ReadOptions = field(default=AS_A_WHOLE, repr=False)

    def analysis_bytes(self, size: Size, oversampling: int = MIN_OVERSAMPLING) -> int:
        """Memory that `analysis_rgb` with these arguments takes at once, about and at most.

        That is what the decoder holds, the picture that comes out of it (a JPEG's and a large
        PNG's at reduced size), a turned copy and one in RGB, as far as they are needed.
        """
        divisor = self._reduction.divisor(self.size, size, oversampling)
        width, height = (-(-side // divisor) for side in self.size)
        turned = self.orientation != orientation.UPRIGHT
        to_rgb = self.mode != "RGB" or self.has_alpha
        pictures = cost.picture_bytes(Size(width, height), self.mode, turned=turned, to_rgb=to_rgb)
        by_rows = self._reduction is not Reduction.MEANS or strips.libvips_usable()
        whole = (
            0 if by_rows else cost.picture_bytes(self.size, self.mode, turned=False, to_rgb=False)
        )
        return pictures + self._decoder_bytes + whole

    def check_memory(self, needed: int) -> None:
        """Hold what is needed at once [bytes] against the limit that the photo was opened with.

        Raises:
            LimitError: it is more.
        """
        limit = self._max_decoded_bytes
        if needed > limit:
            width, height = self.size
            raise LimitError(
                self.name,
                "max_decoded_bytes",
                needed,
                limit,
                f"needs about {cost.mebibytes(needed)} to be decoded ({self.format}, "
                f"{width} x {height}), more than the limit of {cost.mebibytes(limit)}",
                "make it smaller, save it as a baseline JPEG,",
            )

    def file_bytes(self) -> bytes:
        """The encoded file, as it is.

        Raises:
            ImageError: a PIL image or an array, or a file that has vanished.
        """
        with explained(self.name), self._opened() as image:
            file = getattr(image, "fp", None)
            if not self._is_file or file is None:
                raise ImageError(None, "is no encoded file, of which the bytes could be had")
            file.seek(0)
            return bytes(file.read())

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
        shown = size
        if part is not None:  # what the whole would have, so that the part has enough
            x, y = part.size.width / size.width, part.size.height / size.height
            shown = Size(math.ceil(self.size.width / x), math.ceil(self.size.height / y))
        if self._is_file:
            self.check_memory(self.analysis_bytes(shown, oversampling))
        with self._decoding() as image:
            stored, picture = reduced(
                image,
                self._reduction,
                orientation.turned_size(shown, self.orientation),
                oversampling,
                threads=threads,
                most_bytes=self._max_decoded_bytes,
            )
            upright = orientation.turned(stored, self.orientation)
            region = None
            if picture:
                region = orientation.turned_corner(*picture, stored.size, self.orientation)
            upright.load()
            below = ground.ground_of(upright) if self.has_alpha else None
            grey = below.grey if below else colour.WHITE
            rgb = colour.to_rgb(upright, grey)
            if part is not None:
                rgb, region = _cut(rgb, region, part, self.size), None
            pixels = resize_rgb(rgb, size, region)
            if self.is_deep and bits_in_use(int(pixels.max()) << 8 | 255) < 16:
                from marscrop.imaging.deep.picture import at_8_bits

                pixels = resize_rgb(colour.to_rgb(at_8_bits(self.deep(part)), grey), size)
            # Few pixels by now, so that this costs next to nothing.
            colours = self.colours.of_pixels(image.info.get("icc_profile"), self.mode)
            if colours is not None:
                pixels = pixels_to_srgb(pixels, colours)
            return Seen(pixels, below.opaque if below else None, below is not None)

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
            max_decoded_bytes=self._max_decoded_bytes,
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
        with self._decoding() as image:
            image.load()
            # A file's pixels were decoded for this call alone: a copy would double the memory.
            return self._upright(image, is_ours=self._is_file)

    def pictures(self) -> Iterator[Image.Image]:
        """What `upright` gives, of each frame or page; those of a GIF in mode RGB or RGBA.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
        """
        if self.frames.is_still:
            yield self.upright()
            return
        with self._decoding() as image:
            for frame in each(image, self.frames.indices):
                upright = self._upright(frame, is_ours=False)
                if self.format == "GIF":  # patches with palettes of their own add up to no palette
                    alpha = colour.has_alpha(upright)
                    upright = colour.to_rgba(upright) if alpha else upright.convert("RGB")
                yield upright

    @property
    def is_deep(self) -> bool:
        """Whether `deep` can be had, which gives more bits a channel than `upright`."""
        return self._has_more_bits and strips.libvips_usable()

    def deep(self, box: Box | None = None) -> Deep:
        """The upright pixels of a box, or all, where the photo `is_deep`.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
        """
        whole = Box(0, 0, *self.size)
        with self._decoding() as image:
            file = cast("ImageFile", image)
            return read(file, box or whole, self.size, self.stored_orientation, self.bits)

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
        with self._decoding() as image:
            kept = self._kept_info(image)
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
        with strips.Target(file) as target, self._decoding() as image:
            # As the photo has it: else a crop could be larger than the whole.
            filtered = png_filters.are_used(cast("Any", image).fp)
            strips.write_png(image, box, target, keep_profile=keep_profile, filtered=filtered)

    def stored_as(self) -> StoredAs:
        """How strongly the file is compressed, in the terms of our encoder for its format.

        Raises:
            ImageError: a file that has vanished.
        """
        with explained(self.name), self._opened() as image:
            from marscrop.imaging.stored_as import StoredAs

            return StoredAs.of(image) if self._is_file else StoredAs()

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
        with self._decoding() as image:
            return self.colours.profile(image.info.get("icc_profile"), self.mode)

    def _kept_info(self, image: Image.Image) -> Any:
        profile = self.colours.profile(image.info.get("icc_profile"), self.mode)
        kept = {} if profile is None else {"icc_profile": profile}
        if "transparency" in image.info:
            kept["transparency"] = image.info["transparency"]
        return kept

    def _upright(self, image: Image.Image, *, is_ours: bool) -> Image.Image:
        """A loaded image as a plain one, without the file's tags; with its pixels, if `is_ours`."""
        upright = orientation.turned(colour.in_full_range(image, self.bits), self.orientation)
        if upright is image:
            upright = image._new(image.im) if is_ours else image.copy()
        upright.info = self._kept_info(image)
        return upright

    @contextmanager
    def _decoding(self) -> Iterator[Image.Image]:
        """The stored image, ready to be loaded, as long as the block lasts."""
        with explained(self.name), self._opened() as image:
            if orientation.turned_size(image.size, self.orientation) != self.size:
                raise ImageError(None, "has changed since it was opened")
            if self._is_file:
                formats.allocate(image)
            yield image

    @property
    def _is_file(self) -> bool:
        return self.format is not None


def open_photo(
    source: Source | Opened,
    *,
    name: str | None = None,
    max_pixels: int = cost.DEFAULT_MAX_PIXELS,
    max_decoded_bytes: int = DEFAULT_MAX_DECODED_BYTES,
    read: ReadOptions = AS_A_WHOLE,
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

    Raises:
        ImageError: the source is missing, unreadable, empty, or no image.
        LimitError: it has more than `max_pixels`.
        OptionError: it has no such frame.
    """
    name, is_file, opened = resolve(source, name, read, max_pixels)
    with explained(name), opened() as image:
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
        turn = orientation.orientation_of(image)
        size = orientation.turned_size(stored, turn)
        cost.check_pixels(size, max_pixels)
        if is_file:
            cost.check_time(cast("ImageFile", image))
            further = frames.indices != STILL.indices
            decoder_bytes = cost.decoder_bytes(cast("ImageFile", image), further_frames=further)
        losses = completeness.losses_of(image, lenient=read.lenient, most_bytes=max_decoded_bytes)
        by_strips = is_file and strips.readable(image)
        bits = stored_bits(image) if is_file else USUAL
        return Photo(
            name=name,
            size=size,
            format=image.format if is_file else None,
            mode=image.mode,
            has_alpha=colour.has_alpha(image),
            jpeg=Compression.of(image, turn) if is_file else None,
            orientation=turn,
            stored_orientation=orientation.stored_orientation(image),
            colours=stated_colour(image) if is_file else NOTHING,
            bits=bits,
            by_strips=by_strips,
            _has_more_bits=is_file and is_readable(image, bits),
            _decoder_bytes=decoder_bytes,
            _max_decoded_bytes=max_decoded_bytes,
            _reduction=Reduction.of(image, by_strips=by_strips) if is_file else Reduction.NONE,
            _opened=opened,
            losses=(*losses, *frames.losses),
            frames=frames,
            _read=read,
        )


def _cut(rgb: Image.Image, region: Window | None, part: Box, whole: Size) -> Image.Image:
    """A part of a photo from its picture at reduced size, without pixels that lie partly outside.

    Args:
        rgb: the picture.
        region: of it that shows the photo [px]; all by default.
        part: of the photo [px].
        whole: size of the photo [px].
    """
    left, top, right, bottom = region or Window(0.0, 0.0, *rgb.size)
    x, y = (right - left) / whole.width, (bottom - top) / whole.height
    x0, x1 = math.ceil(left + part.x0 * x - _EPSILON), math.floor(left + part.x1 * x + _EPSILON)
    y0, y1 = math.ceil(top + part.y0 * y - _EPSILON), math.floor(top + part.y1 * y + _EPSILON)
    return colour.part_of(rgb, (x0, y0, max(x0 + 1, x1), max(y0 + 1, y1)))
