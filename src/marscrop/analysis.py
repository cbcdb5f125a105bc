"""What stays of a photo that was analysed: enough for any further ratio, without its pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marscrop.faces.detector import Face
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
