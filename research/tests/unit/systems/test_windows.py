"""Windows as tensors: exactly the asked ratio, evenly over the photo, and what lies inside them."""

from __future__ import annotations

import pytest
import torch
from research.tests.unit.systems.made_batches import RATIOS, SIZE

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.windows import (
    candidates,
    overlaps,
    pool_windows,
    random_of_ratio,
    shrink_to_ratio,
)


def shapes_px(windows: torch.Tensor, size: Size) -> torch.Tensor:
    """Width / height in pixels."""
    sides = windows[..., 2:] - windows[..., :2]
    return sides[..., 0] * size.width / (sides[..., 1] * size.height)


@pytest.mark.parametrize("size", [SIZE, Size(200, 300), Size(100, 100)])
@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_candidates_have_exactly_the_asked_ratio_and_lie_inside(
    size: Size, ratio: AspectRatio
) -> None:
    found = candidates(size, ratio)
    expected = torch.full((len(found),), ratio.value, dtype=torch.float64)
    torch.testing.assert_close(shapes_px(found, size), expected, rtol=1e-9, atol=0)
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-12


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_there_are_about_as_many_as_in_the_paper(ratio: AspectRatio) -> None:
    found = candidates(SIZE, ratio)
    assert 1140 * 0.9 < len(found) < 1140 * 1.1
    assert len(found.unique(dim=0)) == len(found)


def test_the_largest_window_in_the_middle_is_a_candidate() -> None:
    found = candidates(SIZE, AspectRatio(1, 1))
    middle = torch.tensor([1 / 6, 0, 5 / 6, 1], dtype=torch.float64)
    assert torch.isclose(found, middle).all(1).sum() == 1


def test_random_windows_of_a_ratio_have_it() -> None:
    sizes = (SIZE, Size(100, 100))
    asked = torch.tensor([2.0, 0.5])
    found = random_of_ratio(sizes, asked.log(), 20, torch.Generator().manual_seed(0))
    for row, size, ratio in zip(found, sizes, asked, strict=True):
        torch.testing.assert_close(shapes_px(row, size), ratio.expand(20), rtol=1e-4, atol=0)
    assert found.min() >= 0
    assert found.max() <= 1


def test_overlaps_by_hand() -> None:
    half = torch.tensor([[0, 0, 0.5, 1]])
    others = torch.tensor([[0, 0, 0.5, 1], [0, 0, 1, 1], [0.5, 0, 1, 1], [0.25, 0, 0.75, 1]])
    assert overlaps(half, others).tolist() == pytest.approx([1, 0.5, 0, 1 / 3])


@pytest.mark.parametrize("samples", [1, 2])
def test_what_lies_inside_is_resampled_in_its_order(samples: int) -> None:
    """A map that rises to the right and, in its second channel, downwards."""
    across = (torch.arange(16) + 0.5) / 16
    down = (torch.arange(8) + 0.5) / 8
    features = torch.stack([across.expand(8, 16), down[:, None].expand(8, 16)])[None]
    windows = torch.tensor([[[0.25, 0.25, 0.75, 0.5], [0.5, 0.5, 0.75, 0.75]]])
    pooled = pool_windows(features, windows, 2, samples)
    assert pooled.shape == (1, 2, 2, 2, 2)
    expected = torch.tensor(
        [
            [[[0.375, 0.625], [0.375, 0.625]], [[0.3125, 0.3125], [0.4375, 0.4375]]],
            [[[0.5625, 0.6875], [0.5625, 0.6875]], [[0.5625, 0.5625], [0.6875, 0.6875]]],
        ]
    )
    torch.testing.assert_close(pooled[0], expected)


def test_each_photo_has_its_own_windows() -> None:
    features = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)])
    pooled = pool_windows(features, torch.tensor([[[0, 0, 1, 1.0]], [[0, 0, 1, 1]]]), 1)
    assert pooled.flatten().tolist() == [0, 1]


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_a_box_shrinks_to_the_ratio_in_its_middle(ratio: AspectRatio) -> None:
    box = Window(0.1, 0.2, 0.9, 0.8)
    found = shrink_to_ratio(box, SIZE, ratio)
    assert found.width / found.height == pytest.approx(ratio.value / SIZE.ratio)
    assert found.centre == pytest.approx(box.centre)
    assert max(found.width / box.width, found.height / box.height) == pytest.approx(1)
    assert min(found.x0 - box.x0, found.y0 - box.y0) >= -1e-9
