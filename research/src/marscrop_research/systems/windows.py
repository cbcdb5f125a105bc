"""Windows as tensors: candidates of a ratio, overlaps, features inside, and the way to pixels.

Everywhere a window is a row x0, y0, x1, y1 in shares of the photo's sides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio

CANDIDATES: Final = 1140
"""How many windows the paper's section 4.3 lets sliding-window methods choose from."""

_SCALES: Final = tuple(1 - 0.03 * step for step in range(11))
"""Of the largest window's sides. The smallest has half its area, as GAIC's smallest has half the
photo's; of FCDB's human crops 94 % are larger."""


def largest_sides(size: Size, ratio: AspectRatio) -> tuple[float, float]:
    """Width and height of the largest window of `ratio`, in shares of a photo of `size` [px]."""
    relative = ratio.value / size.ratio
    return min(1.0, relative), min(1.0, 1 / relative)


def candidates(size: Size, ratio: AspectRatio, count: int = CANDIDATES) -> Tensor:
    """About `count` windows of exactly `ratio` on a grid: (n, 4) float64, larger ones first.

    Scales from 1 to 0.7 of the largest window's sides; at each evenly spaced places, both ends and
    the middle included, with the step that brings the number nearest to `count`.
    """
    width, height = largest_sides(size, ratio)
    return sliding_windows([(width * scale, height * scale) for scale in _SCALES], count)


def sliding_windows(sides: Sequence[tuple[float, float]], count: int) -> Tensor:
    """About `count` windows of these widths and heights, evenly over the photo: (n, 4) float64."""
    low, high = 1e-3, 1.0
    for _ in range(40):  # the number falls as the step grows
        step = math.sqrt(low * high)
        low, high = (step, high) if _total(sides, step) > count else (low, step)
    best = min((low, high), key=lambda step: abs(_total(sides, step) - count))
    rows = []
    for width, height in sides:
        ys, xs = _places(1 - height, best), _places(1 - width, best)
        y0, x0 = torch.meshgrid(ys, xs, indexing="ij")
        rows.append(torch.stack([x0, y0, x0 + width, y0 + height], -1).view(-1, 4))
    return torch.cat(rows)


def _total(sides: Sequence[tuple[float, float]], step: float) -> int:
    return sum(_place_count(1 - w, step) * _place_count(1 - h, step) for w, h in sides)


def _place_count(free: float, step: float) -> int:
    return 2 * round(free / step / 2) + 1


def _places(free: float, step: float) -> Tensor:
    count = _place_count(free, step)
    if count == 1:
        return torch.tensor([free / 2], dtype=torch.float64)
    return torch.linspace(0, free, count, dtype=torch.float64)


def overlaps(a: Tensor, b: Tensor) -> Tensor:
    """IoU, 0..1, of windows (..., 4) and (..., 4), whose leading shapes broadcast."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    inside = (high - low).clamp(min=0).prod(-1)
    return inside / (areas(a) + areas(b) - inside)


def areas(windows: Tensor) -> Tensor:
    """(...) of windows (..., 4), in shares of the photo."""
    return (windows[..., 2:] - windows[..., :2]).prod(-1)


def pool_windows(features: Tensor, windows: Tensor, cells: int, samples: int = 2) -> Tensor:
    """What lies inside windows, resampled to `cells` x `cells`: RoI align.

    Args:
        features: (b, c, h, w).
        windows: (b, n, 4), n of each photo; differentiable.
        cells: a side.
        samples: bilinear samples of a cell along each side, whose mean counts.

    Returns:
        (b, n, c, cells, cells).
    """
    b, n = windows.shape[:2]
    side = samples * cells
    at = (torch.arange(side, dtype=features.dtype) + 0.5) / side
    x0, y0, x1, y1 = windows.to(features.dtype).unsqueeze(-1).unbind(2)
    x, y = x0 + at * (x1 - x0), y0 + at * (y1 - y0)
    shape = (b, n, side, side)
    grid = torch.stack([x[:, :, None].expand(shape), y[..., None].expand(shape)], -1)
    grid = 2 * grid.reshape(b, n * side, side, 2) - 1
    sampled = F.grid_sample(features, grid, padding_mode="border", align_corners=False)
    if samples > 1:
        sampled = F.avg_pool2d(sampled, samples)
    return sampled.view(b, -1, n, cells, cells).transpose(1, 2)


def shrink_to_ratio(window: Window, size: Size, ratio: AspectRatio) -> Window:
    """The largest window of `ratio` inside `window`, in its middle (as the paper does with VPN's).

    Args:
        window: in shares of the photo's sides.
        size: of the photo [px].
        ratio: asked.

    Returns:
        in shares of the photo's sides.
    """
    relative = ratio.value / size.ratio
    width, height = (
        min(window.width, window.height * relative),
        min(window.height, window.width / relative),
    )
    x, y = window.centre
    return Window(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def window_of(row: Tensor) -> Window:
    """A row (4,) as a window, in shares of the photo's sides still."""
    return Window(*map(float, row))


def row_of(window: Window) -> Tensor:
    """(4,) float32."""
    return torch.tensor(tuple(window), dtype=torch.float32)


def random_windows(count: int, generator: Generator, smallest: float = 0.3) -> Tensor:
    """(count, 4) windows anywhere, of any shape, each side from `smallest` to 1."""
    sides = smallest + (1 - smallest) * torch.rand(count, 2, generator=generator)
    return _placed(sides, generator)


def random_of_ratio(
    sizes: Sequence[Size], log_ratio: Tensor, count: int, generator: Generator
) -> Tensor:
    """(b, count, 4) windows anywhere of b photos at one ratio each, of the scales of `candidates`.

    Args:
        sizes: of the b photos [px].
        log_ratio: (b,), natural logarithm of width / height in pixels.
        count: of each photo.
        generator: decides.
    """
    relative = log_ratio.exp() / torch.tensor([size.ratio for size in sizes])
    largest = torch.stack([relative, 1 / relative], 1).clamp(max=1)
    scales = _SCALES[-1] + (1 - _SCALES[-1]) * torch.rand(len(sizes), count, 1, generator=generator)
    return _placed(scales * largest[:, None], generator)


def _placed(sides: Tensor, generator: Generator) -> Tensor:
    corner = torch.rand(sides.shape, generator=generator) * (1 - sides)
    return torch.cat([corner, corner + sides], -1)
