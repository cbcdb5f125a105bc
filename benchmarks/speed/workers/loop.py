"""What every Python worker of peers.py does: a line `path width height` in, a line of JSON out.

The clock runs inside the worker, from the path to the box, so that the pipe costs nothing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

FindBox = Callable[[str, int, int], list[int]]
"""Path, ratio's width and height -> x0, y0, x1, y1 in pixels of the photo."""


def serve(find_box: FindBox) -> None:
    """Answer until stdin ends."""
    for line in sys.stdin:
        path, width, height = json.loads(line)
        started = time.perf_counter()
        box = find_box(path, width, height)
        elapsed_ms = (time.perf_counter() - started) * 1e3
        print(json.dumps({"ms": elapsed_ms, "box": [int(edge) for edge in box]}), flush=True)


def largest(image: tuple[int, int], ratio: tuple[int, int]) -> tuple[int, int]:
    """The largest size of a ratio inside an image."""
    width = min(image[0], round(image[1] * ratio[0] / ratio[1]))
    return width, min(image[1], round(width * ratio[1] / ratio[0]))
