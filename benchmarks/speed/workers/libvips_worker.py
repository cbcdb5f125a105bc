"""libvips' attention strategy on the photo at full size: the box in the photo's own pixels."""

from __future__ import annotations

import pyvips
from loop import largest, serve

pyvips.cache_set_max(0)  # or the second call for a photo would cost nothing


def find_box(path: str, width: int, height: int) -> list[int]:
    image = pyvips.Image.new_from_file(path)
    size = largest((image.width, image.height), (width, height))
    crop = image.smartcrop(*size, interesting="attention")
    x0, y0 = -crop.xoffset, -crop.yoffset
    return [x0, y0, x0 + size[0], y0 + size[1]]


serve(find_box)
