"""What stays of a photo that was analysed: enough for any further ratio, without its pixels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from marscrop.faces.detector import Face, distinct_faces
from marscrop.geometry import Size
from marscrop.subjects.subject_map import SubjectMap


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A photo as the networks see it.

    Attributes:
        name: of the photo, for messages.
        size: of the upright photo [px].
        features: (n, c, h, w) float32, for `Cropper.maps`: one, or a few frames' of an animation.
        faces: in pixels of the upright photo; None where nobody looked for any.
        subjects: where people look, heads and subjects; None where the model has no such part.
    """

    name: str
    size: Size
    features: NDArray[np.float32]
    faces: tuple[Face, ...] | None = None
    subjects: SubjectMap | None = None

    @classmethod
    def together(cls, views: Sequence[Analysis]) -> Analysis:
        """One analysis of stills that are cropped to one box: of an animation's frames, say."""
        if len(views) == 1:
            return views[0]
        faces = [one.faces for one in views if one.faces is not None]
        maps = [one.subjects for one in views if one.subjects is not None]
        return replace(
            views[0],
            features=np.concatenate([one.features for one in views]),
            faces=distinct_faces(itertools.chain(*faces)) if faces else None,
            subjects=SubjectMap.together(maps) if maps else None,
        )
