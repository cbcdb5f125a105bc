"""The limits of a crop in a photo with faces: from those that save them all to what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from marscrop.faces.detector import Face
from marscrop.faces.protect import protect
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits


def limits_with_faces(
    limits: Limits, faces: Sequence[Face], ratio: AspectRatio
) -> Iterator[Limits]:
    """What to hold a crop to, the best first; the first that some crop meets is the one to take.

    What was asked goes before faces, and is the last resort. With nothing asked, a crop exists
    that meets the first (`protect`). A box to keep or avoid, a smallest size or an anchor can stand
    in the way of faces; then the least important are given up, half of them at a time.

    Args:
        limits: what was asked.
        faces: in pixels of the photo.
        ratio: asked ratio.
    """
    asked = protect(faces, limits.image, ratio)
    if asked.keep and asked.avoid:
        yield replace(limits, keep=(*limits.keep, *asked.keep), avoid=(*limits.avoid, *asked.avoid))
    saved = len(asked.keep)
    while saved:
        yield replace(limits, keep=(*limits.keep, *asked.keep[:saved]))
        saved //= 2
    yield limits
