"""The photos that sources name: folders, files, globs, URLs, and lists of photos."""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from marscrop.batch.links import following_links
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
from marscrop.imaging.photo_suffixes import PHOTO_SUFFIXES, RAW_SUFFIXES
from marscrop.ratio import AspectRatio
from marscrop.spelling import Mention
from marscrop.window.regions import Region

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


def find_photos(
    sources: Sequence[str],
    target: Store,
    left_out: Counter[str] | None = None,
    *,
    with_raw: bool = False,
) -> list[SourcePhoto]:
    """The photos that sources name, each once, sorted by source.

    A row of a list that names no photo that can be looked for is one with an error.

    Args:
        sources: folders, files, globs, URLs, and lists of photos in Parquet or CSV.
        target: where crops go; photos in it are passed over.
        left_out: is told of the files in folders and globs that are no photos by their suffixes:
            how many there are of each, which is "" for files without.
        with_raw: whether folders and globs have photos with `RAW_SUFFIXES`.

    Raises:
        OptionError: a source that is missing, names no photo, cannot be reached or listed, or lies
            in the target; a list that cannot be understood, or a photo that is named twice with
            other boxes to keep.
    """
    merged: dict[str, SourcePhoto] = {}
    left_out = Counter() if left_out is None else left_out
    suffixes = PHOTO_SUFFIXES | RAW_SUFFIXES if with_raw else PHOTO_SUFFIXES
    for source in sources:
        with half_made_unheard():
            found = _photos_of(source, target, suffixes, left_out)
        if not found:
            raise OptionError(
                f"{source}: no photo found; of folders and globs these are the files with a "
                f"photo's suffix that are neither hidden nor in the target",
                got=source,
            )
        for photo in found:
            earlier = merged.get(photo.source)
            merged[photo.source] = _joined(earlier, photo) if earlier else photo
    return [photo for _, photo in sorted(merged.items())]


def _photos_of(
    source: str, target: Store, suffixes: frozenset[str], left_out: Counter[str]
) -> list[SourcePhoto]:
    """The photos of one source."""
    fs, path = filesystem(source)
    fs = following_links() if is_local(fs) else fs
    with _reaching(source):
        literal = _literal_part(fs, path)
        if literal != path:
            pattern = re.sub(r"([*?[])", r"[\1]", literal) + path[len(literal) :]
            listing, own = fs.glob(pattern, detail=True), _literal_suffix(pattern)
            return list(_from_listing(fs, literal, listing, target, suffixes | own, left_out))
        info = fs.info(path)
        if info["type"] == "directory":
            _check_outside(fs, path, source, target)
            listing = fs.find(path, detail=True)
            return list(_from_listing(fs, path, listing, target, suffixes, left_out))
    if PurePosixPath(path).suffix.lower() in LIST_SUFFIXES:
        return list(_from_list(fs, path))
    return [_photo(fs, path, posixpath.dirname(path), content_version(info))]


def version_of(source: str) -> str:
    """The version that a photo's content has now.

    Raises:
        Exception: it cannot be seen; each filesystem has errors of its own.
    """
    fs, path = filesystem(source)
    return content_version((following_links() if is_local(fs) else fs).info(path))


def _literal_part(fs: Any, path: str) -> str:
    """The start of a path, in whole names, that is no pattern: it has no signs of one, or is there.

    Files and folders may be called "[x].jpg".
    """
    names = path.split("/")
    for count in range(len(names), 0, -1):
        start = "/".join(names[:count])
        if not any(sign in start for sign in "*?[") or fs.exists(start):
            return start
    return ""


def _check_outside(fs: Any, path: str, source: str, target: Store) -> None:
    """Nothing, for a folder that does not lie in the target.

    Raises:
        OptionError: it does.
    """
    if _real_folder(fs, path).startswith(_real_folder(target.fs, target.root)):
        raise OptionError(
            (
                f"{source} lies in the target {target.url}: crops would mix with photos; name "
                f"another target with ",
                Mention("target"),
            ),
            "target",
            target.url,
        )


def _literal_suffix(pattern: str) -> frozenset[str]:
    """The suffix of all files that a pattern fits, in lower case; none if they may have several."""
    suffix = PurePosixPath(pattern).suffix.lower()
    return (
        frozenset() if not suffix or any(sign in suffix for sign in "*?[]") else frozenset({suffix})
    )


def _from_listing(
    fs: Any,
    base: str,
    listing: dict[str, Any],
    target: Store,
    suffixes: frozenset[str],
    left_out: Counter[str],
) -> Iterator[SourcePhoto]:
    """The photos of a listing, without hidden ones and those in the target.

    Photos have one of `suffixes`; of others `left_out` is told.

    What has a photo's name and is no file, such as a link that leads nowhere, is among them: the
    worker finds it out, and records it.
    """
    home = _real_folder(target.fs, target.root)
    folders: dict[str, str] = {}
    for path, info in listing.items():
        name = _relative(path, base)
        hidden = any(part.startswith(".") for part in name.split("/"))
        if hidden or info["type"] == "directory":
            continue
        folder, file = posixpath.split(path)
        if folder not in folders:
            folders[folder] = _real_folder(fs, folder)
        real = _real(fs, path) if info.get("islink") else folders[folder] + file
        if real.startswith(home):
            continue
        suffix = PurePosixPath(path).suffix.lower()
        if suffix not in suffixes:
            left_out[suffix] += 1
        else:
            version = content_version(info) if info["type"] == "file" else ""
            yield SourcePhoto(address(fs, path), name, version)


def _real(fs: Any, path: str) -> str:
    """An address without links in it."""
    return os.path.realpath(path).replace(os.sep, "/") if is_local(fs) else address(fs, path)


def _real_folder(fs: Any, path: str) -> str:
    """The same of a folder; what lies in the folder begins with it."""
    return _real(fs, path).rstrip("/") + "/"


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
    return _photo(fs, path, base, mark)


def _photo(fs: Any, path: str, base: str, version: str) -> SourcePhoto:
    return SourcePhoto(address(fs, path), _relative(path, base), version)


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
    except PermissionError as error:
        place = str(error.filename or source)
        raise OptionError(f"cannot be listed: {reason(error)}", got=source).about(place) from None
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
