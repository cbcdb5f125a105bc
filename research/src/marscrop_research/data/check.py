"""Verify a download: is everything there, can it be read, and is it what it claims to be?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from marscrop.errors import ImageError
from marscrop_research.data.catalogue import PublishedPart, Source
from marscrop_research.data.copies import (
    PLACEHOLDER_COPIES,
    identical_files,
    look_alikes,
    thumbnail,
)
from marscrop_research.data.records import DataSet
from marscrop_research.errors import DataError

Kind = Literal["count", "entry", "unreadable", "placeholder", "duplicate", "look alike"]

_SUFFIXES: Final = frozenset(
    (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic")
)
_MOST_NAMED: Final = 5

Progress = Callable[[Sequence[Path]], Iterable[Path]]
"""Passes files on as it is given them, and may tell a person how far it has come."""


@dataclass(frozen=True, slots=True)
class Count:
    """How much of one published part is usable.

    Attributes:
        part: what was published.
        photos: with at least one good box.
        boxes: good ones.
    """

    part: PublishedPart
    photos: int
    boxes: int

    @property
    def complete(self) -> bool:
        """Whether both are as published."""
        return self.photos == self.part.photos and self.part.boxes in (None, self.boxes)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a download.

    Attributes:
        kind: `count` differs from the published one; `entry` of an annotation that was skipped;
            `unreadable` image; `placeholder`: so many identical files that they are no photos;
            `duplicate`: files with the same bytes; `look alike`: the same but for size or
            compression, which may be as published and is no problem by itself.
        place: part, entry or file.
        reason: what was expected and what came.
    """

    kind: Kind
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes:
        source: which data set.
        folder: that was looked at.
        counts: one a published part.
        files: how many image files there are, annotated or not.
        unannotated: boxes that the data set itself marks as not annotated.
        findings: in the order of `Kind`.
    """

    source: Source
    folder: Path
    counts: tuple[Count, ...]
    files: int
    unannotated: int
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> int:
        """Findings that make the download differ from what was published."""
        return sum(finding.kind != "look alike" for finding in self.findings)


def check_data_set(source: Source, folder: Path, progress: Progress = iter) -> Report:
    """Load a data set, decode all of its images in full and compare them with each other.

    Args:
        source: which data set.
        folder: of the download.
        progress: is given the files to decode, which is what takes long.

    Raises:
        DataError: there is nothing to load; the message says where to get the data set.
    """
    try:
        data = source.load(folder)
    except DataError as error:
        raise DataError(f"{error}. Get {source.title}: {source.where}") from None
    counts = tuple(_count(part, data) for part in source.parts)
    files = _image_files(source, folder)
    findings = [
        *(_miscount(count) for count in counts if not count.complete),
        *(Finding("entry", problem.place, problem.reason) for problem in data.skipped),
        *_compare(files, folder, progress),
    ]
    return Report(source, folder, counts, len(files), data.unannotated, tuple(findings))


def _count(part: PublishedPart, data: DataSet) -> Count:
    photos = [photo for photo in data.photos if photo.split in part.splits]
    return Count(part, len(photos), sum(len(photo.boxes) for photo in photos))


def _miscount(count: Count) -> Finding:
    part = count.part
    reason = f"{count.photos:,} of {part.photos:,} published photos"
    if part.boxes is not None:
        reason += f", {count.boxes:,} of {part.boxes:,} boxes"
    return Finding("count", part.name, reason)


def _image_files(source: Source, folder: Path) -> list[Path]:
    images = next(folder / name for name in source.image_folders if (folder / name).is_dir())
    return sorted(
        file
        for file in images.rglob("[!.]*")
        if file.suffix.lower() in _SUFFIXES and file.is_file()
    )


def _compare(files: Sequence[Path], folder: Path, progress: Progress) -> list[Finding]:
    """What is wrong with image files: unreadable ones first, then copies."""
    identical = identical_files(files)
    copies = {file for group in identical for file in group[1:]}
    unreadable, pictures = [], []
    thumbnails: list[NDArray[np.uint8]] = []
    for file in progress([file for file in files if file not in copies]):
        try:
            thumbnails.append(thumbnail(file))
            pictures.append(file)
        except ImageError as error:
            unreadable.append(Finding("unreadable", _name(file, folder), str(error)))
    groups = look_alikes(np.stack(thumbnails)) if thumbnails else []
    same = [_same_bytes(group, folder) for group in identical]
    return [
        *unreadable,
        *(finding for finding in same if finding.kind == "placeholder"),
        *(finding for finding in same if finding.kind == "duplicate"),
        *(
            _group("look alike", [pictures[i] for i in group], folder, "files look the same")
            for group in groups
        ),
    ]


def _same_bytes(group: Sequence[Path], folder: Path) -> Finding:
    if len(group) >= PLACEHOLDER_COPIES:
        reason = 'files are all the same picture, probably "photo unavailable"'
        return _group("placeholder", group, folder, reason)
    return _group("duplicate", group, folder, "files have the same bytes")


def _group(kind: Kind, group: Sequence[Path], folder: Path, reason: str) -> Finding:
    first, *others = (_name(file, folder) for file in group)
    named = ", ".join(others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return Finding(kind, first, f"{len(group)} {reason}: also {named}{more}")


def _name(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()
