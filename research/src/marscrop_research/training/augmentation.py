"""Views: the part of a training photo that the network sees, with the crop moved along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from marscrop.geometry import Size, Window
from marscrop.imaging.resize import resize_rgb
from marscrop_research.config import AugmentConfig
from marscrop_research.data.records import CropRecord


@dataclass(frozen=True, slots=True)
class View:
    """One look at one photo.

    Attributes:
        region: part of the photo that is seen [px of the photo].
        flip: mirrored left to right.
        brightness, contrast, saturation: factors, 1 for unchanged.
        log_ratio_shift: added to the logarithm of the ratio that is asked for.
    """

    region: Window
    flip: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    log_ratio_shift: float = 0.0

    @classmethod
    def whole(cls, size: Size) -> View:
        """The photo as it is."""
        return cls(Window(0.0, 0.0, float(size.width), float(size.height)))

    @classmethod
    def draw(cls, record: CropRecord, config: AugmentConfig, rng: np.random.Generator) -> View:
        """A random view that holds the whole human crop."""
        cuts = rng.random(4) * config.zoom
        width, height = record.size
        x0, y0, x1, y1 = record.box
        region = Window(
            min(x0, cuts[0] * width),
            min(y0, cuts[1] * height),
            max(x1, (1 - cuts[2]) * width),
            max(y1, (1 - cuts[3]) * height),
        )
        flip = bool(config.flip and rng.random() < 0.5)
        factors = 1 + (2 * rng.random(3) - 1) * (
            config.brightness,
            config.contrast,
            config.saturation,
        )
        shift = float(rng.normal() * config.ratio_jitter)
        brightness, contrast, saturation = factors.tolist()
        return cls(region, flip, brightness, contrast, saturation, shift)

    @property
    def size(self) -> Size:
        """Width and height of the region, to the nearest pixel of the photo."""
        return Size(max(1, round(self.region.width)), max(1, round(self.region.height)))

    def box(self, box: Window) -> Window:
        """A box [px of the photo] in fractions of this view, 0..1."""
        moved = Window(
            box.x0 - self.region.x0,
            box.y0 - self.region.y0,
            box.x1 - self.region.x0,
            box.y1 - self.region.y0,
        ).scaled(1 / self.region.width, 1 / self.region.height)
        return Window(1 - moved.x1, moved.y0, 1 - moved.x0, moved.y1) if self.flip else moved

    def pixels(self, photo: Image.Image, size: Size) -> NDArray[np.uint8]:
        """What is seen, at `size`: uint8 (height, width, 3), RGB."""
        seen = resize_rgb(photo, size, self.region)
        if self.flip:
            seen = seen[:, ::-1]
        if (self.brightness, self.contrast, self.saturation) == (1, 1, 1):
            return seen
        values = seen.astype(np.float32) * self.brightness
        grey = values.mean(axis=2, keepdims=True)
        values = grey + self.saturation * (values - grey)
        values = grey.mean() + self.contrast * (values - grey.mean())
        changed: NDArray[np.uint8] = np.rint(values).clip(0, 255).astype(np.uint8)
        return changed
