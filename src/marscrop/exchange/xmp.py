"""XMP sidecars that tell photo editors a crop, in Adobe's Camera Raw namespace."""

from __future__ import annotations

from marscrop.geometry import Box, Size, Window

_DIGITS = 8
"""Decimals of an edge: enough for a pixel of any photo."""


def stored_edges(box: Box, image: Size, orientation: int) -> Window:
    """The edges of a box along the pixels as they are stored, each in 0..1.

    Args:
        box: [px of the upright photo].
        image: size of the upright photo [px].
        orientation: of the EXIF data, 1..8.

    Raises:
        ValueError: another orientation.
    """
    x0, x1 = box.x0 / image.width, box.x1 / image.width
    y0, y1 = box.y0 / image.height, box.y1 / image.height
    match orientation:
        case 1:
            return Window(x0, y0, x1, y1)
        case 2:
            return Window(1 - x1, y0, 1 - x0, y1)
        case 3:
            return Window(1 - x1, 1 - y1, 1 - x0, 1 - y0)
        case 4:
            return Window(x0, 1 - y1, x1, 1 - y0)
        case 5:
            return Window(y0, x0, y1, x1)
        case 6:  # turned clockwise to be seen: what is its top was its left
            return Window(y0, 1 - x1, y1, 1 - x0)
        case 7:
            return Window(1 - y1, 1 - x1, 1 - y0, 1 - x0)
        case 8:
            return Window(1 - y1, x0, 1 - y0, x1)
    raise ValueError(f"EXIF orientation must be 1 to 8; got {orientation!r}")


def crop_sidecar(box: Box, image: Size, orientation: int = 1) -> str:
    """The text of an XMP file with crs:CropLeft, CropTop, CropRight, CropBottom and HasCrop.

    Camera Raw and Lightroom count a crop along the pixels as they are stored, before the EXIF
    orientation turns them. The sidecar leaves that orientation, and every other setting, alone.

    Args:
        box: [px of the upright photo].
        image: size of the upright photo [px].
        orientation: of the EXIF data, 1..8.
    """
    edges = stored_edges(box, image, orientation)
    left, top, right, bottom = (f"{edge:.{_DIGITS}f}" for edge in edges)
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="marscrop">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
    crs:HasCrop="True"
    crs:HasSettings="True"
    crs:CropLeft="{left}"
    crs:CropTop="{top}"
    crs:CropRight="{right}"
    crs:CropBottom="{bottom}"
    crs:CropAngle="0"
    crs:CropConstrainToWarp="0"/>
 </rdf:RDF>
</x:xmpmeta>
"""
