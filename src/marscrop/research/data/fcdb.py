"""FCDB, the Flickr Cropping Dataset (Chen et al., WACV 2017), in its published formats.

A folder with `images/`, `cropping_training_set.json` (a list of objects with `url` and `crop` =
x, y, width, height in pixels of the file) and, for the ranked pairs, `ranking_annotation.json`.
The last part of the URL is the file's name.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any, Final

from marscrop.errors import DataError, ImageError
from marscrop.geometry import Size, Window
from marscrop.imaging.decode import open_photo
from marscrop.research.data.records import CropRecord, RankedPair, Split

CROPS_FILE: Final = "cropping_training_set.json"
PAIRS_FILE: Final = "ranking_annotation.json"

_TOLERANCE_PX: Final = 1.0
"""Published boxes leave their image by fractions of a pixel: cut off silently up to here."""


def fold(name: str, folds: int = 5) -> int:
    """Fold of a photo: the SHA-1 of its file name as an integer, modulo `folds`."""
    return int(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(), 16) % folds


def load_fcdb(folder: Path) -> list[CropRecord]:
    """The human crops of the training split; fold 0 of 5 is held out as validation.

    Raises:
        DataError: the folder, a file or a photo is missing, or an entry is not as published;
            the message names file and entry.
    """
    records = []
    for entry, where in _entries(folder / CROPS_FILE):
        path = _photo(folder, entry, where)
        size = _size(path, where)
        split: Split = "validation" if fold(path.name) == 0 else "train"
        records.append(CropRecord(path, size, _box(entry.get("crop"), size, where), split))
    return records


def load_ranked_pairs(folder: Path) -> list[RankedPair]:
    """The ten voted pairs of each photo of the training split.

    Raises:
        DataError: as `load_fcdb`.
    """
    pairs = []
    for entry, where in _entries(folder / PAIRS_FILE):
        path = _photo(folder, entry, where)
        size = _size(path, where)
        for index, pair in enumerate(_list(entry.get("crops"), f"{where}, crops")):
            place = f"{where}, pair {index}"
            if not isinstance(pair, dict):
                raise DataError(
                    f"{place}: expected an object with crop_0, crop_1 and votes; got {pair!r}"
                )
            votes = pair.get("vote_for_0"), pair.get("vote_for_1")
            if not all(isinstance(v, int) and v >= 0 for v in votes):
                raise DataError(f"{place}: votes must be whole numbers from 0; got {votes}")
            first = _box(pair.get("crop_0"), size, place)
            second = _box(pair.get("crop_1"), size, place)
            pairs.append(RankedPair(path, first, second, votes))  # type: ignore[arg-type]
    return pairs


def _entries(file: Path) -> list[tuple[dict[str, Any], str]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise DataError(
            f"{file}: not found; expected FCDB: images/, {CROPS_FILE} and {PAIRS_FILE}"
        ) from None
    except ValueError as error:
        raise DataError(f"{file}: not valid JSON ({error})") from None
    entries = []
    for index, entry in enumerate(_list(content, str(file))):
        where = f"{file}, entry {index}"
        if not isinstance(entry, dict):
            raise DataError(f"{where}: expected an object; got {entry!r}")
        entries.append((entry, where))
    return entries


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise DataError(f"{where}: expected a list; got {type(value).__name__}")
    return value


def _photo(folder: Path, entry: dict[str, Any], where: str) -> Path:
    url = entry.get("url")
    if not isinstance(url, str) or not url.rsplit("/", 1)[-1]:
        raise DataError(f"{where}: expected a url that ends in the photo's file name; got {url!r}")
    return folder / "images" / url.rsplit("/", 1)[-1]


def _size(path: Path, where: str) -> Size:
    try:
        return open_photo(path).size
    except ImageError as error:
        raise DataError(f"{where}: {error}") from None


def _box(value: object, size: Size, where: str) -> Window:
    """A published x, y, width, height as a window inside the image."""
    match value:
        case [
            int() | float() as x,
            int() | float() as y,
            int() | float() as w,
            int() | float() as h,
        ]:
            pass
        case _:
            raise DataError(f"{where}: crop must be [x, y, width, height]; got {value!r}")
    if not all(math.isfinite(v) for v in (x, y, w, h)) or w <= 0 or h <= 0:
        raise DataError(
            f"{where}: crop must have finite numbers and a positive size; got {value!r}"
        )
    overhang = max(-x, -y, x + w - size.width, y + h - size.height)
    if overhang > _TOLERANCE_PX:
        raise DataError(
            f"{where}: crop {value!r} leaves the image of {size.width}x{size.height} px "
            f"by {overhang:.1f} px"
        )
    return Window(max(x, 0.0), max(y, 0.0), min(x + w, size.width), min(y + h, size.height))
