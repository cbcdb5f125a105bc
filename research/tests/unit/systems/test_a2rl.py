"""A2RL: an agent within its limits, moved by a ranker's opinion and nothing else."""

from __future__ import annotations

import itertools

import pytest
import torch
from research.tests.unit.systems.made_batches import (
    RATIOS,
    SIZE,
    assert_legal_answer,
    lit_batch,
    made_features,
    taught,
)

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.a2rl import (
    LIMIT,
    STEP_COST,
    A2rl,
    is_extreme,
    outcomes,
    rewards,
    shrunk,
    start,
)
from marscrop_research.systems.scoring import WindowScorer
from marscrop_research.systems.vfn import VFN
from marscrop_research.systems.window_moves import ACTIONS, SMALLEST, STOP, moved, whole
from marscrop_research.systems.windows import largest_sides, row_of, shrink_to_ratio


class Likes(WindowScorer):
    """A ranker for which the middle of a window cannot lie too far to one side."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, features: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
        return self.side * (windows[..., 0] + windows[..., 2])


@pytest.mark.parametrize("side", [-1, 1])
def test_the_ranker_is_what_moves_it(side: int) -> None:
    torch.manual_seed(0)
    system, ranker = A2rl(), VFN()
    ranker.scorer = Likes(side)
    system.learn_from({"vfn": ranker})
    taught(system, 25, rate=1e-2)
    seen = lit_batch(1)
    with torch.no_grad():
        last = system.episode(seen.features[0], 2 / 3)[-1]
    assert side * (float(last[0] + last[2]) / 2 - 0.5) > 0.1


@pytest.mark.parametrize("seed", range(4))
def test_an_episode_ends_within_its_limit_with_a_legal_window(seed: int) -> None:
    torch.manual_seed(seed)
    system = A2rl().eval()
    torch.nn.init.normal_(system.policy.weight, std=3.0)
    with torch.no_grad():
        system.policy.bias[STOP] = -1e3  # never of its own accord
        windows = system.episode(made_features(seed), 2 / 3)
    assert len(windows) == LIMIT + 1
    for window in windows:
        assert window.min() >= 0
        assert window.max() <= 1
        assert (window[2:] - window[:2]).min() >= SMALLEST - 1e-3


def test_stopping_ends_an_episode_at_once() -> None:
    system = A2rl().eval()
    with torch.no_grad():
        system.policy.bias[STOP] = 1e3
        assert len(system.episode(made_features(), 2 / 3)) == 1


def test_a_step_earns_the_sign_of_the_change_less_its_cost() -> None:
    before, after = torch.zeros(1, 1), torch.zeros(1, ACTIONS)
    after[0, 1:4] = torch.tensor([9.0, -0.1, 0.0])
    earned = rewards(before, after, torch.zeros(1, ACTIONS), step=4)[0, 1:4]
    torch.testing.assert_close(earned, torch.tensor([1.0, -1.0, 0.0]) - 5 * STEP_COST)


def test_to_stop_earns_nothing_and_costs_nothing() -> None:
    earned = rewards(torch.zeros(2, 1), torch.ones(2, ACTIONS), torch.zeros(2, ACTIONS), step=1)
    assert (earned == 0).nonzero().tolist() == [[0, STOP], [1, STOP]]


def test_moves_far_from_the_asked_ratio_are_refused_and_cost_what_a_step_can_earn() -> None:
    first = torch.tensor([[0.1, 0.1, 0.9, 0.52]])  # nearly twice as wide as asked
    after, refused = outcomes(first, torch.ones(1))
    assert 0 < refused.sum() < ACTIONS
    assert torch.equal(after[refused], first.expand(int(refused.sum()), 4))
    assert not is_extreme(after, torch.ones(1, 1)).any()
    earned = rewards(torch.zeros(1, 1), torch.ones(1, ACTIONS), refused, step=0)
    assert earned[refused].max() < 0 < earned[~refused].max()


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_it_starts_from_the_centre_crop(ratio: AspectRatio) -> None:
    first = start(torch.tensor([ratio.value / SIZE.ratio]))[0]
    torch.testing.assert_close(first[2:] - first[:2], torch.tensor(largest_sides(SIZE, ratio)))
    torch.testing.assert_close(first[2:] + first[:2], torch.ones(2))


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_the_ranker_is_shown_what_is_answered(ratio: AspectRatio) -> None:
    window = Window(0.1, 0.3, 0.7, 0.8)
    shown = shrunk(row_of(window)[None], torch.tensor([ratio.value / SIZE.ratio]))[0]
    torch.testing.assert_close(shown, row_of(shrink_to_ratio(window, SIZE, ratio)))


def test_fourteen_actions_do_different_things_and_one_nothing() -> None:
    start = torch.tensor([[0.2, 0.2, 0.8, 0.8]]).expand(ACTIONS, 4)
    after = moved(start, torch.arange(ACTIONS))
    assert ACTIONS == 14
    assert torch.equal(after[STOP], start[STOP])
    for one, other in itertools.combinations(after, 2):
        assert not torch.allclose(one, other)


def test_windows_never_leave_the_photo_nor_vanish() -> None:
    windows = whole(64)
    generator = torch.Generator().manual_seed(0)
    for _ in range(100):
        windows = moved(windows, torch.randint(ACTIONS, (64,), generator=generator))
        assert windows.min() >= 0
        assert windows.max() <= 1
        assert (windows[:, 2:] - windows[:, :2]).min() >= SMALLEST - 1e-3


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("size", [SIZE, Size(200, 300)])
def test_answers_are_inside_and_of_the_ratio(size: Size, ratio: AspectRatio) -> None:
    torch.manual_seed(1)
    system = A2rl().eval()
    torch.nn.init.normal_(system.policy.weight, std=3.0)
    assert_legal_answer(system, size, ratio)
