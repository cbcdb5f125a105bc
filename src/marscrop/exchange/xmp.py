"""XMP sidecars that tell photo editors a crop, in Adobe's Camera Raw namespace."""

from __future__ import annotations

from marscrop.geometry import Box, Size, Window
from marscrop.imaging.orientation import ORIENTATIONS, stored_box, turned_size

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
    if orientation not in ORIENTATIONS:
        raise ValueError(f"EXIF orientation must be 1 to 8; got {orientation!r}")
    x0, y0, x1, y1 = stored_box(box, image, orientation)
    width, height = turned_size(image, orientation)
    return Window(x0 / width, y0 / height, x1 / width, y1 / height)


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
