"""A2RL: an agent that moves, shrinks and reshapes a window step by step, paid by a ranker.

Li, Wu, Zhang and Huang, "A2-RL: Aesthetics Aware Reinforcement Learning for Image Cropping" (CVPR
2018): from the whole photo on, an agent sees the window and the photo, remembers by an LSTM, and
takes one of fourteen actions until it stops. The reward of a step is the sign of the change in a
ranker's score, less a cost that grows with the steps, and less 5 for a window of an extreme ratio.
It is trained by asynchronous advantage actor-critic (A3C).

Kept: the fourteen actions, the form of the reward, the memory, the discount, a ranker of views
(VFN). Changed: MobileNetV2's frozen features of window and photo; the window's edges are given
beside what it shows; one process acts for a batch of photos and learns from whole episodes
(advantage actor-critic).

Changed, since the answer is shrunk to the asked ratio, as the Mars paper does: the ranker is shown
the shrunk window, and the agent starts from the largest one of the ratio in the middle. As the
paper has it (from the whole photo, the ranker shown the window as it is) it learnt within 1,360
steps to stop at once, which is the centre crop: of what can be done to a whole photo, our ranker
likes nearly all less (by the mean sign, -0.83 to +0.02 an action), and a window that is shrunk
afterwards moves only by way of several steps that earn nothing. For the same reason the agent is
made reluctant to stop before it has learnt, its entropy weighs more, and a move into an extreme
ratio (twice or half the asked one) costs less and is not made. The steps are fewer and cost more:
our ranker, which forgets scale, misjudges small windows.
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
_DISCOUNT: Final = 0.99
_CRITIC: Final = 0.5
_ENTROPY: Final = 0.1
"""The paper's is 0.05."""
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
    bends = f"batched advantage actor-critic, at most {LIMIT} steps; shrunk to the asked ratio"
    teachers = ("vfn",)
    schedule: ClassVar[Schedule] = Schedule(epochs=10, learning_rate=3e-3, batch_size=32)

    def __init__(self) -> None:
        super().__init__()
        seen = CHANNELS * _CELLS**2
        self.photo = nn.Linear(seen, _WIDTH)
        self.window = nn.Linear(seen + 4, _WIDTH)
        self.memory = nn.LSTMCell(2 * _WIDTH, _WIDTH)
        self.policy = nn.Linear(_WIDTH, ACTIONS)
        self.value = nn.Linear(_WIDTH, 1)
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
        memory = Memory(*self.memory(torch.cat([photo, window], 1), memory))
        return self.policy(memory.hidden).log_softmax(-1), self.value(memory.hidden)[:, 0], memory

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Advantage actor-critic on one episode of each photo."""
        ranker = self.ranker
        relative = batch.log_ratio.exp() / torch.tensor([size.ratio for size in batch.sizes])
        features, windows = batch.features, start(relative)
        photo, memory = self.look(features)
        acting = torch.ones(len(features), dtype=torch.bool)
        steps = []
        score = _score(ranker, features, shrunk(windows, relative))
        for step in range(LIMIT):
            chances, value, memory = self.act(features, photo, windows, memory)
            with torch.no_grad():
                action = torch.multinomial(chances.exp(), 1, generator=generator)[:, 0]
                tried = torch.where(acting[:, None], moved(windows, action), windows)
                extreme = is_extreme(tried, relative)
                windows = torch.where(extreme[:, None], windows, tried)
                before, score = score, _score(ranker, features, shrunk(windows, relative))
                reward = rewards(before, score, extreme, step)
            steps.append(_Step(chances, value, action, reward, acting.float()))
            acting = acting & (action != STOP)
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
            windows.append(moved(windows[-1], action))
        return [window[0] for window in windows]


def start(relative: Tensor) -> Tensor:
    """(b, 4), the largest windows in the middle; `relative` (b,) is the ratio over the photo's."""
    return shrunk(whole(len(relative)), relative)


def rewards(before: Tensor, after: Tensor, extreme: Tensor, step: int) -> Tensor:
    """What a step earns.

    Args:
        before, after: (b,), the ranker's scores.
        extreme: (b,) bool, whether it would have led to a window of an extreme ratio.
        step: from 0.
    """
    return (after - before).sign() - STEP_COST * (step + 1) - EXTREME_COST * extreme


class _Step(NamedTuple):
    """Of a batch: (b, 14) log-probabilities, else (b,); `acting` is 1 until it has stopped."""

    chances: Tensor
    value: Tensor
    action: Tensor
    reward: Tensor
    acting: Tensor


def _actor_critic(steps: list[_Step]) -> Tensor:
    """Policy gradient by advantage, in the batch's units; the critic's error; less the entropy."""
    chances, value, action, reward, acting = map(torch.stack, zip(*steps, strict=True))
    gains = torch.empty_like(reward)
    gain = torch.zeros_like(reward[0])
    for step in reversed(range(len(steps))):
        gain = acting[step] * (reward[step] + _DISCOUNT * gain)
        gains[step] = gain
    advantage = (gains - value.detach())[acting > 0]
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-6)
    chosen = chances.gather(2, action[..., None])[..., 0][acting > 0]
    entropy = -(chances.exp() * chances).sum(-1)[acting > 0]
    critic = F.smooth_l1_loss(value[acting > 0], gains[acting > 0])
    return -(chosen * advantage).mean() + _CRITIC * critic - _ENTROPY * entropy.mean()


def _score(ranker: Ranker, features: Tensor, windows: Tensor) -> Tensor:
    """(b,) of one window each (b, 4)."""
    with torch.no_grad():
        return ranker(features, windows[:, None])[:, 0]


def is_extreme(windows: Tensor, relative: Tensor) -> Tensor:
    """(b,) bool, of windows (b, 4); `relative` as in `start`."""
    sides = windows[:, 2:] - windows[:, :2]
    off = sides[:, 0] / sides[:, 1] / relative
    return (off < EXTREME[0] - 1e-3) | (off > EXTREME[1] + 1e-3)


def shrunk(windows: Tensor, relative: Tensor) -> Tensor:
    """`shrink_to_ratio` of (b, 4) windows; `relative` (b,) is the ratio over the photo's."""
    middles, sides = (windows[:, 2:] + windows[:, :2]) / 2, windows[:, 2:] - windows[:, :2]
    width = torch.minimum(sides[:, 0], sides[:, 1] * relative)
    half = torch.stack([width, width / relative], 1) / 2
    return torch.cat([middles - half, middles + half], 1)
