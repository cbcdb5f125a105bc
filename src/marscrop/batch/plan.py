"""From what the user named to one task a photo: folders, globs, URLs, manifests."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from marscrop.batch.job import Job, Task, ending
from marscrop.batch.manifests import SUFFIXES as MANIFESTS
from marscrop.batch.manifests import read_manifest
from marscrop.batch.store import Store, address, filesystem, version
from marscrop.errors import OptionError
from marscrop.ratio import AspectRatio
from marscrop.spelling import Mention
from marscrop.window.regions import Region

PHOTOS: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".heic", ".heif"}
    | {".bmp", ".jp2", ".ppm", ".psd"}
)
"""Suffixes of what is taken from folders and globs. Files named one by one may have any."""

_STATS_AT_ONCE: Final = 16
"""Object stores take tens of milliseconds to tell of a file, whatever else they do."""


@dataclass(frozen=True, slots=True)
class Found:
    """A photo that a source named.

    Attributes:
        source: absolute path or URL.
        name: relative to what was named, such as "2019/beach.jpg".
        version: of its content.
        ratios: of its own; empty for the job's.
        keep: boxes of its own.
    """

    source: str
    name: str
    version: str
    ratios: tuple[AspectRatio, ...] = ()
    keep: tuple[Region, ...] = ()


def plan(sources: Sequence[str], ratios: Sequence[AspectRatio], job: Job) -> list[Task]:
    """A task for each photo, sorted by source.

    Args:
        sources: folders, files, globs, URLs, and manifests in Parquet or CSV.
        ratios: for photos whose manifest names none.

    Raises:
        OptionError: a source that is missing, that the target would overwrite, or that two photos
            of one name come from; a manifest that cannot be understood; no ratio for a photo.
    """
    target = Store(job.target)
    merged: dict[str, Found] = {}
    for source in sources:
        for found in _find(source, target):
            earlier = merged.get(found.source)
            merged[found.source] = _joined(earlier, found) if earlier else found
    tasks = [_task(found, ratios) for _, found in sorted(merged.items())]
    return _with_distinct_stems(tasks, job.options.max_candidates)


def _find(source: str, target: Store) -> Iterator[Found]:
    fs, path = filesystem(source)
    home = address(target.fs, target.root).rstrip("/") + "/"
    if "*" in path or "?" in path or "[" in path:
        fixed = path[: min(path.find(sign) for sign in "*?[" if sign in path)]
        yield from _from_listing(fs, posixpath.dirname(fixed), fs.glob(path, detail=True), home)
        return
    try:
        kind = fs.info(path)["type"]
    except FileNotFoundError:
        raise OptionError(f"{source}: no such file or folder", got=source) from None
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
        yield from _from_listing(fs, path, fs.find(path, detail=True), home)
    elif PurePosixPath(path).suffix.lower() in MANIFESTS:
        yield from _from_manifest(fs, path)
    else:
        yield _found(fs, path, posixpath.dirname(path))


def _from_listing(fs: Any, base: str, listing: dict[str, Any], home: str) -> Iterator[Found]:
    """The photos of a listing, but hidden ones and those in the target."""
    for path, info in listing.items():
        name = _relative(path, base)
        hidden = any(part.startswith(".") for part in name.split("/"))
        known = PurePosixPath(path).suffix.lower() in PHOTOS
        source = address(fs, path)
        if known and not hidden and info["type"] == "file" and not source.startswith(home):
            yield Found(source, name, version(info))


def _from_manifest(fs: Any, path: str) -> Iterator[Found]:
    """The photos of a manifest; paths without a protocol are relative to its folder."""
    base = posixpath.dirname(path)
    rows = read_manifest(fs, path)
    places = [
        filesystem(row.path)
        if "://" in row.path
        else (fs, posixpath.normpath(posixpath.join(base, row.path)))
        for row in rows
    ]
    with ThreadPoolExecutor(_STATS_AT_ONCE) as pool:
        all_found = pool.map(lambda place: _found(place[0], place[1], base), places)
        for row, found in zip(rows, all_found, strict=True):
            yield replace(found, ratios=row.ratios, keep=row.keep)


def _found(fs: Any, path: str, base: str) -> Found:
    try:
        mark = version(fs.info(path))
    except Exception:  # whatever a store says: the worker meets it again, and records it
        mark = ""
    return Found(address(fs, path), _relative(path, base), mark)


def _relative(path: str, base: str) -> str:
    """A name below `base` if the file lies there, else its whole path."""
    prefix = base.rstrip("/") + "/"
    return path.removeprefix(prefix).lstrip("/").replace(":", "_")


def _joined(earlier: Found, found: Found) -> Found:
    """A photo that was named twice: asked for all of the ratios."""
    if earlier.keep != found.keep:
        raise OptionError(
            f"{found.source} is named twice, with other boxes to keep; name it once, or run the "
            f"rows into two targets",
            got=found.source,
        )
    return replace(earlier, ratios=tuple(dict.fromkeys(earlier.ratios + found.ratios)))


def _task(found: Found, ratios: Sequence[AspectRatio]) -> Task:
    asked = found.ratios or tuple(ratios)
    if not asked:
        raise OptionError(
            (f"{found.source}: no ratio; name one with ", Mention("ratio"), " or in the manifest"),
            "ratio",
        )
    distinct = {ratio.slug: ratio for ratio in asked}
    stem = str(PurePosixPath(found.name).with_suffix(""))
    return Task(found.source, found.version, stem, tuple(distinct.values()), found.keep)


def _with_distinct_stems(tasks: list[Task], candidates: int) -> list[Task]:
    """Names that would meet keep the photo's suffix: beach.jpg_16x9.webp, beach.png_16x9.webp."""

    def names(task: Task) -> Iterable[str]:
        numbers = range(1, candidates + 1)
        return (f"{task.stem}_{ending(r, n)}" for r in task.ratios for n in numbers)

    counts = Counter(name for task in tasks for name in names(task))
    longer = [
        replace(task, stem=task.stem + PurePosixPath(task.source).suffix)
        if any(counts[name] > 1 for name in names(task))
        else task
        for task in tasks
    ]
    owner: dict[str, str] = {}
    for task in longer:
        for name in names(task):
            other = owner.setdefault(name, task.source)
            if other != task.source:
                raise OptionError(
                    f"{other} and {task.source} would be written to the same place, {name}; name "
                    f"the folder above both as the source, or run them into two targets",
                    got=task.source,
                )
    return longer
