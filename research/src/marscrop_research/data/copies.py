"""Photos that are copies of each other: the same bytes, or the same picture saved anew."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from marscrop.imaging.photo import open_photo

PLACEHOLDER_COPIES: Final = 4
"""So many files of the same bytes are a "photo unavailable" picture, not a photo."""

_EDGE: Final = 8
_MOST_BITS: Final = 4
_MOST_LEVELS: Final = 4.0
"""Of 255, on average. On 1,335 photos of FCDB no two are closer than 11, and a copy at half size
or JPEG quality 50 is never further than 1; the hash alone calls 120 pairs of them the same."""

_ROWS_AT_ONCE: Final = 256


def identical_files(files: Iterable[Path]) -> list[list[Path]]:
    """Groups of two or more files with the same bytes, in the given order.

    Only files of equal size are read. Files that cannot be read are like no other.
    """
    by_size: dict[int, list[Path]] = defaultdict(list)
    for file in files:
        with suppress(OSError):
            by_size[file.stat().st_size].append(file)
    groups: dict[str, list[Path]] = defaultdict(list)
    for same_size in by_size.values():
        for file in same_size if len(same_size) > 1 else ():
            with suppress(OSError):
                groups[hashlib.sha256(file.read_bytes()).hexdigest()].append(file)
    return [group for group in groups.values() if len(group) > 1]


def placeholders(files: Iterable[Path]) -> set[Path]:
    """Files that are all the same picture: what a host sends for photos that it has no more."""
    return {
        file
        for group in identical_files(files)
        if len(group) >= PLACEHOLDER_COPIES
        for file in group
    }


def thumbnail(path: Path) -> NDArray[np.uint8]:
    """The whole photo, decoded in full, as 64 grey values, 0..255, row by row.

    Raises:
        ImageError: missing, no image, truncated or corrupt.
    """
    photo = open_photo(path)
    grey = Image.fromarray(photo.analysis_rgb(photo.size)).convert("L")
    return np.asarray(grey.resize((_EDGE, _EDGE), Image.Resampling.BOX)).reshape(-1)


def look_alikes(thumbnails: NDArray[np.uint8]) -> list[list[int]]:
    """Groups of two or more pictures that are the same but for size or compression.

    Pairs are proposed by the average hash (which of the 64 values reach their mean; at most 4
    may differ) and kept if the values themselves differ by at most 4 levels on average.

    Args:
        thumbnails: uint8, (n, 64), of `thumbnail`.

    Returns:
        Indices into `thumbnails`, each in one group at most, in ascending order.
    """
    values = thumbnails.astype(np.float32)
    signs = np.where(values >= values.mean(axis=1, keepdims=True), 1, -1).astype(np.float32)
    leaders = np.arange(len(values))
    for start in range(0, len(values), _ROWS_AT_ONCE):
        agreement = signs[start : start + _ROWS_AT_ONCE] @ signs.T  # 64 - 2 x differing bits
        rows, others = np.nonzero(agreement >= _EDGE**2 - 2 * _MOST_BITS)
        rows += start
        apart = np.abs(values[rows] - values[others]).mean(axis=1)
        alike = (rows < others) & (apart <= _MOST_LEVELS)
        for row, other in zip(rows[alike], others[alike], strict=True):
            leaders[other] = min(leaders[other], leaders[row])
    groups: dict[int, list[int]] = defaultdict(list)
    for index, leader in enumerate(leaders.tolist()):
        groups[leader].append(index)
    return [group for group in groups.values() if len(group) > 1]
