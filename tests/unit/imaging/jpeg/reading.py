"""A JPEG at an eighth of its size, as our reader and as libjpeg give it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from tests.unit.imaging.pictures import Pixels

from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.jpeg import eighth

PLENTY = 1 << 30


def decoded(content: bytes, threads: int = 1, most_bytes: int = PLENTY) -> Pixels | None:
    """Ours; None where it is left to Pillow."""
    image: Any = formats.identify(io.BytesIO(content))
    found = eighth.decode(image, Size(*image.size), threads, most_bytes)
    return None if found is None else np.asarray(found)


def expected(content: bytes) -> Pixels | None:
    """libjpeg's, through Pillow; None where it refuses the data."""
    image: Any = formats.identify(io.BytesIO(content))
    width, height = image.size
    if image.draft(None, (1, 1)) is None:  # there is no scan
        return None
    if image.decoderconfig[0] != eighth.DIVISOR:  # Pillow keeps a pixel each way at least
        image._size = -(-width // eighth.DIVISOR), -(-height // eighth.DIVISOR)
        image.decoderconfig = eighth.DIVISOR, 0
        image.tile = [image.tile[0]._replace(extents=(0, 0, *image.size))]
    try:
        return np.asarray(image)
    except OSError:
        return None
