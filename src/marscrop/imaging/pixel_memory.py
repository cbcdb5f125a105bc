"""Where Pillow keeps an image's pixels, for functions in C: without a copy."""

from __future__ import annotations

import ctypes
from typing import Any, Final

from PIL import Image

from marscrop.native import Library

_BYTES_A_PIXEL: Final = 4
"""Pillow's, in mode RGB too: the last one is padding."""

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype, _pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


class PixelMemory:
    """The pixels of an RGB image, as long as this lives.

    Attributes:
        pixels: `const uint8_t *`, to (height, width, 4), the last of each pixel is padding.
    """

    def __init__(self, capsule: object, pixels: Any) -> None:
        self._capsule = capsule  # holds the image's memory
        self.pixels = pixels


def pixel_memory(image: Image.Image, library: Library) -> PixelMemory | None:
    """The memory of an image in mode RGB, loaded if it is not yet; None where it is in pieces."""
    image.load()
    try:
        _, capsule = image.__arrow_c_array__()
    except (AttributeError, ValueError, MemoryError):  # too old a Pillow, or too large an image
        return None
    ffi = library.ffi
    pixels = ffi.cast("struct ArrowArray *", _pointer_of(capsule, b"arrow_array"))
    if pixels.n_children != 1 or pixels.offset:
        return None
    values = pixels.children[0]
    wanted = image.width * image.height * _BYTES_A_PIXEL
    if values.n_buffers != 2 or values.length != wanted or values.offset or not values.buffers[1]:
        return None
    return PixelMemory(capsule, ffi.cast("uint8_t *", values.buffers[1]))
