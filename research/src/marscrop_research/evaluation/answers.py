"""What every method answers to every human box of every photo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from marscrop.errors import ImageError, RatioError
from marscrop.geometry import Box
from marscrop_research.data.records import PhotoRecord, Problem
from marscrop_research.errors import ConfigError
from marscrop_research.evaluation.protocol import Predict


@dataclass(frozen=True, slots=True)
class Answered:
    """A photo and what each method answered to its boxes' ratios.

    Attributes:
        photo: with n boxes.
        boxes: by method, n answers [px] in the boxes' order; None where it gave none. A method
            that gave none at all may be missing.
    """

    photo: PhotoRecord
    boxes: Mapping[str, tuple[Box | None, ...]]

    def answers(self, method: str) -> tuple[Box, ...]:
        """The answers that a method gave; n of them where it has no gaps."""
        return tuple(box for box in self._of(method) if box is not None)

    def gaps(self, method: str) -> list[str]:
        """The boxes without an answer of a method, such as "a.jpg at 4:3"."""
        pairs = zip(self.photo.crops(), self._of(method), strict=True)
        return [f"{record.path.name} at {record.ratio}" for record, box in pairs if box is None]

    def _of(self, method: str) -> tuple[Box | None, ...]:
        return self.boxes.get(method, (None,) * len(self.photo.boxes))


def ask(
    photos: Iterable[PhotoRecord], predictors: Sequence[Predict]
) -> tuple[list[Answered], list[Problem]]:
    """Let every method answer every box of every photo.

    Returns:
        the photos with their answers, and the photos that turned out unreadable or have a human
        box of a ratio beyond all sense.

    Raises:
        ConfigError: two methods have the same name.
    """
    answered, problems = [], []
    for photo in photos:
        try:
            answered.append(_ask_one(photo, predictors))
        except (ImageError, RatioError) as error:
            problems.append(Problem(str(photo.path), str(error)))
    return answered, problems


def _ask_one(photo: PhotoRecord, predictors: Sequence[Predict]) -> Answered:
    records = photo.crops()
    boxes: dict[str, list[Box | None]] = {}
    for index, record in enumerate(records):
        seen = set()
        for predict in predictors:
            for method, box in predict(record).items():
                if method in seen:
                    raise ConfigError(f"two methods are called {method!r}; rename one")
                seen.add(method)
                boxes.setdefault(method, [None] * len(records))[index] = box
    return Answered(photo, {method: tuple(found) for method, found in boxes.items()})
