"""A photo, given as a path, bytes, a file, a PIL image or an array, and its upright pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, cast

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from marscrop.errors import ImageError, LimitError
from marscrop.geometry import Box, Size, Window
from marscrop.imaging import colour, cost, formats, ground, orientation, strips
from marscrop.imaging.exif import descriptive_exif
from marscrop.imaging.frames import opened_at
from marscrop.imaging.jpeg.compression import Compression
from marscrop.imaging.read_options import AS_A_WHOLE, ReadOptions
from marscrop.imaging.reduction import Reduction, reduced
from marscrop.imaging.resize import MIN_OVERSAMPLING, resize_rgb
from marscrop.imaging.source import Opener, Source, explained, resolve

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT_MAX_PIXELS: Final = 300_000_000
"""Larger pictures are refused: the largest cameras make 200 million, bombs make billions."""

DEFAULT_MAX_DECODED_BYTES: Final = 256 * cost.MEBIBYTE
"""Memory for finding a crop; with what models take, a process stays below 600 MB."""

_EPSILON: Final = 1e-6
_KEPT_INFO: Final = ("icc_profile", "transparency")


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
        stored_orientation: the orientation that the file names; not `orientation` for TIFF alone,
            which Pillow turns while it loads.
        by_strips: whether it is large, and can be read with only some of its rows in memory.
        losses: what of the file is not looked at, as in `EncodedFile.losses`, such as "only the
            first frame is used"; told with each of its crops.
    """

    name: str
    size: Size
    format: str | None
    mode: str
    has_alpha: bool
    jpeg: Compression | None
    orientation: int
    stored_orientation: int
    by_strips: bool
    _decoder_bytes: int = field(repr=False)
    _max_decoded_bytes: int = field(repr=False)
    _reduction: Reduction = field(repr=False)
    _opened: Opener = field(repr=False)
    losses: tuple[str, ...] = ()

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
        """The whole upright picture at exactly `size` [px].

        A large JPEG is decoded at reduced size, with at least `oversampling` times the pixels asked
        for on either side. Transparency is laid over a ground from which what is opaque stands out
        (`ground`); of an animation it is the first frame.

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
            rgb = colour.to_rgb(upright, below.grey if below else colour.WHITE)
            if part is not None:
                rgb, region = _cut(rgb, region, part, self.size), None
            return Seen(
                resize_rgb(rgb, size, region), below.opaque if below else None, below is not None
            )

    def upright(self) -> Image.Image:
        """The picture at full resolution, upright, in its own mode, pixels loaded.

        A new image each time, of which only the ICC profile and the transparency of palettes or
        colour keys are kept in `info`: nothing in it says to turn it again.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
        """
        with self._decoding() as image:
            image.load()
            upright = orientation.turned(image, self.orientation)
            if upright is image:
                # A plain image, without the file's tags. A file's pixels were decoded for this
                # call alone, so that a copy would only double the memory.
                upright = image._new(image.im) if self._is_file else image.copy()
            upright.info = {key: image.info[key] for key in _KEPT_INFO if key in image.info}
            return upright

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
            kept: Any = {key: image.info[key] for key in _KEPT_INFO if key in image.info}
            for strip in strips.strips_of(image, box, self.size, self.orientation):
                strip.info = kept
                yield strip

    def write_png(self, box: Box, file: BinaryIO) -> None:
        """Write a PNG of a box, with its ICC profile; of a photo `by_strips`, stored upright.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
            OSError: the file cannot be written.
        """
        with strips.Target(file) as target, self._decoding() as image:
            profile = image.info.get("icc_profile")
            fits = profile is not None and colour.profile_fits(profile, self.mode)
            strips.write_png(image, box, target, keep_profile=fits)

    def exif(self) -> bytes | None:
        """The photo's EXIF block, place included, for a copy that is upright already; None if none.

        Orientation, size and thumbnail, which would all be wrong, are left out.

        Raises:
            ImageError: corrupt or vanished metadata.
        """
        with explained(self.name), self._opened() as image:
            return descriptive_exif(image)

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
    source: Source,
    *,
    name: str | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
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
            shape (height, width, 3), RGB, 0..255.
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
    name, is_file, opened = resolve(source, name)
    if read.frame is not None:
        opened = partial(opened_at, opened, read.frame, is_file=is_file)
    with explained(name), opened() as image:
        turn = orientation.orientation_of(image)
        size = orientation.turned_size(image.size, turn)
        _check_size(size, max_pixels)
        if is_file:
            cost.check_time(cast("ImageFile", image))
        by_strips = is_file and strips.readable(image)
        return Photo(
            name=name,
            size=size,
            format=image.format if is_file else None,
            mode=image.mode,
            has_alpha=colour.has_alpha(image),
            jpeg=Compression.of(image, turn) if is_file else None,
            orientation=turn,
            stored_orientation=orientation.stored_orientation(image),
            by_strips=by_strips,
            _decoder_bytes=cost.decoder_bytes(cast("ImageFile", image)) if is_file else 0,
            _max_decoded_bytes=max_decoded_bytes,
            _reduction=Reduction.of(image, by_strips=by_strips) if is_file else Reduction.NONE,
            _opened=opened,
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


def _check_size(size: Size, max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(None, f"has no pixels; its size is {width} x {height}")
    if width * height > max_pixels:
        raise LimitError(
            None,
            "max_pixels",
            width * height,
            max_pixels,
            f"has {width * height:,} pixels ({width} x {height}), more than the limit of "
            f"{max_pixels:,}",
            "make it smaller",
        )
