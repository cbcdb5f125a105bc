"""WebP decoded at a smaller size: libwebp scales each row while it decodes.

Pillow brings libwebp, and decodes by it, but does not offer that; and a still it decodes as an
animation of one frame, by way of a canvas with alpha, in 1.2 times the time. Here the same library
is called, by its stable interface (decode.h); it has no threads that a fork would lose.
"""

from __future__ import annotations

import ctypes
import functools
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from typing import Any, Final

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from marscrop.geometry import Size

_ABI: Final = 0x0209
"""Of which libwebp holds the first byte against its own."""

_OK: Final = 0
_RGB: Final = 0


class _Features(Structure):
    _fields_ = (
        ("width", c_int),
        ("height", c_int),
        ("has_alpha", c_int),
        ("has_animation", c_int),
        ("format", c_int),
        ("pad", c_uint32 * 5),
    )


class _Pixels(Structure):
    _fields_ = (("rgba", c_void_p), ("stride", c_int), ("size", c_size_t))


class _Planes(Structure):
    _fields_ = (("planes", c_void_p * 4), ("strides", c_int * 4), ("sizes", c_size_t * 4))


class _Picture(ctypes.Union):
    _fields_ = (("pixels", _Pixels), ("planes", _Planes))


class _Output(Structure):
    _fields_ = (
        ("colorspace", c_int),
        ("width", c_int),
        ("height", c_int),
        ("is_external_memory", c_int),
        ("picture", _Picture),
        ("pad", c_uint32 * 4),
        ("private_memory", c_void_p),
    )


class _Options(Structure):
    _fields_ = (
        ("bypass_filtering", c_int),
        ("no_fancy_upsampling", c_int),
        ("cropping", c_int * 5),
        ("use_scaling", c_int),
        ("scaled_width", c_int),
        ("scaled_height", c_int),
        ("use_threads", c_int),
        ("dithering_strength", c_int),
        ("flip", c_int),
        ("alpha_dithering_strength", c_int),
        ("pad", c_uint32 * 5),
    )


class _Config(Structure):
    _fields_ = (("input", _Features), ("output", _Output), ("options", _Options))


def is_plain(image: Image.Image) -> bool:
    """Whether a file is a WebP of one opaque picture; reads no pixels."""
    return image.format == "WEBP" and image.mode == "RGB" and getattr(image, "n_frames", 1) == 1


def scaled(image: ImageFile, size: Size, threads: int) -> Image.Image | None:
    """The whole picture at a size, in mode RGB; at its own, the pixels are Pillow's.

    Args:
        image: a file that `is_plain`, opened and not loaded; it can be loaded afterwards.
        size: wanted [px], at most the picture's own.
        threads: to decode with: libwebp takes up to two.

    Returns:
        None where libwebp cannot be called, or refuses the file: Pillow is to say why.
    """
    library = _libwebp()
    file: Any = image.fp
    if library is None or file is None:
        return None
    file.seek(0)
    content = file.read()
    config = _Config()
    if not library.WebPInitDecoderConfigInternal(byref(config), _ABI):
        return None
    found = config.input
    if library.WebPGetFeaturesInternal(content, len(content), byref(found), _ABI) != _OK:
        return None
    if (found.width, found.height) != image.size or found.has_alpha or found.has_animation:
        return None
    pixels = np.empty((size.height, size.width, 3), np.uint8)
    output, options = config.output, config.options
    output.colorspace, output.is_external_memory = _RGB, 1
    memory = output.picture.pixels
    memory.rgba, memory.stride, memory.size = pixels.ctypes.data, 3 * size.width, pixels.nbytes
    if size != image.size:
        options.use_scaling, options.scaled_width, options.scaled_height = 1, *size
        options.use_threads = int(threads > 1)  # unscaled, there is too little to share
    if library.WebPDecode(content, len(content), byref(config)) != _OK:
        return None
    picture = Image.new("RGB", size, None)  # not filled before
    picture.frombytes(pixels)
    return picture


@functools.cache
def _libwebp() -> Any:
    """The library that Pillow's extension was linked with; None where its names are hidden."""
    try:
        from PIL import _webp

        library = ctypes.CDLL(_webp.__file__)  # of which the names are its libraries', too
        library.WebPDecode.argtypes = c_char_p, c_size_t, POINTER(_Config)
        library.WebPGetFeaturesInternal.argtypes = c_char_p, c_size_t, POINTER(_Features), c_int
        library.WebPInitDecoderConfigInternal.argtypes = POINTER(_Config), c_int
    except (ImportError, OSError, AttributeError):
        return None
    return library
