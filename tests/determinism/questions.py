"""Many photos, ratios and constraints, and what a cropper says to them, to the last bit.

Run as a program it prints the digest of all answers, for comparing processes and machines; with
--crops, boxes and confidences.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from marscrop import Crop, Cropper
from marscrop.errors import ConstraintError

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
SIZES: Final = ((400, 300), (123, 457), (640, 251))
RATIOS: Final = ("1:1", "16:9", "4:5", "1:4", "4:1", "2.39", "3:2", "0.37")
OPTIONS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"keep": "40%,30%,60%,70%"},
    {"avoid": "0%,0%,30%,30%", "max_candidates": 3},
    {"anchor": "top-left", "min_size": 0.8},
    {"keep": "5%,5%,95%,95%", "fallback": "pad"},
    {"min_confidence": 0.7, "faces": "ignore"},
)


@dataclass(frozen=True, slots=True)
class Question:
    """One call of `Cropper.crop`."""

    photo: Image.Image
    ratios: tuple[str, ...]
    options: dict[str, Any]

    def asked_of(self, cropper: Cropper) -> list[Crop] | str:
        """The answer, or the error."""
        try:
            return cropper.crop(self.photo, self.ratios, **self.options)
        except ConstraintError as error:
            return str(error)


def questions() -> list[Question]:
    """Each photo with ratios and options that change from one to the next."""
    asked: list[Question] = []
    for path in sorted(EXAMPLES.glob("*.jpg")):
        with Image.open(path) as image:
            whole = image.convert("RGB")
        for size in SIZES:
            for repeat in range(2):
                number = len(asked)
                start = number % len(RATIOS)
                ratios = (RATIOS + RATIOS)[start : start + 1 + number % 4]
                options = OPTIONS[(number + repeat) % len(OPTIONS)]
                asked.append(Question(whole.resize(size), ratios, options))
    return asked


def digest(answers: Iterable[list[Crop] | str]) -> str:
    """Of boxes, confidences to their last bit, padding, and errors."""
    texts = [
        answer
        if isinstance(answer, str)
        else [
            (
                str(c.ratio),
                tuple(c.box),
                c.confidence.hex(),
                c.candidate,
                c.centred,
                repr(c.padding),
            )
            for c in answer
        ]
        for answer in answers
    ]
    return hashlib.sha256(repr(texts).encode()).hexdigest()


if __name__ == "__main__":
    alone = Cropper(threads=int(sys.argv[1]))
    given = [question.asked_of(alone) for question in questions()]
    if "--crops" in sys.argv:
        for answer in given:
            for crop in [] if isinstance(answer, str) else answer:
                print(*crop.box, crop.confidence)
    else:
        print(digest(given))
