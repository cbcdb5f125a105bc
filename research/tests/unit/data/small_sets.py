"""Small data sets in their published formats, one builder each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image

from marscrop.geometry import Size
from marscrop_research.data.records import DataSet, Problem
from marscrop_research.errors import DataError

SIZE: Final = Size(80, 60)
"""Of every photo."""

NAMES: Final = ("a.jpg", "b.jpg", "c.jpg")


def make_photo(path: Path, seed: int = 0, size: Size = SIZE) -> Path:
    """A JPEG of random blocks, so that no two seeds look alike."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST).save(path, quality=95)
    return path


def make_photos(images: Path, names: Sequence[str] = NAMES) -> None:
    for seed, name in enumerate(names):
        make_photo(images / name, seed)


def write_json(file: Path, content: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def make_hcdb(folder: Path, boxes: Mapping[str, object] | None = None) -> Path:
    """Two crops of each photo, and one that was not made of b.jpg."""
    make_photos(folder / "images")
    default = {
        "a.jpg": [[0, 0, 40, 30], [10, 5, 80, 60]],
        "b.jpg": [[1, 2, 31, 42], [-1, -1, -1, -1], [0, 0, 80, 60]],
        "c.jpg": [[8.5, 0, 20.25, 10], [3, 3, 9, 9]],
    }
    write_json(folder / "hcdb.json", default | dict(boxes or {}))
    return folder


def refusal(load: Callable[[Path], object], folder: Path) -> str:
    """The message with which nothing at all is loaded."""
    with pytest.raises(DataError) as caught:
        load(folder)
    return str(caught.value)


def names_of(data: DataSet) -> list[str]:
    return [photo.path.name for photo in data.photos]


def places_of(data: DataSet) -> list[str]:
    return [problem.place for problem in data.skipped]


def only_problem(data: DataSet) -> Problem:
    (problem,) = data.skipped
    return problem
