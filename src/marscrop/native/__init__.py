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
