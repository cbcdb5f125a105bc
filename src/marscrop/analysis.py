"""What stays of a photo that was analysed: enough for any further ratio, without its pixels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from marscrop.faces.rule import looks_for_faces
from marscrop.geometry import Box, Size
from marscrop.options import CropOptions
from marscrop.subjects.subject_map import SubjectMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.faces.detector import Face


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A photo as the networks see it.

    Attributes:
        name: of the photo, for messages.
        size: of the upright photo [px].
        features: (n, c, h, w) float32, for `Cropper.maps`: one, or a few frames' of an animation.
        faces: None where nobody looked for any.
        subjects: where people look, heads and subjects; None where the model has no such part.
        picture: what borders leave of the photo [px of the upright photo]; None without borders.
        part: what was looked at, and holds all crops: the picture, or None for all of the photo.
            Maps cover it, and faces, subjects and `opaque` are in its pixels.
        opaque: the box of all that is not transparent; None where that is all.
        is_flat: whether the part is of one colour, so that nothing was seen in it.
    """

    name: str
    size: Size
    features: NDArray[np.float32]
    faces: tuple[Face, ...] | None = None
    subjects: SubjectMap | None = None
    picture: Box | None = None
    part: Box | None = None
    opaque: Box | None = None
    is_flat: bool = False

    @classmethod
    def together(cls, views: Sequence[Analysis]) -> Analysis:
        """One analysis of stills that are cropped to one box: of an animation's frames, say."""
        if len(views) == 1:
            return views[0]
        from marscrop.faces.detector import distinct_faces

        faces = [one.faces for one in views if one.faces is not None]
        maps = [one.subjects for one in views if one.subjects is not None]
        return replace(
            views[0],
            features=np.concatenate([one.features for one in views]),
            faces=distinct_faces(itertools.chain(*faces)) if faces else None,
            subjects=SubjectMap.together(maps) if maps else None,
            opaque=_around([one.opaque for one in views]),
            is_flat=all(one.is_flat for one in views),
        )

    def serves(self, options: CropOptions) -> bool:
        """Whether crops of these options can be found: faces looked for, borders seen or not."""
        looked = self.faces is not None or not looks_for_faces(options.faces)
        return looked and self.part == wanted_part(self.size, self.picture, options)


def wanted_part(size: Size, picture: Box | None, options: CropOptions) -> Box | None:
    """The part of a photo in which crops are looked for; None for all of it.

    That is the picture within its borders, unless these are kept, or hold some of what is to be
    kept in the crop.

    Args:
        size: of the photo [px].
        picture: what its borders leave of it; None without borders.
        options: of the crops.
    """
    if picture is None or options.keep_borders:
        return None
    return picture if all(picture.holds(region.on(size)) for region in options.keep) else None


def _around(boxes: Sequence[Box | None]) -> Box | None:
    """The box around all; None, which is everything, if one of them is."""
    found = [box for box in boxes if box is not None]
    if len(found) < len(boxes):
        return None
    x0, y0, x1, y1 = zip(*found, strict=True)
    return Box(min(x0), min(y0), max(x1), max(y1))
