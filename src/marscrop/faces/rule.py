"""Whether a cropper looks for faces."""

from __future__ import annotations

from typing import Literal

from marscrop.faces.centerface import installed

FaceRule = Literal["auto", "keep", "ignore"]
"""Crops keep faces whole: if a detector is installed, in any case, or not at all."""


def looks_for_faces(rule: FaceRule) -> bool:
    """Whether a cropper told so looks for faces."""
    return rule == "keep" or (rule == "auto" and installed())
