"""Photos, boxes and methods that the tests of comparisons share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from marscrop.geometry import Box, Size, Window
from marscrop_research.data.records import CropRecord, PhotoRecord
from marscrop_research.evaluation.answers import Answered


def photo(
    name: str,
    *boxes: Sequence[float],
    size: tuple[int, int] = (100, 50),
    scores: tuple[float, ...] | None = None,
) -> PhotoRecord:
    """A photo that need not exist, with boxes [px]."""
    windows = tuple(Window(*map(float, box)) for box in boxes)
    return PhotoRecord(Path("somewhere") / name, Size(*size), windows, scores, "validation")


def drawn(folder: Path, record: PhotoRecord) -> PhotoRecord:
    """The same photo as a file: left half red, right half blue."""
    image = Image.new("RGB", record.size, (200, 30, 30))
    image.paste((30, 30, 200), (record.size.width // 2, 0, *record.size))
    path = folder / record.path.name
    image.save(path, "JPEG" if path.suffix == ".jpg" else None)
    return PhotoRecord(path, record.size, record.boxes, record.scores, record.split)


def answered(record: PhotoRecord, **boxes: Sequence[Sequence[int] | None]) -> Answered:
    """A photo and, by method, a box or None for each human box."""
    found = {m: tuple(Box(*b) if b else None for b in of_method) for m, of_method in boxes.items()}
    return Answered(record, found)


class Fixed:
    """A method with a box for each file name, and nothing for the others."""

    def __init__(self, name: str, boxes: Mapping[str, Sequence[int]]) -> None:
        self._name, self._boxes = name, boxes
        self.asked: list[CropRecord] = []

    def __call__(self, record: CropRecord, /) -> dict[str, Box]:
        self.asked.append(record)
        box = self._boxes.get(record.path.name)
        return {} if box is None else {self._name: Box(*box)}
