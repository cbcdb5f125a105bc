"""From a photo's pixels and a box to a cropped file: its format, its quality, its safe arrival."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import Image

from marscrop import files
from marscrop.errors import ImageError, OptionError
from marscrop.geometry import Box, Size
from marscrop.imaging import colour
from marscrop.imaging.formats import one_line, register_heif
from marscrop.imaging.jpeg.strip_encoder import MAX_SIDE_PX, join_strips
from marscrop.imaging.orientation import UPRIGHT
from marscrop.imaging.padding import Padding, check_inside, cut
from marscrop.imaging.photo import Photo
from marscrop.imaging.scaling import scaled


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format that crops are written in.

    Attributes:
        name: Pillow's.
        sources: names of the formats of which it is the natural output.
        suffixes: of its files; the first is the one that we give.
        modes: Pillow's modes that it holds as they are.
        keyed: those of them in which one colour, or entries of a palette, may be transparent.
        quality: 1..100, when none is asked for; None for the lossless formats.
    """

    name: str
    sources: tuple[str, ...]
    suffixes: tuple[str, ...]
    modes: frozenset[str]
    keyed: frozenset[str] = frozenset()
    quality: int | None = None


JPEG: Final = OutputFormat(
    "JPEG",
    sources=("JPEG", "MPO"),
    suffixes=(".jpg", ".jpeg"),
    modes=frozenset({"L", "RGB", "CMYK"}),
    quality=90,
)
PNG: Final = OutputFormat(
    "PNG",
    sources=("PNG",),
    suffixes=(".png",),
    modes=frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}),
    keyed=frozenset({"1", "L", "P", "RGB", "I;16"}),
)
WEBP: Final = OutputFormat(
    "WEBP",
    sources=("WEBP",),
    suffixes=(".webp",),
    modes=frozenset({"RGB", "RGBA"}),
    quality=90,
)
AVIF: Final = OutputFormat(
    "AVIF",
    sources=("AVIF",),
    suffixes=(".avif",),
    modes=frozenset({"L", "RGB", "RGBA"}),
    quality=80,
)
TIFF: Final = OutputFormat(
    "TIFF",
    sources=("TIFF",),
    suffixes=(".tif", ".tiff"),
    modes=frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16", "I", "F"}),
)
GIF: Final = OutputFormat(
    "GIF",
    sources=("GIF",),
    suffixes=(".gif",),
    modes=frozenset({"1", "L", "P", "RGB", "RGBA"}),  # colours: Pillow finds a palette for them
    keyed=frozenset({"P"}),
)
HEIF: Final = OutputFormat(
    "HEIF",
    sources=("HEIF",),
    suffixes=(".heic", ".heif"),
    modes=frozenset({"L", "RGB", "RGBA"}),
    quality=70,
)
FORMATS: Final = (JPEG, PNG, WEBP, AVIF, TIFF, GIF, HEIF)

_AVIF_SPEED: Final = 8
"""0 is smallest, 10 fastest; Pillow's 6 takes twice as long for a fifth of the size."""

_HEIC_HINT: Final = "the extra that writes it: pip install 'marscrop[heic]'"

_TIFF_PREDICTOR_TAG: Final = 317
_TIFF_DIFFERENCES: Final = 2
_UNPREDICTABLE: Final = frozenset({"1", "P", "F"})


def output_format(path: str | os.PathLike[str]) -> OutputFormat:
    """The format that a file's suffix asks for, in either case.

    Raises:
        ImageError: an unknown suffix, or a format that this installation cannot write.
    """
    suffix = Path(path).suffix.lower()
    for wanted in FORMATS:
        if suffix in wanted.suffixes:
            if _is_writable(wanted):
                return wanted
            hint = _HEIC_HINT if wanted is HEIF else "a Pillow that was built with it"
            raise ImageError(path, f"{wanted.name} cannot be written here; install {hint}")
    known = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    raise ImageError(path, f"expected a file name that ends in one of {known}; got {suffix!r}")


def suffix_for(photo: Photo) -> str:
    """The suffix that keeps a crop in its photo's format; ".png" for PIL images and arrays.

    Formats that cannot be written become ".jpg", or ".png" where JPEG would lose transparency
    or more than 8 bits.
    """
    if photo.format is None:
        return PNG.suffixes[0]
    for candidate in FORMATS:
        if photo.format in candidate.sources and _is_writable(candidate):
            return candidate.suffixes[0]
    lossy = photo.has_alpha or colour.is_deep(photo.mode)
    return (PNG if lossy else JPEG).suffixes[0]


def encode_crop(
    image: Image.Image,
    box: Box,
    path: str | os.PathLike[str],
    *,
    quality: int | None = None,
    source: Photo | None = None,
    padding: Padding | None = None,
    size: Size | None = None,
    exif: bytes | None = None,
) -> bytes:
    """The file of `box` of an upright image, in the format of the path's suffix.

    Pixels keep their mode where the format holds it, and their ICC profile where it fits the
    mode. Nothing else is taken over, no EXIF unless given, so no place and no orientation.

    Args:
        image: upright, as `Photo.upright` returns it; several crops can be made of one.
        box: part of it to keep [px].
        path: only its suffix matters, and messages name it.
        quality: 1..100 for the lossy formats; the lossless ones ignore it. By default a JPEG of
            a JPEG is compressed just as its `source`, all else by its `OutputFormat.quality`.
        source: the photo that `image` is of.
        padding: what is added around the box, if anything.
        size: to bring the crop to [px]; its own by default.
        exif: metadata to write, such as `Photo.exif` gives; GIF and TIFF get none.

    Raises:
        ImageError: an unknown suffix, a box outside the image, or pixels that the format
            cannot hold.
        OptionError: a quality out of range.
    """
    wanted = output_format(path)
    _check_quality(quality)
    with _explained(path):
        profile = image.info.get("icc_profile")
        picture = cut(image, box, padding)
        crop = _in_mode_of(wanted, scaled(picture, size) if size else picture, profile)
        # Pillow's encoders look for metadata here too, each for other kinds.
        crop.info = {key: crop.info[key] for key in ("transparency",) if key in crop.info}
        options = _options(wanted, crop, quality, source)
        if profile and colour.profile_fits(profile, crop.mode) and wanted is not GIF:
            options["icc_profile"] = profile
        if exif and wanted not in (GIF, TIFF):
            options["exif"] = exif
        buffer = io.BytesIO()
        crop.save(buffer, wanted.name, **options)
        return buffer.getvalue()


def fits_strips(photo: Photo, box: Box, path: str | os.PathLike[str]) -> bool:
    """Whether `encode_by_strips` can be had: else the photo is needed whole.

    Raises:
        ImageError: an unknown suffix.
    """
    wanted = output_format(path)
    if not photo.by_strips:
        return False
    if wanted is JPEG:
        return max(box.size) <= MAX_SIDE_PX
    return wanted is PNG and photo.orientation == UPRIGHT


def encode_by_strips(
    photo: Photo,
    box: Box,
    path: str | os.PathLike[str],
    file: BinaryIO,
    *,
    quality: int | None = None,
) -> None:
    """Write what `encode_crop` gives, pixel by pixel, of a photo that is read by strips.

    Args:
        photo, box, path: which `fits_strips`.
        file: to write to.
        quality: as for `encode_crop`.

    Raises:
        ImageError: a box outside the photo, truncated, corrupt or vanished pixels, or a file that
            cannot be written.
        OptionError: a quality out of range.
    """
    _check_quality(quality)
    with _explained(path, named=f"{photo.name}: "):
        check_inside(box, photo.size)
        if output_format(path) is PNG:
            photo.write_png(box, file)
        else:
            _write_jpeg(photo, box, file, quality)


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        ImageError: it cannot be written.
    """
    with whole_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """`files.whole_file`, for crops.

    Raises:
        ImageError: it cannot be written. What else the block raises passes.
    """
    try:
        with files.whole_file(Path(path)) as file:
            yield file
    except OSError as error:
        raise ImageError(path, _explanation(error, Path(path))) from error


def _write_jpeg(photo: Photo, box: Box, file: BinaryIO, quality: int | None) -> None:
    strips = photo.strips(box)
    first = next(strips)
    options = _options(JPEG, first, quality, photo)
    profile = first.info.get("icc_profile")
    if profile and colour.profile_fits(profile, first.mode):
        options["icc_profile"] = profile
    join_strips(itertools.chain((first,), strips), box.size, options, file)


def _in_mode_of(wanted: OutputFormat, image: Image.Image, profile: bytes | None) -> Image.Image:
    """`image` itself where the format holds its mode, else converted with the least loss."""
    if colour.is_deep(image.mode) and image.mode not in wanted.modes:
        deep = colour.to_16_bits(image) if "I;16" in wanted.modes else None
        image = colour.to_8_bits(image) if deep is None else deep
    elif colour.has_alpha(image) and not _holds_alpha(wanted, image):
        image = colour.to_rgba(image) if "RGBA" in wanted.modes else colour.over_white(image)
    if image.mode in wanted.modes:
        return image
    if image.mode == "CMYK":
        return colour.cmyk_to_rgb(image, profile)
    return image.convert("L" if colour.is_grey(image.mode) and "L" in wanted.modes else "RGB")


def _holds_alpha(wanted: OutputFormat, image: Image.Image) -> bool:
    """Whether the format holds the transparency of `image` as it is."""
    if wanted is GIF and image.mode == "P":  # one entry of the palette, and none half transparent
        return isinstance(image.info.get("transparency"), int)
    return image.mode in wanted.modes and image.mode in wanted.keyed | {"LA", "RGBA"}


def _options(
    wanted: OutputFormat, crop: Image.Image, quality: int | None, source: Photo | None
) -> dict[str, Any]:
    """Arguments for Pillow's encoder."""
    if wanted is JPEG and quality is None and source is not None and source.jpeg is not None:
        tables = source.jpeg.tables
        if crop.mode in ("L", "CMYK"):
            tables = tables[:1]  # the others are for colour differences, which these do not have
        return {"qtables": tables, "subsampling": source.jpeg.subsampling}
    if wanted is TIFF:
        lzw: dict[str, Any] = {"compression": "tiff_lzw"}
        if crop.mode not in _UNPREDICTABLE:  # photos shrink only as differences of neighbours
            lzw["tiffinfo"] = {_TIFF_PREDICTOR_TAG: _TIFF_DIFFERENCES}
        return lzw
    if wanted.quality is None:
        return {}
    options: dict[str, Any] = {"quality": quality or wanted.quality}
    if wanted is AVIF:
        options["speed"] = _AVIF_SPEED
    return options


def _is_writable(wanted: OutputFormat) -> bool:
    if wanted is HEIF and not register_heif():
        return False
    Image.init()
    return wanted.name in Image.SAVE


def _check_quality(quality: int | None) -> None:
    valid = quality is None or (
        isinstance(quality, int) and not isinstance(quality, bool) and 1 <= quality <= 100
    )
    if not valid:
        raise OptionError.of("quality", "must be a whole number from 1 to 100", quality)


@contextlib.contextmanager
def _explained(path: str | os.PathLike[str], named: str = "\n") -> Iterator[None]:
    """Turn all that encoding and writing may raise into an ImageError of one line.

    Those that begin with `named` say already which file they are about.
    """
    try:
        yield
    except ImageError as error:
        error.about(str(path))
        raise
    except Exception as error:
        raise ImageError(path, _explanation(error, Path(path))) from error


def _explanation(error: Exception, path: Path) -> str:
    match error:
        case IsADirectoryError():
            return "is a folder, expected the name of a file"
        case FileNotFoundError() | NotADirectoryError():
            return f"the folder {path.parent} does not exist"
        case PermissionError():
            return f"permission denied to write in the folder {path.parent}"
        case OSError(errno=int(), strerror=str(what)):
            return f"cannot be written: {what}"
        case MemoryError():
            return "cannot be encoded: not enough memory"
    return f"cannot be encoded: {one_line(error)}"
