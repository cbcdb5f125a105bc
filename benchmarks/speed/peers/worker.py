"""One method as a process: reads {"path", "ratio"} a line, answers {"ms", "box"} a line.

    python worker.py METHOD

Runs in the method's own environment, and imports nothing of marscrop unless it is the method. Time
is taken inside, from a path on disk to a box [x0, y0, x1, y1] in pixels, the model or library
loaded; each method is used as its own documentation shows, or in the way that suits it best.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

Box = list[float]
Method = Callable[[str, float], Box]


def fitted(width: int, height: int, ratio: float) -> tuple[int, int]:
    """The largest size of a ratio inside a picture."""
    return (
        (width, round(width / ratio)) if ratio > width / height else (round(height * ratio), height)
    )


def marscrop() -> Method:
    from marscrop import Cropper

    cropper = Cropper()
    return lambda path, ratio: list(cropper.crop(path, ratio, faces="ignore")[0].box)


def vips_attention() -> Method:
    """`smartcrop` of the whole picture, as libvips documents it for a crop at full size."""
    import pyvips

    def crop(path: str, ratio: float) -> Box:
        image = pyvips.Image.new_from_file(path, access="random")
        width, height = fitted(image.width, image.height, ratio)
        found = image.smartcrop(width, height, interesting="attention")
        return [-found.xoffset, -found.yoffset, width - found.xoffset, height - found.yoffset]

    return crop


def vips_thumbnail() -> Method:
    """`thumbnail`, which decodes at reduced size; the box is from the offset in the small one."""
    import pyvips

    def crop(path: str, ratio: float) -> Box:
        whole = pyvips.Image.new_from_file(path)
        width, height = fitted(whole.width, whole.height, ratio)
        small = 256 / max(whole.width, whole.height)
        image = pyvips.Image.thumbnail(path, 256, height=256)
        target = (max(1, round(width * small)), max(1, round(height * small)))
        found = image.smartcrop(
            min(target[0], image.width), min(target[1], image.height), interesting="attention"
        )
        x, y = -found.xoffset / small, -found.yoffset / small
        return [x, y, x + width, y + height]

    return crop


def smartcrop_py() -> Method:
    import smartcrop
    from PIL import Image

    cropper = smartcrop.SmartCrop()

    def crop(path: str, ratio: float) -> Box:
        image = Image.open(path).convert("RGB")
        width, height = (100, round(100 / ratio)) if ratio >= 1 else (round(100 * ratio), 100)
        found = cropper.crop(image, width, height)["top_crop"]
        x, y = found["x"], found["y"]
        return [x, y, x + found["width"], y + found["height"]]

    return crop


def opencv_saliency() -> Method:
    """Fine-grained saliency at 256 px (decoded at reduced size), and the window with most of it."""
    import cv2

    saliency = cv2.saliency.StaticSaliencyFineGrained_create()

    def crop(path: str, ratio: float) -> Box:
        image = cv2.imread(path, cv2.IMREAD_REDUCED_COLOR_8)
        if max(image.shape[:2]) < 256:
            image = cv2.imread(path, cv2.IMREAD_COLOR)
        scale = 256 / max(image.shape[:2])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        _, found = saliency.computeSaliency(small)
        rows, columns = found.shape
        width, height = fitted(columns, rows, ratio)
        sums = cv2.integral(found)
        inside = (sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]) + sums[
            :-height, :-width
        ]
        _, _, _, (x, y) = cv2.minMaxLoc(inside)
        return [x / scale, y / scale, (x + width) / scale, (y + height) / scale]

    return crop


METHODS = {
    "marscrop": marscrop,
    "vips-attention": vips_attention,
    "vips-thumbnail": vips_thumbnail,
    "smartcrop.py": smartcrop_py,
    "opencv-saliency": opencv_saliency,
}


def main() -> None:
    method = METHODS[sys.argv[1]]()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        started = time.perf_counter()
        box = method(asked["path"], asked["ratio"])
        took = (time.perf_counter() - started) * 1e3
        print(json.dumps({"ms": took, "box": [float(edge) for edge in box]}), flush=True)


if __name__ == "__main__":
    main()
