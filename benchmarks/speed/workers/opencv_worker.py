"""OpenCV's fine-grained saliency: of the windows of the largest size, the one that holds most."""

from __future__ import annotations

import cv2
import numpy as np
from loop import largest, serve

EDGE_PX = 256
saliency = cv2.saliency.StaticSaliencyFineGrained_create()


def find_box(path: str, width: int, height: int) -> list[int]:
    image = cv2.imread(path)
    full_height, full_width = image.shape[:2]
    scale = EDGE_PX / max(full_width, full_height)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, found = saliency.computeSaliency(small)
    sums = cv2.integral(found)
    small_height, small_width = found.shape[:2]
    w, h = largest((small_width, small_height), (width, height))
    inside = sums[h:, w:] - sums[:-h, w:] - sums[h:, :-w] + sums[:-h, :-w]
    y0, x0 = np.unravel_index(inside.argmax(), inside.shape)
    return [round(edge / scale) for edge in (x0, y0, x0 + w, y0 + h)]


serve(find_box)
