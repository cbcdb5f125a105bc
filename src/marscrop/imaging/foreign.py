"""What a decoder says of a file, told from what merely came while it worked.

A signal handler raises wherever the program happens to be, a time limit's in the midst of decoding.
Taken for the decoder's word, its exception would be lost and a good photo called broken.
"""

from __future__ import annotations

from typing import Final

DECODERS: Final = frozenset(
    {"binascii", "lzma", "struct", "xml", "zlib"}
    | {"PIL", "pillow_heif", "pillow_jxl", "pyo3_runtime", "pyvips", "rawpy", "turbojpeg"}
)
"""Packages whose exceptions decoders raise. On bad input that is almost any of these."""


def foreign(error: BaseException, homes: frozenset[str] = DECODERS) -> BaseException | None:
    """The exception that came from elsewhere than a decoder: `error` or a cause of it, or None.

    Foreign are the classes of other packages, even where they derive from `OSError` or
    `RuntimeError`; a `TimeoutError` that the system did not raise; a lack of memory, which is none
    of the file's faults; and what is no `Exception` at all, such as `KeyboardInterrupt`.

    Args:
        error: as it was caught.
        homes: packages whose exceptions are the library's word, beside Python's own.
    """
    found: BaseException | None = error
    while found is not None:
        if not _is_at_home(found, homes):
            return found
        found = found.__cause__  # Pillow turns some exceptions into others
    return None


def raise_foreign(error: BaseException, homes: frozenset[str] = DECODERS) -> None:
    """Raise the `foreign` exception that an error is or stands for, if there is one."""
    found = foreign(error, homes)
    if found is not None:
        raise found


def _is_at_home(error: BaseException, homes: frozenset[str]) -> bool:
    kind = type(error)
    if not isinstance(error, Exception) or kind is Exception or kind is MemoryError:
        return False
    if isinstance(error, TimeoutError) and error.errno is None:
        return False
    return kind.__module__.partition(".")[0] in homes | {"builtins"}
