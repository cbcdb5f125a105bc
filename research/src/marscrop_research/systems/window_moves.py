"""What A2RL's agent can do to a window: fourteen actions, by a twentieth of the photo's sides."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

STOP: Final = 0
STEP: Final = 0.05
SMALLEST: Final = 0.2
"""Share of the photo's side below which no side is brought."""

# What each edge x0, y0, x1, y1 moves by, in steps.
_MOVES: Final = (
    (0, 0, 0, 0),  # stop
    (0, 0, -1, -1),  # smaller, towards each corner and the middle
    (1, 0, 0, -1),
    (0, 1, -1, 0),
    (1, 1, 0, 0),
    (1, 1, -1, -1),
    (-1, 0, -1, 0),  # left, right, up, down
    (1, 0, 1, 0),
    (0, -1, 0, -1),
    (0, 1, 0, 1),
    (1, 0, -1, 0),  # narrower, lower, wider, higher
    (0, 1, 0, -1),
    (-1, 0, 1, 0),
    (0, -1, 0, 1),
)
ACTIONS: Final = len(_MOVES)


def whole(count: int) -> Tensor:
    """(count, 4), where the agent starts: the photo itself."""
    return torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(count, 4)


def moved(windows: Tensor, actions: Tensor) -> Tensor:
    """Windows after an action each; what would leave the photo or grow too small stays as it is.

    Args:
        windows: (..., 4), in shares of the photo's sides.
        actions: int64, 0 to 13, of a shape that broadcasts to (...).
    """
    after = windows + STEP * torch.tensor(_MOVES, dtype=windows.dtype)[actions]
    edge = 1e-4  # steps do not add up to 1 exactly
    within = (after >= -edge).all(-1) & (after <= 1 + edge).all(-1)
    large = (after[..., 2:] - after[..., :2] >= SMALLEST - edge).all(-1)
    return torch.where((within & large)[..., None], after.clamp(0, 1), windows)
