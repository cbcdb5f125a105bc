"""The subject map's network, untrained."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from marscrop_research.subjects.network import INPUTS, OUTPUTS, SubjectMaps, SubjectNetwork

CHANNELS = (6, 4, 3)


def seen(rows: int, columns: int, batch: int = 2) -> list[Tensor]:
    torch.manual_seed(0)
    return [
        torch.randn(batch, channels, scale * rows, scale * columns)
        for channels, scale in zip(CHANNELS, (1, 2, 4), strict=True)
    ]


def answers(maps: list[Tensor]) -> SubjectMaps:
    torch.manual_seed(1)
    with torch.inference_mode():
        found: SubjectMaps = SubjectNetwork(CHANNELS).eval()(*maps)
    return found


def test_inputs_and_outputs_have_the_products_names() -> None:
    assert INPUTS == ("features", "details", "edges")
    assert SubjectMaps._fields == OUTPUTS


@pytest.mark.parametrize(("rows", "columns"), [(3, 4), (4, 3), (1, 12)])
def test_heads_are_told_twice_as_finely_as_gaze_and_subjects(rows: int, columns: int) -> None:
    found = answers(seen(rows, columns))
    assert found.gaze.shape == (2, 2 * rows, 2 * columns)
    assert found.subjects.shape == (2, 5, 2 * rows, 2 * columns)
    assert found.heads.shape == (2, 5, 4 * rows, 4 * columns)


def test_gaze_is_the_logarithm_of_shares() -> None:
    shares = answers(seen(3, 4)).gaze.exp()
    torch.testing.assert_close(shares.sum(dim=(1, 2)), torch.ones(2))


def test_middles_are_rare_to_begin_with() -> None:
    maps = [torch.zeros_like(values) for values in seen(3, 4)]
    found = answers(maps)
    for boxes in (found.heads, found.subjects):
        assert boxes[:, 0].sigmoid().mean() < 0.1
