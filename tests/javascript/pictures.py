"""Pictures that Python and JavaScript make alike, from whole numbers: no file has to be shared.

`js/test/pictures.ts` is the same in TypeScript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK: Final = 32
_FRAMES: Final = {
    "letterbox": (0.0, 0.14),
    "pillarbox": (0.17, 0.0),
    "framed": (0.08, 0.1),
}
"""Shares of the width and height that are border on each side."""


class Made(NamedTuple):
    """What to make.

    Attributes:
        kind: of picture; see `picture`.
        width, height: of it [px].
        channels: 1, 3 or 4.
        seed: of its colours.
    """

    kind: str
    width: int
    height: int
    channels: int
    seed: int


CASES: Final = tuple(
    Made(*case)
    for case in (
        ("plain", 640, 427, 3, 1),
        ("plain", 427, 640, 3, 2),
        ("plain", 1000, 1000, 4, 3),
        ("plain", 333, 501, 1, 4),
        ("plain", 1601, 799, 3, 5),
        ("plain", 190, 130, 3, 6),
        ("plain", 97, 31, 3, 7),
        ("plain", 1500, 120, 4, 8),
        ("plain", 40, 900, 1, 9),
        ("plain", 1, 1, 3, 10),
        ("plain", 3, 700, 3, 11),
        ("plain", 2400, 1800, 3, 12),
        ("letterbox", 640, 480, 3, 13),
        ("letterbox", 811, 607, 4, 14),
        ("pillarbox", 900, 500, 3, 15),
        ("pillarbox", 1203, 641, 1, 16),
        ("framed", 700, 525, 3, 17),
        ("framed", 1111, 1333, 3, 18),
        ("cutout", 500, 400, 4, 19),
        ("cutout", 801, 1203, 4, 20),
        ("dark cutout", 640, 640, 4, 21),
        ("pale cutout", 322, 200, 4, 22),
        ("flat", 300, 200, 3, 23),
        ("flat", 256, 400, 4, 24),
    )
)


def picture(made: Made) -> NDArray[np.uint8]:
    """Pixels (height, width, channels) uint8, RGB or RGBA where there are as many.

    plain: blocks of colours under a gradient and noise. letterbox, pillarbox, framed: the same in
    borders. cutout: on transparency, with a soft edge; dark and pale: of one kind of colour. flat:
    of one colour, nearly.
    """
    kind, width, height, channels, seed = made
    y, x = np.mgrid[:height, :width].astype(np.uint32)
    noise = (x * np.uint32(73856093) ^ y * np.uint32(19349663)) >> np.uint32(5)
    columns = -(-width // _BLOCK)
    colours = _random(seed, columns * -(-height // _BLOCK) * 3).reshape(-1, 3)
    block = y // _BLOCK * columns + x // _BLOCK
    planes = []
    for c in range(3):
        gradient = (x * (c + 2) + y * (3 - c) * 2) % 256
        planes.append((colours[block, c] * 3 + gradient) // 4)
    values = np.stack(planes, axis=2)
    if kind == "flat":
        values = np.full_like(values, 90 + seed)
    values = np.minimum(values + (noise % (3 if kind == "flat" else 8))[..., None], 255)
    if kind == "dark cutout":
        values = values // 16
    if kind == "pale cutout":
        values = 240 + values // 17
    if kind in _FRAMES:
        across, down = _FRAMES[kind]
        left, top = int(width * across), int(height * down)
        border = (x < left) | (x >= width - left) | (y < top) | (y >= height - top)
        values[border] = (seed % 2) * 250 + noise[border][:, None] % 4
    pixels: NDArray[np.uint8] = values.astype(np.uint8)
    if channels < 4:
        return pixels[..., :channels]
    alpha = _cut_out(width, height) if "cutout" in kind else np.full((height, width), 255)
    return np.dstack([pixels, alpha.astype(np.uint8)])


def _cut_out(width: int, height: int) -> NDArray[np.int64]:
    """Alpha (height, width), 0..255: an ellipse right of the middle, its edge in five steps."""
    y, x = np.mgrid[:height, :width].astype(np.int64)
    away = (2 * x - width - width // 4) ** 2 * height**2 + (2 * y - height) ** 2 * width**2
    steps: NDArray[np.int64] = away * 40 // (width**2 * height**2)
    return np.clip((15 - steps) * 51, 0, 255)


def _random(seed: int, count: int) -> NDArray[np.uint32]:
    """Numbers 0..255 of a linear congruential generator."""
    state, found = seed, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % (1 << 32)
        found.append(state >> 24)
    return np.array(found, np.uint32)
