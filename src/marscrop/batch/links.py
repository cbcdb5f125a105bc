"""This machine's files as fsspec lists them, with links followed and no folder left out."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@functools.cache
def following_links() -> Any:
    """The local fsspec filesystem, in whose listings a link is what it leads to.

    A link to a folder that it lies in is of the type "other", so that no walk is endless; so is one
    that leads nowhere. A folder that cannot be listed is an `OSError`, where fsspec passes over it.
    """
    from fsspec.implementations.local import LocalFileSystem

    class FollowingLinks(LocalFileSystem):  # type: ignore[misc]  # fsspec has no types
        def info(self, path: Any, **options: Any) -> dict[str, Any]:
            found: dict[str, Any] = super().info(path, **options)
            if not (isinstance(path, os.DirEntry) and path.is_symlink()):
                return found
            try:
                there: dict[str, Any] = super().info(path.path, **options)
            except OSError:
                return found
            return found if there["type"] == "directory" and _is_loop(path.path) else there

        def walk(self, path: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
            # Also for each folder in it: fsspec does not hand its argument down.
            found: Iterator[Any] = super().walk(
                path, *arguments, **{**options, "on_error": _raise_unless_gone}
            )
            return found

    return FollowingLinks()


def _is_loop(link: str) -> bool:
    """Whether a link leads to one of the folders on the way to it."""
    target = os.path.realpath(link)
    return any(os.path.realpath(folder) == target for folder in Path(link).parents)


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
