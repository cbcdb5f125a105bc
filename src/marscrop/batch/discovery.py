"""The photos that sources name: folders, files, globs, URLs, and lists of photos."""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from marscrop.batch.photo_list import SUFFIXES as LIST_SUFFIXES
from marscrop.batch.photo_list import read_photo_list
from marscrop.batch.store import (
    Store,
    address,
    content_version,
    filesystem,
    half_made_unheard,
    is_local,
)
from marscrop.errors import MarscropError, OptionError
from marscrop.files import reason
from marscrop.ratio import AspectRatio
from marscrop.spelling import Mention
from marscrop.window.regions import Region

PHOTO_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".heic", ".heif"}
    | {".bmp", ".jp2", ".ppm", ".psd"}
)
"""Suffixes of the photos in folders and globs. Files named one by one may have any."""

_STATS_AT_ONCE: Final = 16
"""Files looked up at once: an object store takes tens of milliseconds for each."""


@dataclass(frozen=True, slots=True)
class SourcePhoto:
    """A photo that a source named.

    Attributes:
        source: absolute path or URL.
        name: relative to the source, such as "2019/beach.jpg".
        version: of its content.
        ratios: of its own; empty for those of the run.
        keep: boxes of its own.
        error: why it cannot be done; None if nothing is known against it.
    """

    source: str
    name: str
    version: str
    ratios: tuple[AspectRatio, ...] = ()
    keep: tuple[Region, ...] = ()
    error: str | None = None


def find_photos(sources: Sequence[str], target: Store) -> list[SourcePhoto]:
    """The photos that sources name, each once, sorted by source.

    A row of a list that names no photo that can be looked for is one with an error.

    Args:
        sources: folders, files, globs, URLs, and lists of photos in Parquet or CSV.
        target: where crops go; photos in it are passed over.

    Raises:
        OptionError: a source that is missing, cannot be reached or lies in the target, a list that
            cannot be understood, or a photo that is named twice with other boxes to keep.
    """
    merged: dict[str, SourcePhoto] = {}
    with half_made_unheard():
        for source in sources:
            for photo in _photos_of(source, target):
                earlier = merged.get(photo.source)
                merged[photo.source] = _joined(earlier, photo) if earlier else photo
    return [photo for _, photo in sorted(merged.items())]


def _photos_of(source: str, target: Store) -> Iterator[SourcePhoto]:
    """The photos of one source."""
    fs, path = filesystem(source)
    home = address(target.fs, target.root).rstrip("/") + "/"
    if "*" in path or "?" in path or "[" in path:
        fixed = path[: min(path.find(sign) for sign in "*?[" if sign in path)]
        with _reaching(source):
            listing = fs.glob(path, detail=True)
        yield from _from_listing(fs, posixpath.dirname(fixed), listing, home)
        return
    with _reaching(source):
        kind = fs.info(path)["type"]
    if kind == "directory":
        if (address(fs, path).rstrip("/") + "/").startswith(home):
            raise OptionError(
                (
                    f"{source} lies in the target {target.url}: crops would mix with photos; name "
                    f"another target with ",
                    Mention("target"),
                ),
                "target",
                target.url,
            )
        with _reaching(source):
            listing = fs.find(path, detail=True)
        yield from _from_listing(fs, path, listing, home)
    elif PurePosixPath(path).suffix.lower() in LIST_SUFFIXES:
        yield from _from_list(fs, path)
    else:
        yield _photo_at(fs, path, posixpath.dirname(path))


def _from_listing(fs: Any, base: str, listing: dict[str, Any], home: str) -> Iterator[SourcePhoto]:
    """The photos of a listing, without hidden ones and those in the target."""
    for path, info in listing.items():
        name = _relative(path, base)
        hidden = any(part.startswith(".") for part in name.split("/"))
        known = PurePosixPath(path).suffix.lower() in PHOTO_SUFFIXES
        source = address(fs, path)
        if known and not hidden and info["type"] == "file" and not source.startswith(home):
            yield SourcePhoto(source, name, content_version(info))


def _from_list(fs: Any, path: str) -> Iterator[SourcePhoto]:
    """The photos of a list; paths without a protocol are relative to its folder."""
    base = posixpath.dirname(path)
    with _reaching(path):
        rows = read_photo_list(fs, path)
    with ThreadPoolExecutor(_STATS_AT_ONCE) as pool:
        photos = pool.map(lambda row: _photo_of_row(row.path, fs, base), rows)
        for row, photo in zip(rows, photos, strict=True):
            yield replace(photo, ratios=row.ratios, keep=row.keep)


def _photo_of_row(path: str, fs: Any, base: str) -> SourcePhoto:
    """The photo of a list's row, whatever is written there."""
    try:
        return _photo_at(*_place(path, fs, base), base)
    except OptionError as error:
        why = error.explained()
    except Exception as error:  # each filesystem has errors of its own
        why = f"cannot be looked for: {reason(error)}"
    return SourcePhoto(path, "", "", error=why)


def _place(path: str, fs: Any, base: str) -> tuple[Any, str]:
    """The filesystem of a list's row, and the path there, without ".." unless a store has it."""
    if "://" not in path:
        return fs, posixpath.normpath(posixpath.join(base, path))
    fs, path = filesystem(path)
    return fs, posixpath.normpath(path) if is_local(fs) else path


def _photo_at(fs: Any, path: str, base: str) -> SourcePhoto:
    """The photo at a path; one that cannot be seen has no version, and fails later."""
    try:
        mark = content_version(fs.info(path))
    except Exception:  # whatever a store says: the worker meets it again, and records it
        mark = ""
    return SourcePhoto(address(fs, path), _relative(path, base), mark)


def _relative(path: str, base: str) -> str:
    """The name of a file relative to `base`, or its whole path if it does not lie there."""
    prefix = base.rstrip("/") + "/"
    return path.removeprefix(prefix).lstrip("/").replace(":", "_")


@contextlib.contextmanager
def _reaching(source: str) -> Iterator[None]:
    """A block that looks at a source.

    Raises:
        OptionError: it is missing or cannot be reached.
    """
    try:
        yield
    except MarscropError:
        raise
    except FileNotFoundError:
        raise OptionError("no such file or folder", got=source).about(source) from None
    except Exception as error:  # each filesystem has errors of its own
        raise OptionError(f"cannot be reached: {reason(error)}", got=source).about(source) from None


def _joined(earlier: SourcePhoto, again: SourcePhoto) -> SourcePhoto:
    """A photo that was named twice, with all of its ratios.

    Raises:
        OptionError: its boxes to keep differ.
    """
    if earlier.keep != again.keep:
        raise OptionError(
            f"{again.source} is named twice, with other boxes to keep; name it once, or run the "
            f"rows into two targets",
            got=again.source,
        )
    return replace(earlier, ratios=tuple(dict.fromkeys(earlier.ratios + again.ratios)))
