"""Files that crops are written to, and what is said where they cannot be."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from marscrop import files
from marscrop.errors import ImageError, MarscropError
from marscrop.imaging.foreign import raise_foreign
from marscrop.imaging.formats import one_line


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        ImageError: it cannot be written.
    """
    with whole_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """`files.whole_file`, for crops.

    Raises:
        ImageError: it cannot be written. What else the block raises passes.
    """
    try:
        with files.whole_file(Path(path)) as file:
            yield file
    except OSError as error:
        raise_foreign(error)
        raise ImageError(path, _explanation(error, Path(path))) from error


@contextlib.contextmanager
def explained(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what encoders and the system raise into an ImageError; what is `foreign` passes.

    It is about `path`, unless it is known to be about something else.
    """
    try:
        yield
    except ImageError as error:
        error.about(str(path))
        raise
    except MarscropError:
        raise
    except Exception as error:
        raise_foreign(error)
        raise ImageError(path, _explanation(error, Path(path))) from error


def _explanation(error: Exception, path: Path) -> str:
    match error:
        case IsADirectoryError():
            return "is a folder, expected the name of a file"
        case FileNotFoundError() | NotADirectoryError():
            return f"the folder {path.parent} does not exist"
        case PermissionError():
            return f"permission denied to write in the folder {path.parent}"
        case OSError(errno=int(), strerror=str(what)):
            return f"cannot be written: {what}"
    return f"cannot be encoded: {one_line(error)}"
