"""What the golden file asks: photos, ratios and sets of options that together use every option."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.conftest import ROOT

from marscrop import ConstraintError, Cropper

RATIOS: Final = ("1:4", "9:16", "4:5", "1:1", "3:2", "16:9", "3:1", "4:1")

OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "keep": {"keep": "30%,30%,50%,60%"},
    "keep two": {"keep": ["10%,40%,20%,60%", "40%,45%,55%,55%"]},
    "avoid": {"avoid": "0%,0%,100%,12%"},
    "keep and avoid": {"keep": "45%,40%,60%,60%", "avoid": ["0%,0%,10%,100%", "80%,0%,90%,20%"]},
    "largest": {"min_size": 1},
    "small": {"min_size": 0.1, "max_candidates": 4},
    "anchor": {"anchor": "top"},
    "point": {"anchor": (0.5, 0.33), "max_candidates": 2},
    "unsure": {"min_confidence": 0.8},
    "padded": {"keep": "2%,5%,98%,95%", "fallback": "pad", "pad_fill": "blur"},
    "too much": {"keep": "2%,5%,98%,95%"},
}

EXAMPLES: Final = tuple(sorted((ROOT / "examples").glob("*.jpg")))


def shared_photos(shared: Path) -> list[Path]:
    """Every eightieth photo of the data at hand, by name."""
    folders = (shared / "data" / "fcdb_train", shared / "data" / "fixations")
    photos = [path for folder in folders for path in sorted(folder.rglob("*.jpg"))]
    return photos[::80]


def answers(photo: Path, cropper: Cropper) -> Iterator[tuple[str, Any]]:
    """Each set of options with its crops: [ratio, box, confidence, candidate, centred, margins].

    Faces are ignored: whether a detector is installed must not change the answers. Where no crop
    meets the options, the answer is the message.
    """
    for name, options in OPTIONS.items():
        try:
            crops = cropper.crop(photo, RATIOS, faces="ignore", **options)
        except ConstraintError as error:
            yield name, str(error).partition(": ")[2]
            continue
        yield (
            name,
            [
                [
                    str(crop.ratio),
                    list(crop.box),
                    round(crop.confidence, 4),
                    crop.candidate,
                    crop.centred,
                    list(crop.padding.margins) if crop.padding else None,
                ]
                for crop in crops
            ],
        )
