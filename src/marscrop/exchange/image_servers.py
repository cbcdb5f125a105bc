"""Boxes in the notation of image servers, for their URLs."""

from __future__ import annotations

from marscrop.geometry import Box


def iiif_region(box: Box) -> str:
    """The region of the IIIF Image API, "x,y,w,h" [px].

    Assumes that the server shows the photo upright.
    """
    width, height = box.size
    return f"{box.x0},{box.y0},{width},{height}"


def imgproxy_crop(box: Box) -> str:
    """imgproxy's crop option, "crop:W:H:nowe:X:Y" [px].

    Assumes imgproxy's default, that a photo is turned by its EXIF orientation.
    """
    width, height = box.size
    return f"crop:{width}:{height}:nowe:{box.x0}:{box.y0}"


def thumbor_crop(box: Box) -> str:
    """thumbor's manual crop, "LEFTxTOP:RIGHTxBOTTOM" [px].

    Assumes RESPECT_ORIENTATION = True where photos have an EXIF orientation.
    """
    return f"{box.x0}x{box.y0}:{box.x1}x{box.y1}"
