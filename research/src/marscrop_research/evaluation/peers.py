"""Other tools' boxes, from a file of JSON lines: what `marscrop crop --json` prints.

    {"image": "a.jpg", "width": 640, "height": 480,
     "crops": [{"ratio": "4:3", "box": [0, 0, 640, 480]}]}

All of that on one line; one line a photo, or several. `image` is matched by its last part, the
file's name, and `ratio`, text or a number, as the nearest within 0.1 % of what was asked. `width`
and `height` are of the upright photo: they catch tools that measured another picture. `box` is
x0, y0, x1, y1 in whole pixels, x1 and y1 exclusive. Other keys are ignored, and so are answers
that nobody asked for.

`requests` writes what has to be answered.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from marscrop.errors import RatioError
from marscrop.geometry import Box, Size
from marscrop.ratio import AspectRatio
from marscrop_research.data.intake import parse_json, read_text
from marscrop_research.data.records import CropRecord, PhotoRecord, Problem
from marscrop_research.errors import DataError

TOLERANCE: Final = 1e-3
"""Relative; on 1,000 px it is one pixel, no more than what rounding a box does to its ratio."""

_EXPECTED: Final = "a peer's boxes as JSON lines, see `marscrop evaluate --requests`"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another tool's answers; a `Predict` that gives nothing where the tool said nothing.

    Attributes:
        name: of the method.
        problems: lines, or crops of a line, that could not be used.
    """

    name: str
    problems: tuple[Problem, ...]
    _answers: Mapping[str, Mapping[float, Box]] = field(repr=False)

    def __call__(self, record: CropRecord, /) -> dict[str, Box]:
        asked = record.ratio.value
        answers = self._answers.get(record.path.name, {})
        nearest = min(answers, key=lambda ratio: abs(math.log(ratio / asked)), default=None)
        if nearest is None or abs(nearest / asked - 1) > TOLERANCE:
            return {}
        return {self.name: answers[nearest]}

    def ratios(self, image: str) -> list[float]:
        """The ratios that it answered for a photo's file name, width / height."""
        return list(self._answers.get(image, {}))


def read_peer(name: str, file: Path, photos: Iterable[PhotoRecord]) -> Peer:
    """Read a peer's answers.

    Args:
        name: what results call the peer.
        file: JSON lines, UTF-8.
        photos: that it was asked for; lines about others are passed over.

    Returns:
        its good answers; what is wrong with the others is in `problems`, with file and line.

    Raises:
        DataError: the file cannot be read, or two photos have the same file name.
    """
    sizes = _sizes(photos)
    answers: dict[str, dict[float, Box]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(read_text(file, _EXPECTED).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{file}, line {number}"
        try:
            image, crops = _parse_line(line, sizes)
        except DataError as error:
            problems.append(Problem(place, str(error)))
            continue
        for index, crop in enumerate(crops):
            try:
                ratio, box = _parse_crop(crop, sizes[image])
                known = answers.setdefault(image, {}).setdefault(ratio, box)
                if known != box:
                    raise DataError(
                        f"{image} at {crop['ratio']} was answered before, with "
                        f"{list(known)}; that counts, not {list(box)}"
                    )
            except DataError as error:
                problems.append(Problem(f"{place}, crop {index}", str(error)))
    return Peer(name, tuple(problems), answers)


def requests(photos: Iterable[PhotoRecord]) -> Iterator[str]:
    """What every peer has to answer: one JSON object a photo, without a line end.

    `image`, `width` and `height` are to be given back as they are, with a crop for each of
    `ratios` (text, width:height), under that very text; `path` tells where the photo lies.
    Photos with a box of a ratio beyond all sense are left out: `answers.ask` reports them.
    """
    for photo in photos:
        try:
            ratios = dict.fromkeys(str(record.ratio) for record in photo.crops())
        except RatioError:
            continue
        yield json.dumps(
            {
                "image": photo.path.name,
                "width": photo.size.width,
                "height": photo.size.height,
                "ratios": list(ratios),
                "path": str(photo.path.resolve()),
            }
        )


def _sizes(photos: Iterable[PhotoRecord]) -> dict[str, Size]:
    known: dict[str, PhotoRecord] = {}
    for photo in photos:
        same = known.setdefault(photo.path.name, photo)
        if same.path != photo.path:
            raise DataError(
                f"{same.path} and {photo.path}: answers are matched by file name, and these "
                f"two have the same; rename one"
            )
    return {name: photo.size for name, photo in known.items()}


def _parse_line(line: str, sizes: Mapping[str, Size]) -> tuple[str, Sequence[Any]]:
    """The photo's file name and the raw crops; none for a photo that nobody asked for."""
    match parse_json(line, "expected one JSON object a line"):
        case {"image": str() as image, "width": width, "height": height, "crops": list() as crops}:
            pass
        case _:
            raise DataError(
                f"expected an object with image, width, height and a list crops; got {line[:80]}"
            )
    name = image.replace("\\", "/").rsplit("/", 1)[-1]
    if name not in sizes:
        return name, []
    if (width, height) != sizes[name]:
        true = sizes[name]
        raise DataError(
            f"{name} is {true.width} x {true.height} px upright; got a picture of "
            f"{width} x {height}"
        )
    return name, crops


def _parse_crop(crop: object, image: Size) -> tuple[float, Box]:
    match crop:
        case {"ratio": str() | int() | float() as ratio, "box": [_, _, _, _] as edges}:
            pass
        case _:
            raise DataError(f"expected an object with ratio and a box of four; got {crop!r}")
    try:
        asked = AspectRatio.parse(ratio).value
    except (RatioError, OverflowError) as error:
        raise DataError(str(error)) from None
    if not all(isinstance(edge, int) and not isinstance(edge, bool) for edge in edges):
        raise DataError(f"expected a box of whole pixels, x0, y0, x1, y1; got {edges}")
    box = Box(*edges)
    if not (0 <= box.x0 < box.x1 <= image.width and 0 <= box.y0 < box.y1 <= image.height):
        raise DataError(
            f"expected x0 < x1 and y0 < y1 inside {image.width} x {image.height} px; got {edges}"
        )
    return asked, box
