"""Agreement of a crop with a person's: IoU and boundary displacement error (section 4.1)."""

from __future__ import annotations

from marscrop.geometry import Box, Size, Window


def boundary_displacement(a: Box | Window, b: Box | Window, image: Size) -> float:
    """BDE: mean distance of the four edges, each as a share of the image's width or height."""
    horizontal = (abs(a.x0 - b.x0) + abs(a.x1 - b.x1)) / image.width
    vertical = (abs(a.y0 - b.y0) + abs(a.y1 - b.y1)) / image.height
    return (horizontal + vertical) / 4
