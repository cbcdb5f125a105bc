"""Which image files are read, and telling them apart without Pillow's global pixel limit.

`PIL.Image.open` checks the size of every picture against `PIL.Image.MAX_IMAGE_PIXELS`: above
89 million pixels it warns, above 179 million it raises. Our limit is higher (phones make 200
million), and it is an argument. To get past Pillow's, one would change its global, or the
warning filters, under the feet of every other thread. `identify` does instead what `Image.open`
does before that check: it asks the registered plugins, which are Pillow's interface for plugin
authors. Two checks inside plugins remain. TIFF's is avoided (`allocate`); WebP's stays, so a
WebP of more than 179 million pixels (the format ends at 268) is refused as too large.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Final, TypeAlias

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile

from marscrop.errors import ImageError, installing
from marscrop.imaging import cost, signatures
from marscrop.imaging.foreign import raise_foreign
from marscrop.imaging.jpeg.ending import with_end
from marscrop.imaging.read_options import AS_A_WHOLE, ReadOptions

READABLE: Final = (
    "JPEG",  # and MPO, which its plugin recognises
    "PNG",
    "WEBP",
    "AVIF",
    "HEIF",
    "TIFF",
    "GIF",
    "BMP",
    "JPEG2000",
    "PPM",
    "PSD",
    "JXL",
)
"""Formats of photos, by Pillow's names. Not all that Pillow knows: EPS, say, runs Ghostscript."""

_PLAIN: Final = (signatures.JPEG, signatures.PNG, b"RIFF")
"""How most photos begin, and no camera raw, HEIF or JPEG XL does."""

_OPENED_ALIKE: Final = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "WEBP": "WEBP"}
"""Formats of files that their plugin opens with nothing done before, with the plugin's name."""

Plugin: TypeAlias = "Callable[[IO[bytes], str], ImageFile]"
"""One of Pillow's openers, of a file and a name."""

MOST_READS: Final = 50_000
"""Of a header. A photo with previews, a depth map and a large profile takes a few thousand."""


def identify(
    file: IO[bytes], read: ReadOptions = AS_A_WHOLE, max_pixels: int = cost.DEFAULT_MAX_PIXELS
) -> ImageFile:
    """The image in a file, from its header alone; lazy, so `file` must stay open to load it.

    Args:
        file: that can be read and sought.
        read: how camera raw, and files that end early, are read.
        max_pixels: width times height beyond which formats that are decoded at once are refused.

    Raises:
        LimitError: without the source's name, more pixels than that.
        ImageError: without the source's name, when the file is no image that can be read.
        Exception: almost any, from Pillow's plugins, when the header is damaged.
    """
    header = file.read(signatures.HEADER_BYTES)
    if not header:
        raise ImageError(None, "is empty")
    if not header.startswith(_PLAIN):
        if signatures.is_heif(header) and not register_heif():
            raise ImageError(
                None, f"is a HEIC image; install the extra that reads it: {installing('heic')}"
            )
        if signatures.raw_kind(header) or signatures.is_tiff(header):
            from marscrop.imaging.raw.detection import detect

            if raw := detect(file):
                from marscrop.imaging.raw.opening import open_raw

                return open_raw(file, raw, read.raw)
        if signatures.is_jxl(header):
            return _open_jxl(file, max_pixels)
    if header.startswith(signatures.JPEG):
        file = with_end(file)
    elif read.lenient and header.startswith(signatures.PNG):
        from marscrop.imaging.png.completed import completed

        file = completed(file, max_pixels)
    reason = f"is not an image of a known format ({', '.join(READABLE)})"
    for register in (_register_jpeg, Image.preinit, Image.init):  # until one of them fits
        register()
        for name in READABLE:
            if name not in Image.OPEN:
                continue
            open_image, accepts = Image.OPEN[name]
            accepted = accepts(header) if accepts else True
            if isinstance(accepted, str):  # a format that this Pillow was built without
                reason = f"cannot be read: {accepted}"
            elif accepted:
                try:
                    if name == "TIFF":
                        cost.check_tiff_tags(file)
                    file.seek(0)
                    with _bounded(file):
                        return open_image(file, "")
                except (SyntaxError, IndexError, TypeError, struct.error) as error:
                    raise_foreign(error)
                    reason = f"is truncated or corrupt: {one_line(error)}"
                    if _is_unread_tiff(name, error):
                        reason = _about_tiff(file) or reason
    raise ImageError(None, reason)


def plugin_of(image: ImageFile, file: IO[bytes]) -> Plugin | None:
    """What opens a file that `identify` found an image in, as long as it does not change.

    Args:
        image: that was found.
        file: that `identify` was given.

    Returns:
        a function of the file from its beginning; None where there is more to do.
    """
    name = _OPENED_ALIKE.get(image.format or "")
    if name is None or image.fp is not file:  # a completed copy, say
        return None
    return Image.OPEN[name][0]


def _open_jxl(file: IO[bytes], max_pixels: int) -> ImageFile:
    from marscrop.imaging import jxl

    if not jxl.register():
        raise ImageError(
            None, f"is a JPEG XL image; install the extra that reads it: {installing('jxl')}"
        )
    size = jxl.stored_size(file)
    if size is None:
        raise ImageError(None, "is truncated or corrupt: it names no size")
    cost.check_pixels(size, max_pixels)
    file.seek(0)
    image = Image.OPEN[jxl.FORMAT][0](file, "")
    jxl.told_once(image)
    return image


def _is_unread_tiff(name: str, error: Exception) -> bool:
    """Whether Pillow refused a TIFF for its kind of pixels."""
    return name == "TIFF" and str(error) in ("unknown pixel mode", "unknown data organization")


def _about_tiff(file: IO[bytes]) -> str | None:
    """Why such a TIFF is not read; None where it does not say so much."""
    from marscrop.imaging.tiff_kind import pixels_in_words

    pixels = pixels_in_words(file)
    return pixels and (
        f"is a TIFF of {pixels}, which is not read here; save it as RGB of 8 or 16 bits a channel"
    )


@contextmanager
def _bounded(file: IO[bytes]) -> Iterator[None]:
    """Count what is read while the block lasts: a header of millions of parts takes minutes."""
    read, left = file.read, MOST_READS

    def counted(size: int = -1) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise ImageError(None, f"has a header of more than {MOST_READS:,} parts: save it again")
        return read(size)

    file.read = counted  # type: ignore[method-assign]
    try:
        yield
    finally:
        del file.read


def _register_jpeg() -> None:
    """Most photos need no other plugin; Pillow has five common ones, and thirty more."""
    from PIL import JpegImagePlugin  # noqa: F401


def allocate(image: Image.Image) -> None:
    """Give a TIFF its pixel memory, which Pillow would only do after checking its own limit."""
    if image.format == "TIFF":
        tags = image.tag_v2  # type: ignore[attr-defined]
        stored_size = tags[ExifTags.Base.ImageWidth], tags[ExifTags.Base.ImageLength]
        image.im = Image.new(image.mode, stored_size).im


@functools.cache
def register_heif() -> bool:
    """Teach Pillow HEIC once, through the optional pillow_heif; False where it is missing."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def one_line(error: BaseException) -> str:
    """What an exception says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
