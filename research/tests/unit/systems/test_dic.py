"""DIC: a box around what people look at, and a choice among the windows around it."""

from __future__ import annotations

import pytest
import torch
from research.tests.unit.systems.made_batches import (
    RATIOS,
    SIZE,
    answer,
    assert_learns,
    assert_legal_answer,
    lit_batch,
    made_features,
    taught,
)

from marscrop.geometry import Size
from marscrop.ratio import AspectRatio
from marscrop_research.systems.dic import TOLERANCE, Dic, around, attention_box
from marscrop_research.systems.gaze import SeenGaze, density_of
from marscrop_research.systems.windows import areas, candidates


def spot(row: int, column: int) -> torch.Tensor:
    """(11, 16) with all gaze on one cell."""
    density = torch.zeros(11, 16)
    density[row, column] = 1.0
    return density


def held(box: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
    """The share of the box that lies in each window."""
    low, high = torch.maximum(windows[:, :2], box[:2]), torch.minimum(windows[:, 2:], box[2:])
    return (high - low).clamp(min=0).prod(-1) / areas(box)


def test_the_attention_box_is_the_smallest_that_holds_the_share() -> None:
    generator = torch.Generator().manual_seed(0)
    density = torch.rand(4, 5, generator=generator)
    density /= density.sum()
    found = attention_box(density, 0.6)
    smallest = min(
        (y1 - y0) * (x1 - x0)
        for y0 in range(4)
        for y1 in range(y0 + 1, 5)
        for x0 in range(5)
        for x1 in range(x0 + 1, 6)
        if density[y0:y1, x0:x1].sum() >= 0.6
    )
    assert round(float(areas(found)) * 20) == smallest
    x0, y0, x1, y1 = (int(v) for v in (found * torch.tensor([5, 4, 5, 4])).round())
    assert density[y0:y1, x0:x1].sum() >= 0.6


def test_a_spot_is_its_own_box() -> None:
    expected = torch.tensor([3 / 16, 2 / 11, 4 / 16, 3 / 11], dtype=torch.float64)
    torch.testing.assert_close(attention_box(spot(2, 3)), expected)


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_candidates_hold_the_attention_box_where_any_can(ratio: AspectRatio) -> None:
    box = attention_box(spot(2, 3))
    every = candidates(SIZE, ratio)
    chosen = around(box, every)
    assert 0 < len(chosen) < len(every)
    assert (held(box, chosen) >= held(box, every).max() - TOLERANCE).all()


def test_where_none_holds_it_they_hold_the_most() -> None:
    box = torch.tensor([0.1, 0.1, 0.9, 0.9], dtype=torch.float64)
    every = candidates(SIZE, AspectRatio(1, 2))
    chosen = around(box, every)
    assert held(box, every).max() < 0.5
    assert held(box, chosen).min() >= held(box, every).max() - TOLERANCE


@pytest.mark.parametrize("column", [1, 14])
def test_the_answer_is_around_what_people_look_at(
    column: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    system = Dic().eval()
    gaze = spot(5, column).clamp(min=1e-9).log().flatten()[None]
    monkeypatch.setattr(system, "gaze", lambda features: gaze)
    found = answer(system, made_features(), SIZE, AspectRatio(1, 1))
    assert found.x0 <= column / 16 + 1e-6
    assert found.x1 >= (column + 1) / 16 - 1e-6


def test_among_those_beauty_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    system = Dic().eval()
    gaze = spot(5, 8).clamp(min=1e-9).log().flatten()[None]
    monkeypatch.setattr(system, "gaze", lambda features: gaze)
    for sign in (1, -1):
        monkeypatch.setattr(system, "beauty", lambda f, windows, s=sign: s * windows[..., 0])
        chosen = around(attention_box(gaze[0].exp().view(11, 16)), candidates(SIZE, RATIOS[2]))
        found = answer(system, made_features(), SIZE, RATIOS[2])
        assert sign * found.x0 == pytest.approx(float((sign * chosen[:, 0]).max()), abs=1e-6)


def gazes() -> tuple[SeenGaze, ...]:
    """People look at the bright half."""
    return tuple(
        SeenGaze(features.half(), density_of((features[:8].mean(0) > 0.5).float(), features))
        for features in lit_batch(8, 7).features
    )


def test_both_branches_learn() -> None:
    system = Dic()
    system.gazes = gazes()
    taught(system, 60)
    left, right = lit_batch(2, 99).features[[1, 0]]
    with torch.no_grad():
        for seen, bright in ((left, slice(0, 8)), (right, slice(8, 16))):
            assert system.gaze(seen[None]).exp().view(11, 16)[:, bright].sum() > 0.8
    assert_learns(system, 1)


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("size", [SIZE, Size(200, 300)])
def test_answers_are_inside_and_of_the_ratio(size: Size, ratio: AspectRatio) -> None:
    torch.manual_seed(0)
    assert_legal_answer(Dic().eval(), size, ratio)
