"""The few inner loops that are written in C, where a compiler was at hand when this was installed.

Everything works without them, only slower: who asks for `library()` and gets None takes another
way, to the same result. docs/speed.md says what they gain.
"""

from __future__ import annotations

import ctypes
import functools
import os
from pathlib import Path
from typing import Final

FILE: Final = "_native.so"
"""Whatever the system calls such files: it is opened by its path."""

TURNED_OFF: Final = "MARSCROP_NATIVE"
"""Set to 0, this environment variable does without them."""


class Header(ctypes.Structure):
    """`McHeader` of jpeg.h."""

    _fields_ = (
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
        ("components", ctypes.c_int32),
        ("luma_across", ctypes.c_int32),
        ("luma_down", ctypes.c_int32),
        ("restart_interval", ctypes.c_int32),
        ("steps", ctypes.c_uint8 * 64 * 3),
        ("dc", ctypes.c_uint8 * 272 * 3),
        ("ac", ctypes.c_uint8 * 272 * 3),
    )


class Data(ctypes.Structure):
    """`McData` of jpeg.h."""

    _fields_ = (
        ("bytes", ctypes.c_void_p),
        ("length", ctypes.c_int64),
        ("restart", ctypes.c_void_p),
        ("restarts", ctypes.c_int64),
    )


class Run(ctypes.Structure):
    """`McRun` of jpeg.h."""

    _fields_ = (
        ("begin", ctypes.c_int64),
        ("end", ctypes.c_int64),
        ("most", ctypes.c_int64),
        ("restart", ctypes.c_int64),
        ("guessed", ctypes.c_int32),
        ("meet", ctypes.c_void_p),
        ("meets", ctypes.c_int64),
        ("stopped", ctypes.c_int64),
        ("met", ctypes.c_int64),
        ("differences", ctypes.c_void_p),
        ("added", ctypes.c_void_p),
        ("positions", ctypes.c_void_p),
    )


class Place(ctypes.Structure):
    """`McPlace` of jpeg.h."""

    _fields_ = (("mcu", ctypes.c_int64), ("dc", ctypes.c_int64 * 3))


class Filter(ctypes.Structure):
    """`McFilter` of resize.h."""

    _fields_ = (
        ("size", ctypes.c_int32),
        ("taps", ctypes.c_int32),
        ("begin", ctypes.c_void_p),
        ("coarse", ctypes.c_void_p),
        ("fine", ctypes.c_void_p),
    )


_SIGNATURES: Final = {
    "mc_plan_size": (ctypes.c_int64, ()),
    "mc_plan_fill": (ctypes.c_int, (ctypes.c_void_p, ctypes.POINTER(Header))),
    "mc_mcus": (ctypes.c_int64, (ctypes.c_void_p,)),
    "mc_unstuff": (
        ctypes.c_int64,
        (ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64),
    ),
    "mc_read": (
        ctypes.c_int64,
        (ctypes.c_void_p, ctypes.POINTER(Data), ctypes.POINTER(Run)),
    ),
    "mc_compose": (
        None,
        (
            ctypes.c_void_p,
            ctypes.POINTER(Place),
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ),
    ),
    "mc_resize": (
        None,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.POINTER(Filter),
            ctypes.POINTER(Filter),
            ctypes.c_void_p,
            ctypes.c_void_p,
        ),
    ),
}


Library = ctypes.CDLL
"""With the functions of `_SIGNATURES`."""


@functools.cache
def library() -> Library | None:
    """The compiled functions, which let go of Python's lock; None where there are none."""
    path = Path(__file__).parent / FILE
    if os.environ.get(TURNED_OFF) == "0" or not path.exists():
        return None
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError:  # built for another system
        return None
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded
