"""libvips, by pyvips: loaded when it is first needed, and left alone where it must be."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from typing import Any

from marscrop.imaging.foreign import raise_foreign

_first_user: int | None = None
"""The process that first used it, whose threads have to do the work."""

_loading = threading.Lock()
_is_loaded = False


def usable() -> bool:
    """Whether it can be used: one forked after it was would wait for its threads for ever."""
    return _first_user in (None, os.getpid())


@functools.cache
def version() -> str | None:
    """None where it is missing or does not load: then large photos are decoded whole."""
    try:
        pyvips = library()
    except (ImportError, OSError) as error:
        raise_foreign(error)
        return None
    return ".".join(str(pyvips.version(part)) for part in range(3))


def used() -> Any:
    """The package, of which this process is a user from now on."""
    global _first_user
    _first_user = os.getpid()
    return library()


@functools.cache
def library() -> Any:
    """The package, without the cache that keeps pictures, and their files, after use.

    Where the program had loaded it before, its settings are its own.
    """
    if "pyvips" not in sys.modules:
        # In a thread of its own, where what a signal handler raises cannot leave it half imported.
        # Not joined: Python 3.11 takes a thread for ended whose join was interrupted, and then does
        # not wait for it as the process ends.
        ended = threading.Event()
        threading.Thread(target=_load, args=(ended,)).start()
        ended.wait()
    import pyvips

    return pyvips


def _load(ended: threading.Event) -> None:
    global _is_loaded
    try:
        # Who was interrupted while it waited may ask again while it is being loaded.
        with _loading, contextlib.suppress(Exception):  # who imports it then hears of it
            if not _is_loaded:
                import pyvips

                pyvips.cache_set_max(0)
                _hear_warnings_alone(pyvips)
                _is_loaded = True
    finally:
        ended.set()


def _hear_warnings_alone(pyvips: Any) -> None:
    """No longer call Python for what libvips tells of its work.

    A signal that came meanwhile is heard in that call, where what its handler raises is lost: a
    third of Ctrl-C and of time limits while small PNGs are read.
    """
    levels, callback = pyvips.GLogLevelFlags, pyvips._log_handler_cb
    heard = levels.LEVEL_WARNING | levels.LEVEL_CRITICAL | levels.LEVEL_ERROR
    heard |= levels.FLAG_FATAL | levels.FLAG_RECURSION
    pyvips._remove_log_handler()
    pyvips._log_handler_id = pyvips.glib_lib.g_log_set_handler(
        b"VIPS", heard, callback, pyvips.ffi.NULL
    )
