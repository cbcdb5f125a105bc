"""The policy: which crops of a ratio are given, as pure functions of a map, limits and options.

1. The best crop within what was asked and what saves faces, faces giving way first: the photo
   itself where it has the ratio, or the main subject framed, if that is wanted.
2. Below the confidence that is asked for, the centre crop in its place, moved where it would cut a
   head that the crop holds, if the limits allow it.
3. Further candidates, as many as are asked for and there are.
4. Where no crop meets what was asked: a padded one, if that is wanted, or the reason why not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from marscrop.crop import Crop
from marscrop.errors import ConstraintError, OptionError
from marscrop.geometry import Box, Window, centre_crop, iou
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.runtime.manifest import Manifest
from marscrop.spelling import Mention
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.candidates import best_crop, next_crop
from marscrop.window.confidence import Calibration, gather_evidence
from marscrop.window.constraints import Limits
from marscrop.window.keeping import cut_heads
from marscrop.window.placement import Prior
from marscrop.window.rounding import nearest_box
from marscrop.window.zoom import Zoom

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.faces.detector import Face
    from marscrop.imaging.fill import Fill
    from marscrop.imaging.lossless import BlockGrid

_MOST_PASSED_OVER: Final = 4
"""Candidates that cut a head are passed over until there are so many."""
_CUT: Final = 0.1
"""Share of a head from which it is cut."""


def decide(
    logits: NDArray[np.float32],
    asked: Limits,
    faces: Sequence[Face],
    subjects: SubjectMap | None,
    ratio: AspectRatio,
    options: CropOptions,
    model: Manifest,
    max_pixels: int,
    opaque: Box | None = None,
) -> list[Crop]:
    """The crops of one ratio, best first.

    Args:
        logits: (h, w) float32 log odds that a cell lies in the crop; the map covers the photo.
        asked: what the crop must meet [px of the photo].
        faces: to be kept whole or left out whole [px of the photo].
        subjects: what the photo shows; None where the model does not say.
        ratio: of the crop.
        options: what else was asked.
        model: its prior of people's crops, and its calibration.
        max_pixels: of a padded crop.
        opaque: the box of what is not transparent [px of the photo]; None where that is all.

    Raises:
        ConstraintError: nothing meets what was asked; whose photo it is, the caller knows.
    """
    found = best_within(logits, asked, faces, subjects, ratio, model.prior, options.zoom, opaque)
    if found is None:
        return [padded(logits, asked, ratio, options.padding_fill, max_pixels)]
    box, limits = found
    best = judged(logits, box, limits, subjects, ratio, model.calibration)
    crops = [centred_if_unsure(best, limits, subjects, options.min_confidence)]
    most = best.confidence
    for box in further_boxes(logits, limits, subjects, crops[0], options.max_candidates - 1):
        crop = judged(logits, box, limits, subjects, ratio, model.calibration)
        # Candidates come in the order of the number that is shown: none is surer than a better one.
        # The centre crop, which is no better than itself, has 0 wherever it comes.
        most = min(crop.confidence, most) if crop.confidence else most
        confidence = min(crop.confidence, most)
        crops.append(replace(crop, candidate=len(crops) + 1, confidence=confidence))
    return crops


def flat_crops(limits: Limits, ratio: AspectRatio) -> list[Crop]:
    """The crop of a photo that shows nothing: the centre crop, or none where that breaks limits."""
    centre = centre_crop(limits.image, ratio)
    return [Crop(ratio, centre, confidence=0.0)] if limits.allow(centre, ratio) else []


def in_photo(crop: Crop, part: Box | None) -> Crop:
    """A crop of a part of a photo, as one of the photo."""
    return replace(crop, box=crop.box.moved(part.x0, part.y0), within=part) if part else crop


def further_boxes(
    logits: NDArray[np.float32],
    limits: Limits,
    subjects: SubjectMap | None,
    best: Crop,
    count: int,
) -> list[Box]:
    """Up to `count` boxes beside the best crop, the likeliest first; those that cut a head last."""
    clear: list[Box] = [best.box]
    cutting: list[Box] = []
    while len(clear) <= count and len(cutting) < _MOST_PASSED_OVER:
        box = next_crop(logits, limits, best.ratio, [*clear, *cutting])
        if box is None:
            break
        cuts = subjects is not None and (cut_heads(subjects, limits.image, box) > _CUT).any()
        (cutting if cuts else clear).append(box)
    return [*clear[1:], *cutting][:count]


def best_within(
    logits: NDArray[np.float32],
    asked: Limits,
    faces: Sequence[Face],
    subjects: SubjectMap | None,
    ratio: AspectRatio,
    prior: Prior,
    zoom: Zoom = "natural",
    opaque: Box | None = None,
) -> tuple[Box, Limits] | None:
    """The best box, and the strictest limits that some box meets.

    Faces give way first, then what is opaque, then `zoom`.
    """
    largest = asked._replace(min_size=1.0)
    zoomed = (largest, asked) if zoom == "none" else (asked,)
    for limits in _strictest_first(zoomed, faces, opaque, ratio):
        box = None
        if zoom == "tight" and subjects is not None:
            from marscrop.window.framing import framed_crop

            box = framed_crop(logits, subjects, limits, ratio)
        if box is None:
            box = best_crop(logits, limits, ratio, prior, subjects)
        if box is not None:
            return box, limits
    return None


def _strictest_first(
    asked: Iterable[Limits], faces: Sequence[Face], opaque: Box | None, ratio: AspectRatio
) -> Iterable[Limits]:
    """Each of what was asked, with all that is opaque and faces to be kept, and then with less."""
    if opaque is not None:
        from marscrop.window.content import limits_with_content

        asked = (one for limits in asked for one in limits_with_content(limits, opaque, ratio))
    if faces:
        from marscrop.faces.protection import limits_with_faces

        asked = (one for limits in asked for one in limits_with_faces(limits, faces, ratio))
    return asked


def judged(
    logits: NDArray[np.float32],
    box: Box,
    limits: Limits,
    subjects: SubjectMap | None,
    ratio: AspectRatio,
    calibration: Calibration,
) -> Crop:
    """The crop with its confidence: how likely it beats the centre crop."""
    evidence = gather_evidence(logits, box, limits.image, ratio, subjects)
    return Crop(ratio, box, calibration.confidence(evidence))


def centred_if_unsure(
    crop: Crop, limits: Limits, subjects: SubjectMap | None, min_confidence: float
) -> Crop:
    """The crop, or where its confidence is below the least, a safe one near the middle.

    That is the centre crop, moved as little as needed to hold every head that the crop holds. The
    crop stays where the limits do not allow that, or where it would cut more of heads.
    """
    if crop.confidence >= min_confidence:
        return crop
    centre = centre_crop(limits.image, crop.ratio)
    if not limits.allow(centre, crop.ratio):
        return crop
    heads = subjects.sure_heads(limits.image) if subjects else []
    held = [head for head in heads if crop.box.holds(head)]
    safe = limits._replace(keep=(*limits.keep, *held))
    box = nearest_box(Window(*map(float, centre)), safe, crop.ratio)
    if box is None or box == crop.box:
        return crop
    if subjects is not None:
        ours, safest = (cut_heads(subjects, limits.image, b).sum() for b in (crop.box, box))
        if safest > ours + _CUT:
            return crop
    return replace(crop, box=box, centred=True)


def padded(
    logits: NDArray[np.float32],
    asked: Limits,
    ratio: AspectRatio,
    fill: Fill | None,
    max_pixels: int,
) -> Crop:
    """Part of the photo on a canvas of the ratio; without a fill, an error that says why.

    Raises:
        ConstraintError: no padding is wanted, or none helps.
    """
    from marscrop.imaging.padding import Padding
    from marscrop.window.conflict import explain_conflict
    from marscrop.window.padded_crop import padded_crop

    part = padded_crop(logits, asked, ratio) if fill else None
    if fill is None or part is None:
        raise ConstraintError(explain_conflict(asked, ratio))
    crop = Crop(ratio, part.box, confidence=0.0, padding=Padding(part.margins, fill))
    width, height = crop.size
    if width * height > max_pixels:
        raise ConstraintError(
            (
                f"the padded {ratio} crop would have {width * height:,} pixels ({width}x{height}), "
                f"more than the limit of {max_pixels:,}; ask for a ratio nearer to what is kept, "
                f"or raise ",
                Mention("max_pixels"),
            )
        )
    return crop


def moved_to_grid(grid: BlockGrid, crop: Crop, options: CropOptions) -> Crop:
    """The crop with the nearest box that begins on a JPEG's grid and meets the constraints.

    Raises:
        ConstraintError: there is none, or the crop is padded.
    """
    if crop.padding:
        raise ConstraintError("a padded crop cannot be made without encoding again", grid.name)
    limits = options.constraints.on(grid.size)
    boxes = grid.boxes_near(crop.box)
    if (picture := crop.within) is not None:  # those that show the least of its borders first
        boxes.sort(key=lambda box: -iou(box, picture))
    allowed = next((box for box in boxes if limits.allow(box, crop.ratio)), None)
    if allowed is None:
        raise ConstraintError(
            (
                f"no {crop.ratio} crop that begins on the JPEG's grid of "
                f"{grid.block.width}x{grid.block.height} pixels meets the constraints; leave out ",
                Mention("lossless"),
            ),
            grid.name,
        )
    return replace(crop, box=allowed)


def check_zoom(options: CropOptions, *, sees_subjects: bool) -> None:
    """Refuse to frame a subject with a model that sees none: any crop would look as if it had.

    Raises:
        OptionError: that is asked.
    """
    if options.zoom == "tight" and not sees_subjects:
        raise OptionError(
            (
                Mention("zoom", "tight"),
                " frames the main subject, and this model sees no subjects; take ",
                Mention("zoom", "natural"),
                ", or another model",
            ),
            "zoom",
            "tight",
        )
