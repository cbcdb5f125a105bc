"""Where people look: photos with eye fixations, and the crops that keep most of them.

A folder with `images/` and `fixations.json` (file name -> [[x, y], ...] in shares 0..1 of the
photo's sides). Fixations are cheap beside crops and know nothing of their ratio, so a photo yields
a crop at any ratio: what the decoder would answer if its map were where people look.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Size
from marscrop.ratio import AspectRatio
from marscrop.window.placement import Prior, place_window
from marscrop_research.data.intake import Intake, find_folder, photo_size
from marscrop_research.data.records import CropRecord, Problem
from marscrop_research.data.values import expect_list, expect_object, shown
from marscrop_research.errors import DataError

FIXATIONS_FILE: Final = "fixations.json"
RATIOS: Final = (1 / 3, 3.0)
"""Smallest and largest ratio that crops are made of: all that people ask for but rarely."""

_EXPECTED: Final = f"images/ and {FIXATIONS_FILE}"
_CELLS: Final = 48
_SPREAD: Final = 0.05
"""Of one fixation, in shares of a side: how far from it people still see sharply, and measured."""


@dataclass(frozen=True, slots=True)
class FixationRecord:
    """One photo and where people looked.

    Attributes:
        path: of the photo.
        size: of the photo [px].
        points: (n, 2) float64, x and y in shares of the photo's sides.
    """

    path: Path
    size: Size
    points: NDArray[np.float64]

    def density(self) -> NDArray[np.float64]:
        """(48, 48) over the whole photo, blurred; its integral in shares of the area is 1."""
        middles = (np.arange(_CELLS) + 0.5) / _CELLS
        across, down = (
            np.exp(-0.5 * ((middles - at[:, None]) / _SPREAD) ** 2) for at in self.points.T
        )
        summed: NDArray[np.float64] = down.T @ across
        density: NDArray[np.float64] = summed / summed.mean()
        return density

    def crop(self, ratio: AspectRatio, prior: Prior) -> CropRecord:
        """The crop that keeps most of what people looked at, to be trained on."""
        box = place_window(self.density(), self.size, ratio, prior)
        return CropRecord(self.path, self.size, box, "train")


@dataclass(frozen=True, slots=True)
class Fixations:
    """The photos that were loaded, and what was not."""

    photos: tuple[FixationRecord, ...]
    skipped: tuple[Problem, ...]


def load_fixations(folder: Path) -> Fixations:
    """All photos of a folder, by name; bad entries are skipped and reported.

    Raises:
        DataError: the file or the folder of photos is missing, or it is no JSON object.
    """
    intake = Intake("fixations", folder)
    content = expect_object(intake.read_json(folder / FIXATIONS_FILE, _EXPECTED))
    images = find_folder(folder, ("images",), _EXPECTED)
    photos = []
    for name in sorted(content):
        with intake.at(f"{FIXATIONS_FILE}, {name!r}"):
            points = _points(content[name])
            path = images / name
            photos.append(FixationRecord(path, photo_size(path), points))
    return Fixations(tuple(photos), tuple(intake.problems))


def crops_to_learn(
    photos: Sequence[FixationRecord], prior: Prior, seed: int, epoch: int
) -> list[CropRecord]:
    """A crop of each photo at a ratio drawn from `RATIOS`, another one each epoch.

    Args:
        photos: with fixations.
        prior: says how large the crops are.
        seed, epoch: decide the ratios.
    """
    low, high = (math.log(ratio) for ratio in RATIOS)
    crops = []
    for photo in photos:
        own = np.random.default_rng([seed, epoch, zlib.crc32(photo.path.name.encode())])
        crops.append(photo.crop(AspectRatio(math.exp(own.uniform(low, high)), 1.0), prior))
    return crops


def _points(entry: object) -> NDArray[np.float64]:
    points = expect_list(entry, "fixations: ")
    try:
        found = np.array(points, np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.ndim != 2 or found.shape[1] != 2 or not ((found >= 0) & (found <= 1)).all():
        raise DataError(f"expected a list of [x, y], each 0 to 1; got {shown(points)}")
    return found
