"""Pictures coded in HEVC, decoded without their last filters, by libde265.

pillow-heif brings libde265, by which libheif decodes, but offers pictures in RGB alone. Here the
same library is called, by its stable interface (de265.h). Its filters (deblocking, sample adaptive
offsets) smooth what was decoded; within a still nothing is predicted from what they give. Their
difference is gone once many pixels are averaged to one. The library's threads end with a picture.
"""

from __future__ import annotations

import ctypes
import functools
from contextlib import closing
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_int,
    c_int64,
    c_uint8,
    c_uint32,
    c_void_p,
)
from typing import Any, Final, NamedTuple

from PIL import Image

from marscrop.geometry import Size
from marscrop.imaging.heic.layout import Nclx

_VERSIONS: Final = range(0x01010000, 0x02000000)
"""As the library writes 1.1.0, the first with limits, and 2.0.0, whose interface is another."""

_ONLY_RIGHT_ONES, _NO_DEBLOCKING, _NO_OFFSETS = 6, 7, 8
"""Numbers of parameters."""

_OK: Final = 0
_CANNOT_SHARE: Final = 1000
"""The warning that a picture is not stored so that several threads could decode it."""

_420: Final = 1
_BITS: Final = 8
_MARGIN: Final = 64
"""By which a coded picture may be larger than what it shows: a block of the largest kind [px]."""


class _Limits(Structure):
    _fields_ = (
        ("version", c_uint8),
        ("max_image_size_pixels", c_uint32),
        ("max_NAL_size_bytes", c_uint32),
        ("max_SEI_messages", c_uint32),
    )


class Decoded(NamedTuple):
    """A picture at a fraction of its size.

    Attributes:
        image: mode YCbCr, with values as they are coded.
        nclx: what the stream says of them.
    """

    image: Image.Image
    nclx: Nclx


def is_usable() -> bool:
    """Whether the library can be called."""
    return _libde265() is not None


def version() -> str | None:
    """The library's; None where it cannot be called, so that HEIC is decoded whole."""
    library = _libde265()
    if library is None:
        return None
    number = library.de265_get_version_number()
    return ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8))


def decode(
    units: tuple[bytes, ...], size: Size, shown: Size, divisor: int, threads: int
) -> Decoded | None:
    """A picture's top left, divided.

    Args:
        units: of its stream, without start codes.
        size: of the picture [px].
        shown: of the part that is asked for [px].
        divisor: an even number. Sides are rounded up: the last column and row are means of what is
            there.
        threads: to decode with, where the picture is stored in rows or tiles for that. With one, as
            libheif has it, damage to such a row ends with it, as it does with more.

    Returns:
        None where the library cannot be called, finds anything wrong, or the picture is not of this
        size, in 8 bits and 4:2:0.
    """
    library = _libde265()
    if library is None:
        return None
    with closing(_Decoder(library)) as decoder:
        return decoder.decoded(units, size, shown, divisor, threads)


class _Decoder:
    """The library's decoder of one stream, which has to be closed."""

    def __init__(self, library: Any) -> None:
        self._library, self._context = library, library.de265_new_decoder()

    def close(self) -> None:
        if self._context:
            self._library.de265_free_decoder(self._context)

    def decoded(
        self, units: tuple[bytes, ...], size: Size, shown: Size, divisor: int, threads: int
    ) -> Decoded | None:
        library, context = self._library, self._context
        if not context:
            return None
        most = (size.width + _MARGIN) * (size.height + _MARGIN)
        library.de265_get_security_limits(context)[0].max_image_size_pixels = min(most, 2**32 - 1)
        for parameter in (_ONLY_RIGHT_ONES, _NO_DEBLOCKING, _NO_OFFSETS):
            library.de265_set_parameter_bool(context, parameter, 1)
        if library.de265_start_worker_threads(context, max(1, threads)) != _OK:
            return None
        for unit in units:
            if library.de265_push_NAL(context, unit, len(unit), 0, None) != _OK:
                return None
        library.de265_flush_data(context)
        picture = self._picture(len(units))
        if not picture or self._warns():
            return None
        if library.de265_get_chroma_format(picture) != _420:
            return None
        planes = []
        for channel, sampling in enumerate((1, 2, 2)):
            plane = self._plane(picture, channel, _divided(size, sampling))
            if plane is None:
                return None
            part = (0, 0, *_divided(shown, sampling))
            planes.append(plane.reduce(divisor // sampling, part))
        matrix = library.de265_get_image_matrix_coefficients(picture)
        full_range = bool(library.de265_get_image_full_range_flag(picture))
        return Decoded(Image.merge("YCbCr", planes), Nclx(matrix, full_range))

    def _picture(self, units: int) -> int | None:
        """The first one, which is there as long as nothing else is decoded."""
        more = c_int(1)
        for _ in range(2 * units + _MARGIN):  # one step for a unit, and some for the end
            if self._library.de265_decode(self._context, byref(more)) != _OK:
                return None
            picture: int | None = self._library.de265_peek_next_picture(self._context)
            if picture or not more:
                return picture
        return None

    def _warns(self) -> bool:
        """Whether anything is wrong with what was decoded."""
        while (warning := self._library.de265_get_warning(self._context)) != _OK:
            if warning != _CANNOT_SHARE:
                return True
        return False

    def _plane(self, picture: int, channel: int, expected: Size) -> Image.Image | None:
        """The library's memory as an image, not to be used once it is closed."""
        library, stride = self._library, c_int()
        found = Size(
            library.de265_get_image_width(picture, channel),
            library.de265_get_image_height(picture, channel),
        )
        bits = library.de265_get_bits_per_pixel(picture, channel)
        address = library.de265_get_image_plane(picture, channel, byref(stride))
        if found != expected or bits != _BITS or not address or stride.value < found.width:
            return None
        memory: Any = (c_uint8 * (stride.value * found.height)).from_address(address)
        return Image.frombuffer("L", found, memory, "raw", "L", stride.value, 1)


def _divided(size: Size, by: int) -> Size:
    return Size(-(-size.width // by), -(-size.height // by))


@functools.cache
def _libde265() -> Any:
    """The library that pillow-heif came with; None where its names are hidden, or others."""
    try:
        import _pillow_heif

        library = ctypes.CDLL(_pillow_heif.__file__)  # of which the names are its libraries', too
        library.de265_get_version_number.restype = c_uint32
        if library.de265_get_version_number() not in _VERSIONS:
            return None
        library.de265_new_decoder.restype = c_void_p
        library.de265_free_decoder.argtypes = (c_void_p,)
        library.de265_get_security_limits.argtypes = (c_void_p,)
        library.de265_get_security_limits.restype = POINTER(_Limits)
        library.de265_set_parameter_bool.argtypes = c_void_p, c_int, c_int
        library.de265_start_worker_threads.argtypes = c_void_p, c_int
        library.de265_push_NAL.argtypes = c_void_p, c_char_p, c_int, c_int64, c_void_p
        library.de265_flush_data.argtypes = (c_void_p,)
        library.de265_decode.argtypes = c_void_p, POINTER(c_int)
        library.de265_get_warning.argtypes = (c_void_p,)
        library.de265_peek_next_picture.argtypes = (c_void_p,)
        library.de265_peek_next_picture.restype = c_void_p
        for name in ("width", "height"):
            getattr(library, f"de265_get_image_{name}").argtypes = c_void_p, c_int
        library.de265_get_bits_per_pixel.argtypes = c_void_p, c_int
        library.de265_get_image_plane.argtypes = c_void_p, c_int, POINTER(c_int)
        library.de265_get_image_plane.restype = c_void_p
        for name in ("chroma_format", "image_matrix_coefficients", "image_full_range_flag"):
            getattr(library, f"de265_get_{name}").argtypes = (c_void_p,)
    except (ImportError, OSError, AttributeError):
        return None
    return library
