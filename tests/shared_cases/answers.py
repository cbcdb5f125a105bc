"""What Python answers to a case."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from tests.javascript.pictures import Made, picture
from tests.shared_cases.generator import logits_of, subjects_of
from tests.shared_cases.questions import Case

from marscrop import Cropper
from marscrop.analysis import Analysis
from marscrop.crop import Crop
from marscrop.errors import MarscropError
from marscrop.faces.detector import Face
from marscrop.geometry import Box, Size, Window
from marscrop.options import CropOptions
from marscrop.ratio import RatioLike, parse_ratios
from marscrop.runtime.manifest import Manifest
from marscrop.spelling import Mention
from marscrop.subjects.subject_map import SubjectMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS = 8
"""Of confidences."""


def answer(case: Case, manifest: Manifest) -> Any:
    """Each crop as ratio, box, confidence and what else there is to it; or an error.

    A case that asks for a focal point has its four numbers and the value for CSS.
    """
    try:
        options = CropOptions.parse(**case.get("options", {}))
        ratios = parse_ratios(cast("list[RatioLike]", case.get("ratios", [])))
        if "photo" in case:
            cropper = _packaged()
            analysis = cropper.analyse(picture(Made(**case["photo"])), options=options)
        else:
            cropper, analysis = _cropper(case, manifest), _analysis(case)
        if case.get("focal"):
            point = cropper.focal_analysed(analysis, options, _box(case.get("inside")))
            return [*(point.x, point.y, point.position_x, point.position_y), point.object_position]
        return [_told(crop) for crop in cropper.crop_analysed(analysis, ratios, options)]
    except MarscropError as error:
        return {"error": type(error).__name__, "text": error.explained(in_javascript)}


def in_javascript(option: Mention) -> str:
    """`minSize`, `fallback: 'pad'`."""
    first, *rest = option.name.split("_")
    name = first + "".join(word.capitalize() for word in rest)
    return name if option.value is None else f"{name}: {option.value!r}"


@cache
def _packaged() -> Cropper:
    return Cropper(threads=1)


def _told(crop: Crop) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ratio": str(crop.ratio),
        "box": [*crop.box],
        "confidence": round(crop.confidence, DIGITS),
    }
    if crop.candidate > 1:
        told["candidate"] = crop.candidate
    if crop.centred:
        told["centred"] = True
    if crop.padding:
        told["padding"] = [*crop.padding.margins, crop.padding.fill.label]
    if crop.within:
        told["within"] = [*crop.within]
    return told


def _analysis(case: Case) -> Analysis:
    size, part = Size(*case["size"]), _box(case.get("part"))
    scene, faces = case.get("scene"), case.get("faces")
    return Analysis(
        name=f"case {case['seed']}",
        size=size,
        features=np.zeros((1, 1, 1, 1), np.float32),
        faces=None if faces is None else tuple(Face(Window(*f[:4]), f[4]) for f in faces),
        subjects=scene and SubjectMap.of(subjects_of(scene), part.size if part else size),
        picture=_box(case.get("picture")),
        part=part,
        opaque=_box(case.get("opaque")),
        is_flat=case.get("flat", False),
    )


def _box(edges: list[int] | None) -> Box | None:
    return None if edges is None else Box(*edges)


def _cropper(case: Case, manifest: Manifest) -> Cropper:
    """A cropper that has the case's maps in place of a network."""
    columns, rows = case["cells"]

    def logits(_: NDArray[np.float32], ratios: list[float]) -> NDArray[np.float32]:
        return np.stack([logits_of(case["seed"] + i, rows, columns) for i in range(len(ratios))])

    cropper = Cropper.__new__(Cropper)
    cropper._session = cast("Any", SimpleNamespace(manifest=manifest, logits=logits))
    cropper.max_pixels = case.get("max_pixels", 300_000_000)
    return cropper
