"""VPN: a fixed set of views, scored at once, in VEN's order."""

from __future__ import annotations

import pytest
import torch
from research.tests.unit.systems.made_batches import (
    RATIOS,
    SIZE,
    assert_legal_answer,
    lit_batch,
    taught,
)

from marscrop.ratio import AspectRatio
from marscrop_research.systems.ven import VEN
from marscrop_research.systems.vpn import VIEWS, VPN


@pytest.fixture(scope="module")
def ven() -> VEN:
    torch.manual_seed(0)
    system = taught(VEN(), 40)
    assert isinstance(system, VEN)
    return system


@pytest.fixture(scope="module")
def vpn(ven: VEN) -> VPN:
    torch.manual_seed(0)
    system = VPN()
    system.learn_from({"ven": ven})
    taught(system, 60)
    return system


def agreement(vpn: VPN, ven: VEN) -> float:
    """Share of pairs of views of new photos that both put in the same order."""
    features = lit_batch(6, 99).features
    with torch.no_grad():
        ours, theirs = vpn.score(features), ven.score(features, vpn.views.expand(6, -1, -1))
    first, second = (torch.randperm(len(vpn.views)) for _ in range(2))
    same = (ours[:, first] > ours[:, second]) == (theirs[:, first] > theirs[:, second])
    return float(same.float().mean())


def test_there_are_about_as_many_views_as_in_the_paper() -> None:
    views = VPN().views
    assert 0.9 * VIEWS < len(views) < 1.1 * VIEWS
    assert views.min() >= 0
    assert views.max() <= 1 + 1e-9


def test_what_ven_teaches_is_learnt(vpn: VPN, ven: VEN) -> None:
    torch.manual_seed(0)
    untaught = agreement(VPN().eval(), ven)
    assert untaught < 0.6
    assert agreement(vpn, ven) > 0.75


def test_the_teacher_is_no_part_of_it(vpn: VPN) -> None:
    assert not any("taught_by" in name or "scorer" in name for name in vpn.state_dict())
    assert not any(p.requires_grad for p in vpn.taught_by["ven"].parameters())


def test_the_loss_forgets_what_all_views_share(vpn: VPN) -> None:
    """Only differences between views are taught, as pairs are."""
    batch = lit_batch(4)

    def loss() -> float:
        return float(vpn.loss(batch, torch.Generator().manual_seed(0)).detach())

    before = loss()
    last = vpn.propose[-1]
    assert isinstance(last, torch.nn.Linear)
    with torch.no_grad():
        last.bias.add_(5.0)
        after = loss()
        last.bias.sub_(5.0)
    assert after == pytest.approx(before, rel=1e-3)


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_answers_are_legal(vpn: VPN, ratio: AspectRatio) -> None:
    assert_legal_answer(vpn, SIZE, ratio)
