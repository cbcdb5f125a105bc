"""libvips' attention on a JPEG shrunk while it is loaded, as `vipsthumbnail` does it.

The strategy runs on a reduced photo, and its box is scaled back to the photo's pixels.
"""

from __future__ import annotations

import pyvips
from loop import largest, serve

EDGE_PX = 256
pyvips.cache_set_max(0)  # or the second call for a photo would cost nothing


def find_box(path: str, width: int, height: int) -> list[int]:
    full = pyvips.Image.new_from_file(path)
    small = pyvips.Image.thumbnail(path, EDGE_PX, height=EDGE_PX)
    size = largest((small.width, small.height), (width, height))
    crop = small.smartcrop(*size, interesting="attention")
    scale = full.width / small.width
    x0, y0 = -crop.xoffset, -crop.yoffset
    return [round(edge * scale) for edge in (x0, y0, x0 + size[0], y0 + size[1])]


serve(find_box)
