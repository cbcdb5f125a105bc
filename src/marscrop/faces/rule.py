"""Whether a cropper looks for faces."""

from __future__ import annotations

from typing import Literal

FaceRule = Literal["auto", "keep", "ignore"]
"""Crops keep heads whole: as the network sees them; as a detector of faces does; or not at all."""


def looks_for_faces(rule: FaceRule) -> bool:
    """Whether a cropper told so looks for faces."""
    return rule == "keep"
