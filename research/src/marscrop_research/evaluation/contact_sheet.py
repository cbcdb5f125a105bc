"""Photos with the human box and a method's, as HTML that needs nothing else."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from marscrop.geometry import Box, Window, fit_longest_edge
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.photo import open_photo
from marscrop.imaging.write_options import WriteOptions
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.agreement import Agreement, agreement
from marscrop_research.evaluation.answers import Answered

PHOTOS: Final = 12
"""On a sheet."""

_EDGE_PX: Final = 360
_JPEG_QUALITY: Final = 70


@dataclass(frozen=True, slots=True)
class Case:
    """A method's answer to one human box."""

    record: CropRecord
    method: str
    box: Box

    @property
    def agreement(self) -> Agreement:
        """With the human box whose ratio was asked for."""
        return agreement(self.box, self.record.box, self.record.size)


def choose_cases(
    answered: Sequence[Answered], method: str, *, count: int = PHOTOS, seed: int = 0
) -> dict[str, list[Case]]:
    """The best, the worst and random cases of a method, by IoU; each photo once a sheet.

    Args:
        answered: photos that the method answered in full.
        count: of cases a sheet, fewer if there are fewer photos.
        seed: of the random ones.
    """
    cases = [
        Case(record, method, box)
        for a in answered
        for record, box in zip(a.photo.crops(), a.answers(method), strict=True)
    ]
    ascending = sorted(cases, key=lambda case: case.agreement.iou)
    shuffled = [cases[i] for i in np.random.default_rng(seed).permutation(len(cases))]
    return {
        "best": _one_a_photo(reversed(ascending), count),
        "worst": _one_a_photo(ascending, count),
        "random": _one_a_photo(shuffled, count),
    }


def sheet(cases: Iterable[Case]) -> str:
    """An HTML grid of the cases, with embedded pictures.

    Raises:
        ImageError: a photo that cannot be read.
    """
    return f'<div class="sheet">{"".join(map(_figure, cases))}</div>'


def legend(method: str) -> str:
    """What the two kinds of boxes mean, as HTML."""
    marks = (("human", "a person's crop"), ("ours", f"the crop of {method}"))
    items = (
        f'<li><svg width="36" height="24" viewBox="0 0 36 24" aria-hidden="true">'
        f"{_outlines(**{kind: Box(3, 3, 33, 21)})}</svg>{html.escape(text)}</li>"
        for kind, text in marks
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _one_a_photo(cases: Iterable[Case], count: int) -> list[Case]:
    chosen: dict[object, Case] = {}
    for case in cases:
        chosen.setdefault(case.record.path, case)
    return list(chosen.values())[:count]


def _figure(case: Case) -> str:
    record, found = case.record, case.agreement
    name = html.escape(record.path.name, quote=True)
    ratio, method = html.escape(f"{record.ratio.value:.2f}"), html.escape(case.method, quote=True)
    width, height = record.size
    alt = (
        f"{name}: the crop of {method} at ratio {ratio}, drawn solid, and the human crop, drawn "
        f"dashed, overlap with an IoU of {found.iou:.3f}"
    )
    return (
        f'<figure><div class="photo"><img alt="{alt}" width="{width}" height="{height}" '
        f'src="{_picture(record)}">'
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
        f"{_outlines(ours=case.box, human=record.box)}</svg></div>"
        f"<figcaption><b>IoU {found.iou:.3f}</b>, BDE {found.bde:.3f}, offset "
        f"{found.offset_px:.0f} px, ratio {ratio}<br>{name}</figcaption></figure>"
    )


def _outlines(**boxes: Box | Window) -> str:
    """Boxes in pixels of the drawing, by kind, over dark rims that show on any picture.

    All rims come first and the dashed human box last, so that equal boxes can both be seen.
    """
    shapes = {
        kind: f'x="{x0:g}" y="{y0:g}" width="{x1 - x0:g}" height="{y1 - y0:g}"'
        for kind, (x0, y0, x1, y1) in boxes.items()
    }
    rims = (f'<rect class="rim" {shape}/>' for shape in shapes.values())
    lines = (f'<rect class="{kind}" {shape}/>' for kind, shape in shapes.items())
    return "".join((*rims, *lines))


def _picture(record: CropRecord) -> str:
    """The whole photo as the data URI of a small JPEG."""
    size = fit_longest_edge(record.size, min(_EDGE_PX, max(record.size)), 1)
    small = Image.fromarray(open_photo(record.path).analysis_rgb(size))
    options = WriteOptions(quality=_JPEG_QUALITY)
    jpeg = encode_crop(small, Box(0, 0, *size), "sheet.jpg", options).content
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
