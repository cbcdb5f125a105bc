"""The loss on windows means what its text says."""

from __future__ import annotations

import math

import pytest
import torch

from marscrop.geometry import Window, iou
from marscrop.window.likelihood import integral_image, window_score
from marscrop_research.training.window_loss import (
    SCALES,
    PairLoss,
    WindowLoss,
    possible_places,
    window_ious,
    window_sums,
)

BOXES = torch.tensor([[0.1, 0.2, 0.5, 0.8], [0.0, 0.3, 0.9, 0.6]])
"""A tall and a wide crop; in the units of a square image their ratios are 2/3 and 3."""


def windows(index: int) -> list[list[Window]]:
    """All places of one photo, scale by scale, top by top."""
    lefts, tops, widths, heights = (t[index].double() for t in possible_places(BOXES))
    return [
        [
            Window(float(x), float(y), float(x + widths[s]), float(y + heights[s]))
            for y in tops[s]
            for x in lefts[s]
        ]
        for s in range(len(SCALES))
    ]


@pytest.mark.parametrize("index", [0, 1])
def test_places_have_the_crops_ratio_and_fill_the_image(index: int) -> None:
    x0, y0, x1, y1 = BOXES[index].tolist()
    for scale, of_scale in zip(SCALES, windows(index), strict=True):
        longest = max(of_scale[0].width, of_scale[0].height)
        assert longest == pytest.approx(scale, abs=1e-6)
        for window in of_scale:
            assert window.width / window.height == pytest.approx((x1 - x0) / (y1 - y0), rel=1e-4)
            assert min(window) > -1e-6
            assert max(window) < 1 + 1e-6
        assert of_scale[0][:2] == (0, 0)
        assert of_scale[-1][2:] == pytest.approx((1, 1), abs=1e-6)


def test_sums_are_those_of_the_window_search() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 6, 9)
    sums = window_sums(logits, possible_places(BOXES)).flatten(2)
    for index in range(2):
        integral = integral_image(logits[index].numpy())
        for s, of_scale in enumerate(windows(index)):
            for k in range(0, len(of_scale), 17):
                expected = window_score(integral, of_scale[k].scaled(9, 6)) / 54
                assert float(sums[index, s, k]) == pytest.approx(expected, abs=1e-5)


def test_ious_are_those_of_the_geometry() -> None:
    ious = window_ious(possible_places(BOXES), BOXES).flatten(2)
    for index in range(2):
        human = Window(*BOXES[index].tolist())
        for s, of_scale in enumerate(windows(index)):
            for k in range(0, len(of_scale), 11):
                assert float(ious[index, s, k]) == pytest.approx(iou(of_scale[k], human), abs=1e-4)


def test_learning_it_moves_the_likeliest_window_to_the_crop() -> None:
    logits = torch.zeros(2, 8, 8, requires_grad=True)
    loss_of = WindowLoss(tolerance=0.03)
    optimizer = torch.optim.Adam([logits, *loss_of.parameters()], lr=0.1)
    first = float(loss_of(logits, BOXES).detach())
    for _ in range(80):
        optimizer.zero_grad()
        loss = loss_of(logits, BOXES)
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < first - 1
    places = possible_places(BOXES)
    ious = window_ious(places, BOXES)
    scores = loss_of.log_sharpness.exp() * window_sums(logits, places)
    scores = scores + loss_of.scale_bias[:, None, None]
    reached = ious.flatten(1).gather(1, scores.flatten(1).argmax(dim=1, keepdim=True))[:, 0]
    assert (reached > 0.85).all()


def test_flat_map_costs_what_an_even_distribution_does() -> None:
    """Cross entropy with an even distribution is the logarithm of the number of windows."""
    loss = WindowLoss(tolerance=0.03)(torch.zeros(2, 8, 8), BOXES).detach()
    assert float(loss) == pytest.approx(math.log(len(SCALES) * 13 * 13), rel=1e-5)


def test_wanted_windows_are_the_sharper_the_less_is_tolerated() -> None:
    """Against a flat map all that differs is how far the wanted distribution is from even."""
    logits = torch.zeros(2, 8, 8, requires_grad=True)
    slopes = []
    for tolerance in (0.3, 0.03):
        (slope,) = torch.autograd.grad(WindowLoss(tolerance)(logits, BOXES), logits)
        slopes.append(float(slope.abs().sum()))
    assert slopes[1] > slopes[0] * 1.5


def pair_maps(first: float, second: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Flat maps of two crops of one photo, a quarter of it each, and the crops."""
    maps = torch.stack([torch.full((1, 4, 4), first), torch.full((1, 4, 4), second)])
    return maps, torch.tensor([[[0.0, 0.0, 0.5, 0.5]], [[0.5, 0.5, 1.0, 1.0]]])


@pytest.mark.parametrize("votes", [(5, 0), (3, 2), (1, 4)])
def test_pair_loss_is_the_votes_likelihood(votes: tuple[int, int]) -> None:
    loss = PairLoss()
    sharpness = float(loss.log_sharpness.detach().exp())
    lead = sharpness * (0.25 * 2.0 - 0.25 * 1.5)  # sums of logits in shares of the map
    chance = 1 / (1 + math.exp(-lead))
    expected = -(votes[0] * math.log(chance) + votes[1] * math.log(1 - chance)) / 5
    found = loss(*pair_maps(2.0, 1.5), torch.tensor([votes]))
    assert float(found.detach()) == pytest.approx(expected, rel=1e-5)


def test_pair_loss_raises_the_map_inside_the_crop_with_more_votes_alone() -> None:
    maps, boxes = pair_maps(0.0, 0.0)
    maps.requires_grad_()
    PairLoss()(maps, boxes, torch.tensor([[4, 1]])).backward()
    assert maps.grad is not None
    first, second = maps.grad[:, 0]
    assert (first[:2, :2] < 0).all()
    assert (second[2:, 2:] > 0).all()
    assert float(first[2:].abs().sum() + second[:2].abs().sum()) == 0
