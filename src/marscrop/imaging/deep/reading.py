"""The pixels of a file with more than 8 bits a channel, by libvips or libheif."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile

from marscrop.errors import ImageError
from marscrop.geometry import Box, Size
from marscrop.imaging import libvips, orientation, strips
from marscrop.imaging.colour import has_alpha

if TYPE_CHECKING:
    from numpy.typing import NDArray

Deep: TypeAlias = "NDArray[np.uint16]"
"""(h, w, c): 2 channels are grey and alpha, 3 RGB, 4 RGB and alpha; all of 0..65535."""

_MODES: Final = frozenset({"LA", "RGB", "RGBX", "RGBA"})
"""In which Pillow reads such files, at 8 bits."""

_UNSIGNED: Final = 1
_PLAIN_PHOTOMETRICS: Final = frozenset({1, 2})
_ASSOCIATED_ALPHA: Final = 1


def is_readable(image: Image.Image, bits: int) -> bool:
    """Whether `read` can be had of an opened file with so many bits a channel."""
    if bits not in range(9, 17) or image.mode not in _MODES:
        return False
    if image.format == "HEIF":
        return True
    if libvips.version() is None:
        return False
    if image.format == "TIFF":
        return _is_plain(image)
    # Of animations, libvips reads the first frame at most.
    return image.format in ("PNG", "AVIF") and getattr(image, "n_frames", 1) == 1


def read(image: ImageFile, box: Box, upright: Size, turn: int, bits: int) -> Deep:
    """The upright pixels of a box.

    Args:
        image: that `is_readable`, opened and not loaded; it cannot be loaded afterwards.
        box: of the upright picture [px].
        upright: size of the whole picture, upright [px].
        turn: EXIF orientation that the file names, 1..8.
        bits: of a channel.

    Raises:
        ImageError: another library reads another picture than Pillow does.
        Exception: libvips' or libheif's, on truncated or corrupt pixels.
    """
    if image.format in ("HEIF", "AVIF"):  # these libraries turn the picture themselves
        turn = orientation.UPRIGHT
    stored = orientation.stored_box(box, upright, turn)
    size = orientation.turned_size(upright, turn)
    pixels = _of_heif(image, size) if image.format == "HEIF" else _of_vips(image, size, stored)
    if image.format == "HEIF":
        pixels = pixels[stored.y0 : stored.y1, stored.x0 : stored.x1]
    if not has_alpha(image):
        pixels = pixels[..., :3]  # of a TIFF, there may be one more of no meaning
    if pixels.shape[2] not in (2, 3, 4):
        raise ImageError(None, f"is corrupt: {image.mode} or {pixels.shape[2]} channels")
    if bits < 16:  # they are the first of 16: repeat them, so that white is 65535
        pixels = np.bitwise_or(pixels, pixels >> bits)
    return np.ascontiguousarray(orientation.turned_array(pixels, turn))


def _of_heif(image: ImageFile, size: Size) -> Deep:
    from pillow_heif import open_heif

    file: Any = image.fp
    file.seek(0)
    opened = open_heif(io.BytesIO(file.read()), convert_hdr_to_8bit=False, hdr_to_16bit=True)
    picture = opened[image.tell()]
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint16 or picture.size != size or pixels.ndim != 3:
        raise ImageError(None, f"is corrupt: {size} or {picture.size} {picture.mode}")
    return pixels


def _of_vips(image: ImageFile, size: Size, box: Box) -> Deep:
    page = image.tell() if image.format == "TIFF" else 0
    options = f"page={page}" if page else ""
    opened = strips.opened_file(image, options)
    found = Size(opened.width, opened.height)
    if found != size or opened.format != "ushort":
        raise ImageError(None, f"is corrupt: its header reads {size} and {found} {opened.format}")
    left, top, _, _ = box
    width, height = box.size
    data = opened.crop(left, top, width, height).write_to_memory()
    return np.frombuffer(data, np.uint16).reshape(height, width, opened.bands)


def _is_plain(image: Any) -> bool:
    """Unsigned grey or RGB, not multiplied with its alpha."""
    tags: Any = image.tag_v2
    kinds = set(tags.get(ExifTags.Base.SampleFormat, (_UNSIGNED,)))
    photometric = tags.get(ExifTags.Base.PhotometricInterpretation)
    extra = tags.get(ExifTags.Base.ExtraSamples, ())
    return (
        kinds == {_UNSIGNED}
        and photometric in _PLAIN_PHOTOMETRICS
        and _ASSOCIATED_ALPHA not in (extra if isinstance(extra, tuple) else (extra,))
    )
