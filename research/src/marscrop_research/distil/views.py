"""What the student is shown: photos, cut, flipped and lit at random, resized in two ways.

Teacher and student look at the same part of a photo, each at its own size. The teacher's pixels are
always resized as the product resizes them; the student's now and then come from a JPEG that was
decoded at half its size, so that its answers depend little on how a photo was shrunk.

Everything random comes from (seed, step): a step shows the same whoever prepares it, and after a
resume.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from marscrop.geometry import Size, Window, fit_longest_edge
from marscrop.imaging.resize import resize_rgb
from marscrop_research.distil.student_config import ViewsConfig

_HALF: Final = 2
_Array = NDArray[np.uint8]


class ViewBatch(NamedTuple):
    """One step's pixels.

    Attributes:
        teacher, student: (b, h, w, 3) uint8 RGB of the same views, each of its own size.
        shown: size of what is shown, for ratios [px of the first photo].
        photos: which they are, by their place in the list.
        whole: of each view, whether it shows all of its photo.
        flipped: of each view, whether it is mirrored.
    """

    teacher: _Array
    student: _Array
    shown: Size
    photos: tuple[int, ...]
    whole: tuple[bool, ...]
    flipped: tuple[bool, ...]


class _View(NamedTuple):
    """One view's pixels, and what was drawn for it."""

    teacher: _Array
    student: _Array
    whole: bool
    flipped: bool


@dataclass(frozen=True, slots=True)
class EncodedPhoto:
    """A photo as its file is, kept in memory: small, and quickly decoded.

    Attributes:
        content: of the file.
        size: [px].
    """

    content: bytes
    size: Size

    @classmethod
    def read(cls, path: Path) -> EncodedPhoto:
        """Read a file."""
        content = path.read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            return cls(content, Size(*image.size))

    def decode(self, *, half: bool) -> Image.Image:
        """RGB pixels; with `half` those of a JPEG decoded at half its size."""
        with Image.open(io.BytesIO(self.content)) as image:
            if half:
                image.draft("RGB", (image.width // _HALF, image.height // _HALF))  # rounded up
            return image.convert("RGB")


class Views:
    """Batches of views by step."""

    def __init__(
        self, photos: Sequence[EncodedPhoto], config: ViewsConfig, teacher_px: int, multiple_px: int
    ) -> None:
        """Start.

        Args:
            photos: to be shown.
            config: how they are varied.
            teacher_px: the teacher's longest edge.
            multiple_px: what both networks' sides are multiples of.
        """
        self._photos, self._config = photos, config
        self._edges = teacher_px, config.longest_edge_px, multiple_px
        self._alike: dict[tuple[Size, Size], list[int]] = {}
        for index, photo in enumerate(photos):
            self._alike.setdefault(_sizes(photo, *self._edges), []).append(index)

    def batch(self, seed: int, step: int, count: int | None = None) -> ViewBatch:
        """The views of a step, of photos of one shape; by default `batch_size` of them.

        A shape comes as often as photos have it.
        """
        draw = np.random.default_rng([seed, step])
        sizes = _sizes(self._photos[int(draw.integers(len(self._photos)))], *self._edges)
        alike = self._alike[sizes]
        chosen = draw.choice(alike, count or self._config.batch_size).tolist()
        shown = self._photos[chosen[0]].size
        views = [self._view(self._photos[index], shown, sizes, draw) for index in chosen]
        return ViewBatch(
            np.stack([view.teacher for view in views]),
            np.stack([view.student for view in views]),
            shown,
            tuple(chosen),
            tuple(view.whole for view in views),
            tuple(view.flipped for view in views),
        )

    def _view(
        self, photo: EncodedPhoto, shape: Size, sizes: tuple[Size, Size], draw: np.random.Generator
    ) -> _View:
        config = self._config
        zoom = draw.uniform(config.zoom, 1)
        region = _region(photo.size, shape, zoom, draw)
        all_of_it = bool(draw.random() < config.whole)
        if all_of_it:
            region = Window(0.0, 0.0, *photo.size)
        half = draw.random() < config.half_decoded
        flip = bool(draw.random() < 0.5)
        light, contrast, grey = draw.uniform(-1, 1, 3) * (
            config.brightness,
            config.contrast,
            config.saturation,
        )
        whole = photo.decode(half=False)
        other = photo.decode(half=True) if half else whole
        factor = other.width / whole.width, other.height / whole.height
        views = []
        for image, size, part in (
            (whole, sizes[0], region),
            (other, sizes[1], region.scaled(*factor)),
        ):
            rgb = resize_rgb(image, size, part)[:, :: -1 if flip else 1].astype(np.float32)
            mean = rgb.mean(axis=2, keepdims=True)
            rgb = (rgb + grey * (mean - rgb) - 127.5) * (1 + contrast) + 127.5 * (1 + light)
            views.append(rgb.clip(0, 255).round().astype(np.uint8))
        return _View(views[0], views[1], all_of_it, flip)


def _sizes(
    photo: EncodedPhoto, teacher_px: int, student_px: int, multiple_px: int
) -> tuple[Size, Size]:
    """What teacher and student see a photo at."""
    return (
        fit_longest_edge(photo.size, teacher_px, multiple_px),
        fit_longest_edge(photo.size, student_px, multiple_px),
    )


def _region(photo: Size, shape: Size, zoom: float, draw: np.random.Generator) -> Window:
    """A part of a photo in another's shape: `zoom` of the largest one, anywhere."""
    width = min(photo.width, photo.height * shape.ratio) * zoom
    height = width / shape.ratio
    x0, y0 = draw.random(2) * (photo.width - width, photo.height - height)
    return Window(x0, y0, min(x0 + width, photo.width), min(y0 + height, photo.height))


def planes(rgb: _Array) -> Tensor:
    """(b, h, w, 3) as a tensor (b, 3, h, w), channels last in memory."""
    return torch.from_numpy(np.require(rgb, requirements="W")).permute(0, 3, 1, 2)
