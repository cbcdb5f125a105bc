from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from marscrop.geometry import Size
from marscrop.ratio import AspectRatio
from marscrop.window.placement import Prior, place_window
from marscrop_research.distil.teacher import Teacher, places

Pixels = NDArray[np.uint8]
RATIOS = np.array([0.5, 1.0, 1.6])


@pytest.fixture(scope="module")
def teacher(teacher_folder: Path) -> Teacher:
    return Teacher(teacher_folder, RATIOS)


def test_maps_are_those_of_the_head_that_ships(teacher: Teacher, rgb: Pixels) -> None:
    photos = np.stack([rgb, rgb[::-1], rgb[:, ::-1]])
    features = teacher.features(photos)
    chosen = torch.tensor([[0, 2], [1, 1], [2, 0]])
    maps = teacher.maps(features, chosen)
    assert maps.shape == (3, 2, 6, 8)
    for one, asked, found in zip(features, chosen, maps, strict=True):
        wanted = teacher.session.logits(one[None].numpy(), RATIOS[asked].tolist())
        np.testing.assert_allclose(found.numpy(), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("image", [Size(640, 480), Size(300, 500)])
def test_places_are_those_of_the_product(image: Size) -> None:
    prior = Prior((0.9, 0.95, 0.99), 60.0)
    maps = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 12, 16)) * 3).float()
    ratios = torch.tensor([[0.5, 1.0, 2.2], [1.8, 0.7, 1.2]])
    found = places(maps, ratios, image, prior)
    for b in range(2):
        for r in range(3):
            ratio = AspectRatio(float(ratios[b, r]), 1.0)
            window = place_window(maps[b, r].numpy(), image, ratio, prior)
            wanted = window.x0 / image.width, window.y0 / image.height
            np.testing.assert_allclose(found[b, r].numpy(), wanted, atol=1e-4)


def test_places_have_gradients() -> None:
    maps = torch.zeros(1, 1, 12, 16, requires_grad=True)
    found = places(maps, torch.tensor([[1.0]]), Size(640, 480), Prior((0.9, 0.9), 60.0))
    found[0, 0, 0].backward()
    assert maps.grad is not None
    left, right = maps.grad[0, 0].sum(dim=0).split(8)
    assert left.sum() < 0 < right.sum()  # more on the right moves the window there
