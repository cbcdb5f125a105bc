"""What the loaders share: reading files, and keeping account of photos and problems."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from marscrop.errors import ImageError
from marscrop.geometry import Size, Window
from marscrop.imaging.photo import open_photo
from marscrop_research.data.records import DataSet, PhotoRecord, Problem, Split
from marscrop_research.errors import DataError


class Intake:
    """What has been taken in from one data set so far, and what had to be left out.

    Attributes:
        name: of the data set, such as "fcdb".
        folder: of the data set; the places of problems are named from here.
        problems: in the order in which they were met.
        unannotated: boxes that the data set itself marks as not annotated.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.problems: list[Problem] = []
        self.unannotated = 0
        self._photos: dict[Path, PhotoRecord] = {}

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Note a DataError or ImageError of the block as a problem of `place`, and go on."""
        try:
            yield
        except (DataError, ImageError) as error:
            self.problems.append(Problem(place, str(error)))

    def place(self, file: Path) -> str:
        """A file's path from the data set's folder on, with forward slashes."""
        return file.relative_to(self.folder).as_posix()

    def take(
        self,
        path: Path,
        size: Size,
        boxes: Sequence[Window],
        split: Split,
        scores: Sequence[float] | None = None,
    ) -> None:
        """Keep a photo.

        Raises:
            DataError: no box is left, or the photo was annotated before. In two splits it would
                be trained on and measured on.
        """
        if not boxes:
            raise DataError("no box is left, so the photo is left out")
        self.check_new(path)
        rated = None if scores is None else tuple(scores)
        self._photos[path] = PhotoRecord(path, size, tuple(boxes), rated, split)

    def check_new(self, path: Path) -> None:
        """Raise DataError where `path` has been taken already."""
        if (earlier := self._photos.get(path)) is not None:
            raise DataError(
                f"{path.name} occurs twice; only its first entry, for the {earlier.split} split, "
                f"is used"
            )

    def data_set(self) -> DataSet:
        """All that was taken."""
        return DataSet(
            self.name, tuple(self._photos.values()), tuple(self.problems), self.unannotated
        )

    def read_json(self, file: Path, expected: str) -> Any:
        """A JSON file's content; keys that occur twice in one object become problems.

        Args:
            file: inside the folder.
            expected: what a complete folder holds, for the message where the file is missing.

        Raises:
            DataError: missing, unreadable, or not valid JSON.
        """

        def to_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            content: dict[str, Any] = {}
            for key, value in pairs:
                if key in content:
                    reason = f"key {key!r} occurs twice in one object; only the last one is used"
                    self.problems.append(Problem(self.place(file), reason))
                content[key] = value
            return content

        return parse_json(read_text(file, expected), str(file), to_dict)


def read_text(file: Path, expected: str) -> str:
    """A UTF-8 text file's content.

    Raises:
        DataError: missing (said with `expected`), unreadable, or not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{file}: not found; expected {expected}") from None
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise DataError(f"{file}: not valid UTF-8 text ({error})") from None


def parse_json(
    text: str, where: str, to_dict: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Any:
    """What `text` says.

    Args:
        text: JSON; NaN and Infinity are taken as numbers.
        where: its name, for the message.
        to_dict: makes an object of its keys and values; a dict by default.

    Raises:
        DataError: not valid JSON, or nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=to_dict)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not valid JSON ({error})") from None


def photo_size(path: Path) -> Size:
    """Of the upright photo [px], from its header alone.

    Raises:
        ImageError: missing, or no image.
    """
    return open_photo(path).size


def find_folder(folder: Path, names: Sequence[str], expected: str) -> Path:
    """The first of `names` that is a folder inside `folder`.

    Raises:
        DataError: none is.
    """
    for name in names:
        if (folder / name).is_dir():
            return folder / name
    raise DataError(f"{folder / names[0]}: no such folder; expected {expected}")


def find_file(folder: Path, names: Sequence[str], expected: str) -> Path:
    """The first of `names` that is a file in `folder`; else the only file of the first's suffix.

    Raises:
        DataError: there is none, or there are several.
    """
    for name in names:
        if (folder / name).is_file():
            return folder / name
    alike = sorted(folder.glob(f"*{Path(names[0]).suffix}")) if folder.is_dir() else []
    if len(alike) == 1:
        return alike[0]
    raise DataError(f"{folder / names[0]}: not found; expected {expected}")
