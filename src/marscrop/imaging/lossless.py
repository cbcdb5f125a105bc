"""Crops of a JPEG without decoding it: its blocks of coefficients are copied as they are.

Blocks lie on a grid of 8 or 16 pixels, counted from the stored picture's top left corner. A crop
has to begin on it and may end anywhere, so that a box keeps its size and moves by less than a
block. The work is done by libjpeg-turbo, in the package `turbojpeg` (the extra `lossless`) or by
its program `jpegtran`.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from PIL.JpegImagePlugin import JpegImageFile

from marscrop.errors import ImageError, installing
from marscrop.geometry import Box, Size
from marscrop.imaging import orientation
from marscrop.imaging.encoded_file import EncodedFile
from marscrop.imaging.foreign import raise_foreign
from marscrop.imaging.formats import identify, one_line
from marscrop.imaging.jpeg.icc_segment import with_icc
from marscrop.imaging.metadata.crop_metadata import kept
from marscrop.imaging.metadata.lossless_jpeg import with_metadata
from marscrop.imaging.metadata.photo_metadata import PhotoMetadata
from marscrop.imaging.metadata.placement import Placement
from marscrop.imaging.output_format import JPEG
from marscrop.imaging.photo import Photo
from marscrop.imaging.write_options import MetadataPolicy
from marscrop.spelling import Mention

_DCT_PX: Final = 8

Transform = Callable[[bytes, Box, bool], bytes]
"""Content of a JPEG, stored box, whether it is progressive -> content of the crop."""


@dataclass(frozen=True, slots=True)
class BlockGrid:
    """Where crops of a JPEG may begin.

    Attributes:
        name: of the photo, for messages.
        content: the file.
        size: of the upright picture [px].
        orientation: EXIF orientation, 1..8.
        block: width and height of a block of the stored picture, all its components [px].
        progressive: whether it is stored in several scans.
        metadata: what it says beside its pixels.
        profile: that says what the file says of its colours otherwise, if it does.
    """

    name: str
    content: bytes
    size: Size
    orientation: int
    block: Size
    progressive: bool
    metadata: PhotoMetadata
    profile: bytes | None

    @classmethod
    def of(cls, photo: Photo) -> Self:
        """Read a photo's grid.

        Raises:
            ImageError: it is no JPEG file.
        """
        if photo.format not in ("JPEG", "MPO"):
            kind = photo.format or "no file"
            raise ImageError(
                photo.name,
                (
                    f"only a JPEG can be cropped without encoding it again, and this is {kind}; "
                    f"leave out ",
                    Mention("lossless"),
                ),
            )
        content = photo.file_bytes()
        image = identify(io.BytesIO(content))
        if not isinstance(image, JpegImageFile):
            raise ImageError(photo.name, "has changed since it was opened")
        factors = [(across, down) for _, across, down, _ in image.layer]
        if len(factors) == 1:  # blocks of a single component are never joined
            factors = [(1, 1)]
        return cls(
            name=photo.name,
            content=content,
            size=photo.size,
            orientation=photo.orientation,
            block=Size(*(_DCT_PX * max(side) for side in zip(*factors, strict=True))),
            progressive=bool(image.info.get("progressive")),
            metadata=photo.metadata(),
            profile=photo.colours.profile(None, photo.mode),
        )

    def boxes_near(self, box: Box) -> list[Box]:
        """The boxes of the same size that begin on the grid around `box`, nearest first.

        At least one, at most four; each less than a block away on either axis.
        """
        stored = orientation.stored_box(box, self.size, self.orientation)
        whole = orientation.turned_size(self.size, self.orientation)
        width, height = stored.size
        starts = [
            (x, y)
            for x in _starts(stored.x0, width, whole.width, self.block.width)
            for y in _starts(stored.y0, height, whole.height, self.block.height)
        ]
        starts.sort(key=lambda at: abs(at[0] - stored.x0) + abs(at[1] - stored.y0))
        return [
            orientation.upright_box(Box(x, y, x + width, y + height), self.size, self.orientation)
            for x, y in starts
        ]

    def cut(self, box: Box, metadata: MetadataPolicy = "rights") -> EncodedFile:
        """The JPEG of a box that `boxes_near` gave: same coefficients, metadata by policy.

        It is stored as the photo is, its EXIF orientation included, and shows exactly `box`.

        Raises:
            ImageError: the tool is missing, or cannot do it.
        """
        transform = find_transform()
        stored = orientation.stored_box(box, self.size, self.orientation)
        try:
            cropped = transform(self.content, stored, self.progressive)
        except ImageError:
            raise
        except Exception as error:  # the package raises what its C++ does
            raise_foreign(error)
            raise ImageError(
                self.name, f"cannot be cropped without encoding it again: {one_line(error)}"
            ) from error
        placement = Placement(self.size, self.orientation, box, orientation_after=self.orientation)
        said = kept(self.metadata, metadata, placement, JPEG, lossless=True)
        content = with_metadata(cropped, said)
        if self.profile is not None:
            content = with_icc(content, self.profile)
        return EncodedFile(content, tuple(said.losses))


def find_transform() -> Transform:
    """Whatever is installed that crops JPEGs.

    Raises:
        ImageError: nothing is; says what to install.
    """
    try:
        import turbojpeg
    except ImportError:
        turbojpeg = None
    if hasattr(turbojpeg, "transform"):  # PyTurboJPEG has a module of the same name
        return _by_package(turbojpeg)
    program = shutil.which("jpegtran")
    if program:
        return _by_program(program)
    raise ImageError(
        None,
        "cropping without encoding again needs the extra that does it: "
        f"{installing('lossless')}, or the program jpegtran",
    )


def _by_package(turbojpeg: Any) -> Transform:
    def transform(content: bytes, box: Box, progressive: bool) -> bytes:
        width, height = box.size
        return bytes(
            turbojpeg.transform(
                content,
                x=box.x0,
                y=box.y0,
                w=width,
                h=height,
                crop=True,
                perfect=False,
                progressive=progressive,
            )
        )

    return transform


def _by_program(program: str) -> Transform:
    def transform(content: bytes, box: Box, progressive: bool) -> bytes:
        width, height = box.size
        command = [program, "-copy", "all", "-crop", f"{width}x{height}+{box.x0}+{box.y0}"]
        if progressive:
            command.append("-progressive")
        done = subprocess.run(command, input=content, capture_output=True, check=False)
        if done.returncode or not done.stdout:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return done.stdout

    return transform


def _starts(start: int, length: int, whole: int, step: int) -> list[int]:
    """The grid's lines before and after `start` from which `length` still fits."""
    before = start - start % step
    lines = (before,) if before == start else (before, before + step)
    return [line for line in lines if line + length <= whole]
