"""The few inner loops that are written in C, where a compiler was at hand when this was installed.

Everything works without them, only slower: who asks for `library()` and gets None takes another
way, to the same result. docs/speed.md says what they gain; `binding` makes Python see them.
"""

from __future__ import annotations

import functools
import os
from types import ModuleType
from typing import Final

TURNED_OFF: Final = "MARSCROP_NATIVE"
"""Set to 0, this environment variable does without them."""

Library = ModuleType
"""With `lib`, the functions of the headers, and `ffi`, which makes what they take: see cffi."""


NONE: Final = 0
"""The level of a processor that runs no network by the parts in C."""
_LEVELS: Final = {NONE: None, 1: "AVX2", 2: "AVX-512", 3: "NEON"}


@functools.cache
def library() -> Library | None:
    """The compiled functions, which let go of Python's lock; None where there are none."""
    if os.environ.get(TURNED_OFF) == "0":
        return None
    try:
        from marscrop.native import _native
    except ImportError:  # not built, or for another system
        return None
    return _native


def network_level() -> int:
    """How much of this processor the parts in C use for networks; `NONE` where they run none."""
    native = library()
    return native.lib.mc_network_level() if native else NONE


def network_instructions() -> str | None:
    """The processor's instructions that run networks; None where ONNX Runtime does."""
    return _LEVELS[network_level()]
