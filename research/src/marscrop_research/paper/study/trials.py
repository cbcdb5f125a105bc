"""What people are asked: a photo, a ratio, and what each method made of it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from marscrop.errors import ImageError
from marscrop.geometry import Box, Window
from marscrop.imaging.photo import open_photo
from marscrop_research.data.records import CropRecord, PhotoRecord, Problem
from marscrop_research.errors import DataError
from marscrop_research.evaluation.peers import Peer, read_peer


@dataclass(frozen=True, slots=True)
class Trial:
    """One choice to make.

    Attributes:
        path: of the photo.
        ratio: width / height.
        boxes: by method [px of the upright photo]; at least two different ones.
    """

    path: Path
    ratio: float
    boxes: Mapping[str, Box]

    @property
    def key(self) -> str:
        """What votes call it: the same however often the study is started."""
        return f"{self.path.name} {self.ratio:.4f}"

    def options(self, voter: str) -> list[tuple[str, ...]]:
        """The crops in the order that a voter sees them, each with the methods that made it.

        Random, but the same for a voter each time. Methods that gave the same box share a crop.
        """
        makers: dict[Box, list[str]] = {}
        for method in sorted(self.boxes):
            makers.setdefault(self.boxes[method], []).append(method)
        options = [tuple(methods) for methods in makers.values()]
        random.Random(f"{voter}\n{self.key}").shuffle(options)  # noqa: S311 - no secret
        return options


@dataclass(frozen=True, slots=True)
class Study:
    """All choices, and what could not be used.

    Attributes:
        trials: in the order of the photos' names.
        alike: photos and ratios for which all methods gave the same box: nothing to choose.
        problems: of the files, and photos that cannot be read.
    """

    trials: tuple[Trial, ...]
    alike: int
    problems: tuple[Problem, ...]

    def order(self, voter: str) -> list[Trial]:
        """The trials in an order of a voter's own, the same each time."""
        trials = list(self.trials)
        random.Random(voter).shuffle(trials)  # noqa: S311
        return trials


def load_study(photos: Path, files: Sequence[tuple[str, Path]]) -> Study:
    """Read the methods' boxes for the photos of a folder.

    Args:
        photos: folder.
        files: name and box file of each method, as `evaluate` takes them; at least two.

    Raises:
        DataError: too few methods, two of one name, a file that cannot be read, or nothing that
            all methods answered.
    """
    names = [name for name, _ in files]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise DataError(
            f"expected boxes of two or more methods, all named differently; got {names}"
        )
    records, problems = photos_in(photos)
    peers = [read_peer(name, file, records) for name, file in files]
    problems += [problem for peer in peers for problem in peer.problems]
    trials, alike = [], 0
    for record in records:
        for ratio in peers[0].ratios(record.path.name):
            boxes = _answers(peers, record, ratio)
            if len(boxes) < len(peers):
                continue
            if len(set(boxes.values())) == 1:
                alike += 1
                continue
            trials.append(Trial(record.path, ratio, boxes))
    if not trials:
        raise DataError(
            f"{photos}: no photo and ratio for which all of {', '.join(names)} gave boxes that "
            f"differ; boxes are matched by the photo's file name"
        )
    return Study(tuple(trials), alike, tuple(problems))


def photos_in(folder: Path) -> tuple[list[PhotoRecord], list[Problem]]:
    """The photos of a folder, by name, and what in it cannot be read.

    Raises:
        DataError: it is no folder.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: expected a folder of photos")
    records, problems = [], []
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        try:
            size = open_photo(path).size
        except ImageError as error:
            problems.append(Problem(str(path), error.explained()))
            continue
        whole = Window(0, 0, *size)
        records.append(PhotoRecord(path, size, (whole,), None, "test"))
    return records, problems


def _answers(peers: Sequence[Peer], record: PhotoRecord, ratio: float) -> dict[str, Box]:
    asked = CropRecord(record.path, record.size, Window(0, 0, ratio, 1), "test")
    return {name: box for peer in peers for name, box in peer(asked).items()}
