"""Photos with several human boxes: four protocols, whose numbers never share a column.

In all of them a method answers once for each human box: it is asked for that box's own ratio, and
sees nothing else of it. They differ in which human box an answer is held against, and in what
the mean runs over. All three metrics of an answer come from the same human box.

| protocol  | held against                                               | mean over |
|-----------|------------------------------------------------------------|-----------|
| strict    | the box whose ratio was asked for                          | boxes     |
| maxGT     | whichever of the photo's boxes overlaps the answer most    | boxes     |
| best-of-N | as strict; of a photo's N answers only the best one counts | photos    |
| consensus | as maxGT; only the answer to the consensus box's ratio counts | photos   |

The consensus box of a photo is the one with the highest mean IoU to the others: one ratio is asked
of a photo. Most likely this is what the paper's Table 7 prints for HCDB.

Within a photo no strict IoU exceeds the same answer's maxGT, nor the photo's best-of-N. Where each
photo has one box the four are the same. Photos with more boxes weigh more in means over boxes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from marscrop.geometry import Box, iou
from marscrop_research.data.records import PhotoRecord
from marscrop_research.evaluation.agreement import Agreement, agreement

Rule = Callable[[PhotoRecord, Sequence[Box]], list[Agreement]]
"""From a photo and the answers to its boxes, in their order, to the entries of the mean."""


def strict(photo: PhotoRecord, answers: Sequence[Box]) -> list[Agreement]:
    """Each answer against the box whose ratio it was given: one entry a box.

    Args:
        photo: with n human boxes.
        answers: n boxes [px of the photo]; the i-th is the answer to the ratio of the i-th
            human box.

    Returns:
        n entries, in the boxes' order.

    Raises:
        ValueError: not as many answers as boxes.
    """
    _check(photo, answers)
    pairs = zip(answers, photo.boxes, strict=True)
    return [agreement(answer, human, photo.size) for answer, human in pairs]


def max_gt(photo: PhotoRecord, answers: Sequence[Box]) -> list[Agreement]:
    """Each answer against the photo's box of best IoU, whatever that box's ratio.

    This is what most papers print for HCDB. Among boxes of equal IoU the one of least BDE
    counts. Arguments, entries and errors as in `strict`.
    """
    _check(photo, answers)
    return [_best(agreement(a, human, photo.size) for human in photo.boxes) for a in answers]


def best_of_n(photo: PhotoRecord, answers: Sequence[Box]) -> list[Agreement]:
    """The best strict entry of the photo (by IoU, then BDE): one entry a photo.

    Arguments and errors as in `strict`.
    """
    return [_best(strict(photo, answers))]


def consensus(photo: PhotoRecord, answers: Sequence[Box]) -> list[Agreement]:
    """The answer to the ratio of the consensus box, against the box it meets best: one entry.

    Arguments and errors as in `strict`.
    """
    return [max_gt(photo, answers)[consensus_box(photo)]]


def consensus_box(photo: PhotoRecord) -> int:
    """Which box has the highest mean IoU to the photo's others; the first of equals."""
    sums = [
        sum(iou(box, other) for i, other in enumerate(photo.boxes) if i != index)
        for index, box in enumerate(photo.boxes)
    ]
    return sums.index(max(sums))


PROTOCOLS: Final[Mapping[str, Rule]] = {
    "strict": strict,
    "maxGT": max_gt,
    "best-of-N": best_of_n,
    "consensus": consensus,
}
"""By the name that results carry."""


def best_rated(photo: PhotoRecord) -> PhotoRecord:
    """The photo with what stands for its human crops.

    Where people rated candidates (GAICD, CPC), these are the candidates of the highest score,
    without scores; crops that people made are left as they are.
    """
    if photo.scores is None:
        return photo
    highest = max(photo.scores)
    scored = zip(photo.boxes, photo.scores, strict=True)
    boxes = tuple(box for box, score in scored if score == highest)
    return dataclasses.replace(photo, boxes=boxes, scores=None)


def _best(entries: Iterable[Agreement]) -> Agreement:
    return max(entries, key=lambda entry: (entry.iou, -entry.bde))


def _check(photo: PhotoRecord, answers: Sequence[Box]) -> None:
    if len(answers) != len(photo.boxes):
        raise ValueError(
            f"{photo.path}: expected an answer for each of {len(photo.boxes)} boxes; "
            f"got {len(answers)}"
        )
