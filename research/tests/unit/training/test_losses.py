"""Target and loss against cells counted one by one (eq. 8)."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from marscrop_research.training.losses import box_target, crop_loss

BOXES = [
    (0.0, 0.0, 1.0, 1.0),
    (0.1, 0.2, 0.6, 0.9),
    (0.25, 0.5, 0.75, 1.0),
    (0.33, 0.31, 0.35, 0.34),  # smaller than a cell
    (0.0, 0.49, 1.0, 0.51),
]
SHAPES = [(4, 4), (6, 8), (16, 5), (1, 1)]


def overlap(low: float, high: float, start: float, stop: float) -> float:
    return max(0.0, min(high, stop) - max(low, start))


def by_hand(box: tuple[float, ...], height: int, width: int, kind: str) -> Tensor:
    x0, y0, x1, y1 = box
    target = torch.zeros(height, width)
    for j in range(height):
        for i in range(width):
            if kind == "hard":
                x, y = (i + 0.5) / width, (j + 0.5) / height
                target[j, i] = x0 <= x < x1 and y0 <= y < y1
            else:
                across = overlap(x0, x1, i / width, (i + 1) / width) * width
                down = overlap(y0, y1, j / height, (j + 1) / height) * height
                target[j, i] = across * down
    return target


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_hard_target_marks_cells_whose_centre_lies_inside(
    box: tuple[float, ...], height: int, width: int
) -> None:
    target = box_target(torch.tensor([box]), height, width, "hard")
    assert torch.equal(target[0], by_hand(box, height, width, "hard"))


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_coverage_target_is_each_cells_covered_share(
    box: tuple[float, ...], height: int, width: int
) -> None:
    target = box_target(torch.tensor([box]), height, width, "coverage")
    expected = by_hand(box, height, width, "coverage")
    torch.testing.assert_close(target[0], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("box", BOXES)
def test_coverage_keeps_the_boxs_area(box: tuple[float, ...]) -> None:
    x0, y0, x1, y1 = box
    covered = box_target(torch.tensor([box]), 12, 16, "coverage").sum() / (12 * 16)
    assert float(covered) == pytest.approx((x1 - x0) * (y1 - y0), abs=1e-6)


def test_box_edge_on_a_centre_counts_to_the_right_cell() -> None:
    """Half-open, so that two boxes side by side never share a cell."""
    left, right = (0.0, 0.0, 0.375, 1.0), (0.375, 0.0, 1.0, 1.0)
    target = box_target(torch.tensor([left, right]), 1, 4, "hard")
    assert target[:, 0].tolist() == [[1, 0, 0, 0], [0, 1, 1, 1]]


@pytest.mark.parametrize("kind", ["hard", "coverage"])
def test_boxes_of_a_batch_keep_their_order(kind: str) -> None:
    together = box_target(torch.tensor(BOXES), 6, 8, kind)  # type: ignore[arg-type]
    assert together.shape == (len(BOXES), 6, 8)
    assert together.dtype == torch.float32
    for box, target in zip(BOXES, together, strict=True):
        alone = box_target(torch.tensor([box]), 6, 8, kind)  # type: ignore[arg-type]
        assert torch.equal(target, alone[0])


def test_loss_is_equation_8() -> None:
    logits = torch.tensor([[[-2.0, 0.5], [1.0, 3.0]], [[0.0, -1.0], [2.0, -3.0]]])
    target = torch.tensor([[[0.0, 1.0], [1.0, 0.25]], [[1.0, 0.0], [0.0, 1.0]]])
    terms = []
    for x, g in zip(logits.flatten().tolist(), target.flatten().tolist(), strict=True):
        p = 1 / (1 + math.exp(-x))
        terms.append(g * math.log(p) + (1 - g) * math.log(1 - p))
    assert float(crop_loss(logits, target)) == pytest.approx(-sum(terms) / len(terms))


def test_loss_of_an_undecided_map_is_log_2() -> None:
    target = box_target(torch.tensor(BOXES), 6, 8, "hard")
    assert float(crop_loss(torch.zeros(len(BOXES), 6, 8), target)) == pytest.approx(math.log(2))


def test_certain_logits_do_not_overflow() -> None:
    logits = torch.tensor([[[-200.0, 200.0]]])
    assert float(crop_loss(logits, torch.tensor([[[0.0, 1.0]]]))) == 0
    assert float(crop_loss(logits, torch.tensor([[[1.0, 0.0]]]))) == pytest.approx(200)


def test_half_precision_logits_are_compared_in_full() -> None:
    logits = torch.tensor([[[0.1, -0.7]]], dtype=torch.bfloat16)
    target = torch.tensor([[[0.3, 0.6]]])
    assert crop_loss(logits, target).dtype == torch.float32
    assert float(crop_loss(logits, target)) == float(crop_loss(logits.float(), target))
