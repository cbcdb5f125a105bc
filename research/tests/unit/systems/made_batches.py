"""Made-up features with a human crop each, for systems that answer at a ratio."""

from __future__ import annotations

import torch

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.photo_features import CHANNELS, Ranked
from marscrop_research.systems.system import Batch, System
from marscrop_research.systems.windows import row_of

SIZE = Size(300, 200)
RATIOS = tuple(AspectRatio(*sides) for sides in ((1, 3), (4, 5), (1, 1), (3, 2), (16, 9), (4, 1)))


def made_features(seed: int = 0, rows: int = 11, columns: int = 16) -> torch.Tensor:
    """(c, h, w) of noise."""
    return torch.randn(CHANNELS, rows, columns, generator=torch.Generator().manual_seed(seed))


def lit_batch(count: int, seed: int = 0) -> Batch:
    """Square crops at one end of wide photos; where one is, the first 8 channels are bright."""
    generator = torch.Generator().manual_seed(seed)
    features, boxes, ranked = [], [], []
    width = SIZE.height / SIZE.width * 0.9
    for index in range(count):
        x0 = 0.0 if index % 2 else 1 - width
        box, other = Window(x0, 0.05, x0 + width, 0.95), Window(1 - x0 - width, 0.05, 1 - x0, 0.95)
        seen = 0.1 * torch.randn(CHANNELS, 11, 16, generator=generator)
        seen[:8, :, :8] += float(index % 2)
        seen[:8, :, 8:] += float(1 - index % 2)
        features.append(seen)
        boxes.append(row_of(box))
        ranked.append((Ranked(box, other, 1.0),))
    return Batch(torch.stack(features), (SIZE,) * count, torch.stack(boxes), tuple(ranked))


def taught(system: System, steps: int, rate: float = 3e-3) -> System:
    """After a few steps on the lit batches."""
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(system.parameters(), lr=rate)
    system.train()
    for step in range(steps):
        loss = system.loss(lit_batch(8, step), torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return system.eval()


def answer(system: System, features: torch.Tensor, size: Size, ratio: AspectRatio) -> Window:
    """As the table asks: without gradients."""
    with torch.inference_mode():
        return system.predict(features, size, ratio)


def assert_legal_answer(system: System, size: Size, ratio: AspectRatio) -> None:
    """Inside the photo, and of exactly the ratio."""
    window = answer(system, made_features(), size, ratio)
    assert min(window) >= -1e-6
    assert max(window) <= 1 + 1e-6
    asked = ratio.value / size.ratio
    assert abs(window.width / window.height / asked - 1) < 1e-4


def assert_learns(system: System, steps: int) -> None:
    """After a few steps it finds the bright end."""
    taught(system, steps)
    for index, features in enumerate(lit_batch(6, 99).features):
        x, _ = answer(system, features, SIZE, AspectRatio(1, 1)).centre
        assert (x < 0.4) if index % 2 else (x > 0.6)
