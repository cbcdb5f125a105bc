"""Where Pillow keeps an image's pixels, for functions in C: without a copy."""

from __future__ import annotations

import ctypes
from typing import Final

from PIL import Image

_BYTES_A_PIXEL: Final = 4
"""Pillow's, in mode RGB too: the last one is padding."""


class _ArrowArray(ctypes.Structure):
    """`struct ArrowArray` of the Arrow C data interface."""


_ArrowArray._fields_ = (
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
)

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype, _pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


class PixelMemory:
    """The pixels of an RGB image, as long as this lives.

    Attributes:
        address: of (height, width, 4) bytes, the last of each pixel is padding; not to be changed.
    """

    def __init__(self, capsule: object, address: int) -> None:
        self._capsule = capsule  # holds the image's memory
        self.address = address


def pixel_memory(image: Image.Image) -> PixelMemory | None:
    """The memory of an image in mode RGB, loaded if it is not yet; None where it is in pieces."""
    image.load()
    try:
        _, capsule = image.__arrow_c_array__()
    except (AttributeError, ValueError, MemoryError):  # too old a Pillow, or too large an image
        return None
    pixels = _ArrowArray.from_address(_pointer_of(capsule, b"arrow_array"))
    if pixels.n_children != 1 or pixels.offset:
        return None
    values = pixels.children[0].contents
    wanted = image.width * image.height * _BYTES_A_PIXEL
    if values.n_buffers != 2 or values.length != wanted or values.offset:
        return None
    address = values.buffers[1]
    return PixelMemory(capsule, address) if address else None
