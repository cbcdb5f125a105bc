"""A photo's header and its stored pixels, as a file, a PIL image or an array has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from PIL import Image

from marscrop.errors import ImageError, LimitError
from marscrop.geometry import Box, Size
from marscrop.imaging import cost, formats, libvips, orientation
from marscrop.imaging.colourspace.stated import Statement
from marscrop.imaging.frames import STILL, FrameSet
from marscrop.imaging.jpeg.compression import Compression
from marscrop.imaging.read_options import AS_A_WHOLE, ReadOptions
from marscrop.imaging.reduction import Reduction
from marscrop.imaging.resize import MIN_OVERSAMPLING
from marscrop.imaging.source import Opener, explained

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from marscrop.imaging.deep.reading import Deep


@dataclass(frozen=True, slots=True, eq=False)
class StoredPicture:
    """A header that is read, and pixels that are decoded anew at each request.

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
        reduction: how it can be decoded at a fraction of its size.
        max_decoded_bytes: memory that may be taken while a crop is found.
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
    max_decoded_bytes: int = field(repr=False)
    reduction: Reduction = field(repr=False)
    _opened: Opener = field(repr=False)
    losses: tuple[str, ...] = ()
    frames: FrameSet = STILL
    _read: ReadOptions = field(default=AS_A_WHOLE, repr=False)

    def analysis_bytes(self, size: Size, oversampling: int = MIN_OVERSAMPLING) -> int:
        """Memory that `analysis_rgb` with these arguments takes at once, about and at most.

        That is what the decoder holds, the picture that comes out of it (a JPEG's and a large
        PNG's at reduced size), a turned copy and one in RGB, as far as they are needed. What is
        decoded whole where a faster way fails is counted whole.
        """
        divisor = self.reduction.divisor(self.size, size, oversampling)
        if self.reduction in (Reduction.SCALED, Reduction.PLANES) or self.has_alpha:
            divisor = 1
        width, height = (-(-side // divisor) for side in self.size)
        turned = self.orientation != orientation.UPRIGHT
        to_rgb = self.mode != "RGB" or self.has_alpha
        pictures = cost.picture_bytes(Size(width, height), self.mode, turned=turned, to_rgb=to_rgb)
        by_rows = self.by_strips and libvips.usable()
        whole = (
            cost.picture_bytes(self.size, self.mode, turned=False, to_rgb=False)
            if self.reduction is Reduction.MEANS and divisor > 1 and not by_rows
            else 0
        )
        return pictures + self._decoder_bytes + whole

    def check_memory(self, needed: int) -> None:
        """Hold what is needed at once [bytes] against the limit that the photo was opened with.

        Raises:
            LimitError: it is more.
        """
        limit = self.max_decoded_bytes
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
            if not self.is_file or file is None:
                raise ImageError(None, "is no encoded file, of which the bytes could be had")
            file.seek(0)
            return bytes(file.read())

    @property
    def is_deep(self) -> bool:
        """Whether `deep` can be had, which gives more bits a channel than `upright`."""
        return self._has_more_bits and libvips.usable()

    def deep(self, box: Box | None = None) -> Deep:
        """The upright pixels of a box, or all, where the photo `is_deep`.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
        """
        from marscrop.imaging.deep import reading

        whole = Box(0, 0, *self.size)
        with self.decoding() as image:
            file = cast("ImageFile", image)
            return reading.read(file, box or whole, self.size, self.stored_orientation, self.bits)

    @contextmanager
    def decoding(self) -> Iterator[Image.Image]:
        """The stored image, ready to be loaded, as long as the block lasts."""
        with explained(self.name), self._opened() as image:
            if orientation.turned_size(image.size, self.orientation) != self.size:
                raise ImageError(None, "has changed since it was opened")
            if self.is_file:
                formats.allocate(image)
            yield image

    @property
    def is_file(self) -> bool:
        """Whether it is an encoded file, not a PIL image or an array."""
        return self.format is not None
