"""smartcrop.py with its defaults."""

from __future__ import annotations

import smartcrop
from loop import serve
from PIL import Image

finder = smartcrop.SmartCrop()


def find_box(path: str, width: int, height: int) -> list[int]:
    with Image.open(path) as image:
        found = finder.crop(image.convert("RGB"), 100 * width, 100 * height)["top_crop"]
    x0, y0 = found["x"], found["y"]
    return [x0, y0, x0 + found["width"], y0 + found["height"]]


serve(find_box)
