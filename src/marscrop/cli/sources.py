"""The photos that `marscrop crop` was given: files, folders, and the one on stdin."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from marscrop.cli.destination import Destination
from marscrop.cli.process import refuse
from marscrop.files import reason
from marscrop.ratio import AspectRatio

STDIN: Final = "-"


class SourceFile(NamedTuple):
    """A photo to crop.

    Attributes:
        path: as it was written, or found in a folder; "<stdin>" for the one that comes there.
        below: the folder that it lies in, relative to the one that was given.
        content: of the one on stdin.
    """

    path: str
    below: str = ""
    content: bytes | None = None

    @property
    def stem(self) -> str:
        """What its crops are named by."""
        return PurePath(self.path).stem if self.content is None else "stdin"


class Sources:
    """The photos, and what is to be said of others.

    Attributes:
        files: in the order they were given, those of a folder by their names.
        notes: on files that are left out.
        errors: on folders that have no photo, or cannot be read.
    """

    def __init__(self) -> None:
        self.files: list[SourceFile] = []
        self.notes: list[str] = []
        self.errors: list[str] = []

    @classmethod
    def find(
        cls, images: Sequence[str], destination: Destination, *, recursive: bool, with_raw: bool
    ) -> Sources:
        """The photos that were named.

        Args:
            images: paths of files and folders, or "-".
            destination: whose folder is left out where it lies in another.
            recursive: whether folders in folders are looked into.
            with_raw: whether folders have photos with the suffixes of camera raw.
        """
        found = cls()
        if images.count(STDIN) > 1:
            refuse("- is the photo on stdin, of which there is one; got it twice")
        for image in images:
            if image == STDIN:
                found.files.append(_from_stdin())
            elif os.path.isdir(image):  # noqa: PTH112 - Path("") would be "."
                found._add_folder(image, destination.folder, recursive, with_raw)
            else:
                found.files.append(SourceFile(image))
        return found

    def leave_out_crops(self, destination: Destination, ratios: Sequence[AspectRatio]) -> None:
        """Drop files that are crops of others of them, by their names, and say so."""
        template = destination.template
        if len(self.files) < 2 and not template.depth:
            return  # a name is longer than the one it is made of, so no photo is its own crop
        owners = {
            (_real(folder), one.stem)
            for one in self.files
            for folder in (destination.folder_of(one), Path(one.path).parent)
        }
        kept: list[SourceFile] = []
        dropped: list[str] = []
        for one in self.files:
            folder = Path(one.path).parent
            for _ in range(template.depth):
                folder = folder.parent
            name = os.path.relpath(one.path, folder).replace(os.sep, "/")
            stem = template.stem_of(name, ratios) if one.content is None else None
            is_crop = stem is not None and (_real(folder), stem) in owners
            (dropped.append(one.path) if is_crop else kept.append(one))
        self.files = kept
        if dropped:
            self.notes.append(
                f"left out, as named like crops of the other photos: {dropped[0]}"
                + (f" and {len(dropped) - 1:,} more" if dropped[1:] else "")
            )

    def _add_folder(
        self, folder: str, output: Path | None, recursive: bool, with_raw: bool
    ) -> None:
        from marscrop.imaging.photo_suffixes import PHOTO_SUFFIXES, RAW_SUFFIXES

        suffixes = PHOTO_SUFFIXES | RAW_SUFFIXES if with_raw else PHOTO_SUFFIXES
        left_out = Counter[str]()
        count = len(self.files)
        try:
            for path, below in _files_in(folder, output, recursive):
                suffix = PurePath(path).suffix.lower()
                if suffix in suffixes:
                    self.files.append(SourceFile(path, below))
                else:
                    left_out[suffix] += 1
        except OSError as error:
            self.errors.append(f"{error.filename or folder}: cannot be listed: {reason(error)}")
            return
        if left_out:
            named = [
                f"{n:,} {suffix or 'without a suffix'}" for suffix, n in left_out.most_common()
            ]
            named[10:] = ["others"] if named[10:] else []
            self.notes.append(
                f"{folder}: left out, as no photos by their suffix: {', '.join(named)}"
            )
        if len(self.files) == count:
            advice = "" if recursive else "; --recursive looks into its folders too"
            self.errors.append(f"{folder}: no photo in this folder{advice}")


def _from_stdin() -> SourceFile:
    if not sys.stdin:  # as a shell's `<&-` leaves it
        refuse("- reads a photo from stdin, which is closed")
    if sys.stdin.isatty():
        refuse("- reads a photo from stdin, which is a terminal here; pipe a photo into it")
    return SourceFile("<stdin>", content=sys.stdin.buffer.read())


def _files_in(folder: str, output: Path | None, recursive: bool) -> Iterator[tuple[str, str]]:
    """Files that are not hidden, by name, each with its folder relative to `folder`."""
    own = _real(output) if output is not None else None

    def fail(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, onerror=fail):
        below = os.path.relpath(place, folder)
        inside = (one for one in folders if not one.startswith("."))
        inside = (one for one in inside if _real(Path(place, one)) != own)
        folders[:] = sorted(inside) if recursive else []
        for name in sorted(files):
            if not name.startswith("."):
                yield os.path.join(place, name), "" if below == "." else below  # noqa: PTH118


def _real(path: Path) -> str:
    return os.path.realpath(path)
