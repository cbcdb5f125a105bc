"""A2RL: an agent that moves, shrinks and reshapes a window step by step, paid by a ranker.

Li, Wu, Zhang and Huang, "A2-RL: Aesthetics Aware Reinforcement Learning for Image Cropping" (CVPR
2018): from the whole photo on, an agent sees the window and the photo, remembers by an LSTM, and
takes one of fourteen actions until it stops. The reward of a step is the sign of the change in a
ranker's score, less a cost that grows with the steps, and less 5 for a window of an extreme ratio.
It is trained by asynchronous advantage actor-critic (A3C).

Kept: the fourteen actions, the form of the reward, the memory, a ranker of views (VFN). Changed:
MobileNetV2's frozen features of window and photo; the window's edges are given beside what it
shows; one process acts for a batch of photos and learns from whole episodes.

Changed, since the answer is shrunk to the asked ratio, as the Mars paper does: the ranker is shown
the shrunk window, the agent starts from the largest one of the ratio in the middle, and extreme is
what is twice or half as wide as asked; such a move is not made.

Changed, since with the paper's constants and so few photos the agent soon stops at once on all of
them, which is the centre crop: of what can be done to a whole photo our ranker likes nearly all
less (the mean sign of an action is -0.83 to +0.02), and which of the moves is the better one
depends on the photo. So it learns from what each of the fourteen actions would have earned, not the
taken one alone (mean actor-critic, Allen et al. 2017), is reluctant to stop before it has learnt,
its entropy weighs more, the future and extreme ratios weigh less; steps are few and cost more, as
our ranker forgets scale and misjudges small windows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.photo_features import CHANNELS
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.systems.vfn import VFN
from marscrop_research.systems.window_moves import ACTIONS, STOP, moved, whole
from marscrop_research.systems.windows import pool_windows, shrink_to_ratio, window_of

LIMIT: Final = 8
"""Steps of an episode; the paper's is 50."""
STEP_COST: Final = 0.02
"""Of the first step; it grows by as much with each. The paper's is 0.001."""
EXTREME_COST: Final = 1.0
"""The paper's is 5."""
EXTREME: Final = (0.5, 2.0)
"""Windows of a ratio beyond these are extreme, in units of the asked one."""

_CELLS: Final = 3
_WIDTH: Final = 128
_DISCOUNT: Final = 0.5
"""The paper's is 0.99."""
_NOISE: Final = 1e-4
"""Change of a score that is none: a wider window may be answered with the same crop."""
_CRITIC: Final = 0.5
_ENTROPY: Final = 0.3
"""The paper's is 0.05, with which the agent soon does the same on all photos."""
_RELUCTANCE: Final = -3.0
"""To stop, before it has learnt: first moves earn as little as none, so it would learn to stop."""

Ranker = Callable[[Tensor, Tensor], Tensor]
"""From features (b, c, h, w) and windows (b, n, 4) to scores (b, n)."""


class Memory(NamedTuple):
    """Of the LSTM: (b, width) each."""

    hidden: Tensor
    cell: Tensor


class A2rl(System):
    """See the module's text."""

    name = "a2rl"
    title = "A2RL"
    paper = "Li et al., CVPR 2018"
    published = Published("AlexNet", 4, (0.818, 0.041), (0.695, 0.073), (0.630, 66.9))
    bends = f"from the centre crop on, {LIMIT} steps or fewer; learns from all actions; is shrunk"
    teachers = ("vfn",)
    schedule: ClassVar[Schedule] = Schedule(epochs=4, learning_rate=3e-3)

    def __init__(self) -> None:
        super().__init__()
        seen = CHANNELS * _CELLS**2
        self.photo = nn.Linear(seen, _WIDTH)
        self.window = nn.Linear(seen + 4, _WIDTH)
        self.memory = nn.LSTMCell(2 * _WIDTH, _WIDTH)
        self.policy = nn.Linear(3 * _WIDTH, ACTIONS)
        self.value = nn.Linear(3 * _WIDTH, 1)
        for output in (self.policy, self.value):
            nn.init.zeros_(output.weight)
        nn.init.constant_(self.policy.bias[STOP], _RELUCTANCE)

    @property
    def ranker(self) -> Ranker:
        """Whose opinion it learns to please."""
        return cast("VFN", self.taught_by["vfn"]).scorer

    def look(self, features: Tensor) -> tuple[Tensor, Memory]:
        """What is seen of whole photos (b, width), and a memory that holds nothing."""
        photo = pool_windows(features, whole(len(features))[:, None], _CELLS).flatten(1)
        nothing = features.new_zeros(len(features), _WIDTH)
        return self.photo(photo).relu(), Memory(nothing, nothing)

    def act(
        self, features: Tensor, photo: Tensor, windows: Tensor, memory: Memory
    ) -> tuple[Tensor, Tensor, Memory]:
        """Log-probabilities of the actions (b, 14), the state's value (b,), what is remembered."""
        inside = pool_windows(features, windows[:, None], _CELLS).flatten(1)
        window = self.window(torch.cat([inside, windows], 1)).relu()
        seen = torch.cat([photo, window], 1)
        memory = Memory(*self.memory(seen, memory))
        known = torch.cat([seen, memory.hidden], 1)
        return self.policy(known).log_softmax(-1), self.value(known)[:, 0], memory

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Mean actor-critic on one episode of each photo."""
        relative = batch.log_ratio.exp() / torch.tensor([size.ratio for size in batch.sizes])
        features, windows = batch.features, start(relative)
        photo, memory = self.look(features)
        each, acting = torch.arange(len(features)), torch.ones(len(features))
        steps = []
        for step in range(LIMIT):
            chances, value, memory = self.act(features, photo, windows, memory)
            action = torch.multinomial(chances.detach().exp(), 1, generator=generator)[:, 0]
            after, extreme = outcomes(windows, relative)
            with torch.no_grad():
                shown = shrunk(torch.cat([windows[:, None], after], 1), relative[:, None])
                scores = self.ranker(features, shown)
            earned = rewards(scores[:, :1], scores[:, 1:], extreme, step)
            steps.append(_Step(chances, value, earned, action, acting))
            windows, acting = after[each, action], acting * (action != STOP)
        return _actor_critic(steps)

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """Where the likeliest actions lead, shrunk to the ratio."""
        last = self.episode(features, ratio.value / size.ratio)[-1]
        return shrink_to_ratio(window_of(last), size, ratio)

    def episode(self, features: Tensor, relative: float) -> list[Tensor]:
        """The windows (4,) of one photo (c, h, w), from the first to the last.

        `relative` is the asked ratio over the photo's.
        """
        photo, memory = self.look(features[None])
        windows = [start(torch.tensor([relative]))]
        for _ in range(LIMIT):
            chances, _, memory = self.act(features[None], photo, windows[-1], memory)
            action = chances.argmax(-1)
            if int(action) == STOP:
                break
            after, _ = outcomes(windows[-1], torch.tensor([relative]))
            windows.append(after[:, int(action)])
        return [window[0] for window in windows]


def start(relative: Tensor) -> Tensor:
    """(b, 4), the largest windows in the middle; `relative` (b,) is the ratio over the photo's."""
    return shrunk(whole(len(relative)), relative)


def outcomes(windows: Tensor, relative: Tensor) -> tuple[Tensor, Tensor]:
    """What each action leads to: windows (b, 14, 4), and whether it was refused as extreme (b, 14).

    Args:
        windows: (b, 4).
        relative: (b,), as in `start`.
    """
    before = windows[:, None].expand(-1, ACTIONS, -1)
    after = moved(before, torch.arange(ACTIONS))
    extreme = is_extreme(after, relative[:, None])
    return torch.where(extreme[..., None], before, after), extreme


def rewards(before: Tensor, after: Tensor, extreme: Tensor, step: int) -> Tensor:
    """What each action earns: (b, 14); to stop earns and costs nothing.

    Args:
        before: (b, 1), the ranker's scores.
        after: (b, 14).
        extreme: (b, 14) bool, whether it would have led to a window of an extreme ratio.
        step: from 0.
    """
    change = F.hardshrink(after - before, _NOISE).sign()
    earned = change - STEP_COST * (step + 1) - EXTREME_COST * extreme
    return earned.index_fill(1, torch.tensor(STOP), 0.0)


class _Step(NamedTuple):
    """Of a batch.

    Attributes:
        chances: (b, 14), logarithms.
        value: (b,), what the critic expects.
        earned: (b, 14), by each action.
        action: (b,), the one taken.
        acting: (b,), 1 until the agent has stopped.
    """

    chances: Tensor
    value: Tensor
    earned: Tensor
    action: Tensor
    acting: Tensor


def _actor_critic(steps: list[_Step]) -> Tensor:
    """What all actions are worth by their probabilities, negative; the critic's error; the entropy.

    An action is worth what it earns, and what the critic expects of going on.
    """
    losses = []
    gain = torch.zeros_like(steps[0].value)
    for step in reversed(steps):
        gain = _DISCOUNT * gain + step.earned.gather(1, step.action[:, None])[:, 0]
        gain = step.acting * gain
        going_on = (_DISCOUNT * step.value.detach())[:, None].expand_as(step.earned)
        worth = step.earned + going_on.index_fill(1, torch.tensor(STOP), 0.0)
        policy = -(step.chances.exp() * (worth - _ENTROPY * step.chances)).sum(-1)
        critic = F.smooth_l1_loss(step.value, gain, reduction="none")
        losses.append(step.acting * (policy + _CRITIC * critic))
    acted = torch.stack([step.acting for step in steps]).sum()
    return torch.stack(losses).sum() / acted


def is_extreme(windows: Tensor, relative: Tensor) -> Tensor:
    """(...) bool, of windows (..., 4); `relative` (...) as in `start`."""
    sides = windows[..., 2:] - windows[..., :2]
    off = sides[..., 0] / sides[..., 1] / relative
    return (off < EXTREME[0] - 1e-3) | (off > EXTREME[1] + 1e-3)


def shrunk(windows: Tensor, relative: Tensor) -> Tensor:
    """`shrink_to_ratio` of (..., 4) windows; `relative` (...) is the ratio over the photo's."""
    low, high = windows[..., :2], windows[..., 2:]
    sides = high - low
    width = torch.minimum(sides[..., 0], sides[..., 1] * relative)
    half = torch.stack([width, width / relative], -1) / 2
    return torch.cat([(low + high) / 2 - half, (low + high) / 2 + half], -1)
