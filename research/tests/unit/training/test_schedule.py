"""Learning rates over time, and for each part of the network."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from research.tests.support import tiny_config
from torch import nn

from marscrop_research.network.mars import Mars
from marscrop_research.training.schedule import (
    build_optimizer,
    learning_rate_factor,
    set_learning_rate,
)


@pytest.mark.parametrize(
    ("progress", "factor"), [(0, 0), (0.025, 0.25), (0.05, 0.5), (0.099, 0.99), (0.1, 1)]
)
def test_warm_up_is_linear(progress: float, factor: float) -> None:
    assert learning_rate_factor(progress, 0.1) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("progress", "factor"),
    [
        (0.1, 1),
        (0.1 + 0.9 / 3, 0.75),  # cos 60 degrees is 1/2
        (0.1 + 0.9 / 2, 0.5),
        (0.1 + 0.9 * 2 / 3, 0.25),
        (1, 0),
    ],
)
def test_afterwards_it_is_half_a_cosine(progress: float, factor: float) -> None:
    assert learning_rate_factor(progress, 0.1) == pytest.approx(factor, abs=1e-12)


def test_without_warm_up_it_starts_at_the_peak() -> None:
    assert learning_rate_factor(0, 0) == 1
    assert learning_rate_factor(0.5, 0) == pytest.approx(0.5)


def test_rate_is_continuous_where_warm_up_ends() -> None:
    before, after = learning_rate_factor(0.1 - 1e-9, 0.1), learning_rate_factor(0.1 + 1e-9, 0.1)
    assert before == pytest.approx(after, abs=1e-6)


def network(**changes: Any) -> Mars:
    return Mars(tiny_config(model=changes).model)


def settings(**changes: Any) -> Any:
    return tiny_config(
        train={
            "learning_rate": 0.01,
            "backbone_lr_scale": 0.3,
            "weight_decay": 1e-4,
            "meta_weight_decay": 1e-3,
            **changes,
        }
    ).train


def group_of(optimizer: torch.optim.Optimizer, part: nn.Module) -> dict[str, Any]:
    """The one group that holds exactly the trained parameters of a part."""
    wanted = {id(p) for p in part.parameters() if p.requires_grad}
    (group,) = [g for g in optimizer.param_groups if {id(p) for p in g["params"]} == wanted]
    return group


@pytest.mark.parametrize(
    ("part", "rate", "decay"),
    [("backbone", 0.003, 1e-4), ("head", 0.01, 1e-4), ("meta", 0.01, 1e-3)],
)
def test_part_has_its_own_rate_and_decay(part: str, rate: float, decay: float) -> None:
    model = network()
    group = group_of(build_optimizer(model, settings()), getattr(model, part))
    assert group["lr"] == pytest.approx(rate)
    assert group["weight_decay"] == decay


@pytest.mark.parametrize(("part", "rate"), [("backbone", 0.003), ("head", 0.01), ("meta", 0.01)])
def test_every_part_follows_the_schedule_from_its_own_peak(part: str, rate: float) -> None:
    model = network()
    optimizer = build_optimizer(model, settings())
    for factor in (0.5, 0.1, 1.0):  # always of the peak, not of the last rate
        set_learning_rate(optimizer, factor)
        assert group_of(optimizer, getattr(model, part))["lr"] == pytest.approx(rate * factor)


def test_every_trained_parameter_is_in_one_group() -> None:
    model = network()
    optimizer = build_optimizer(model, settings())
    grouped = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters())


def test_frozen_parameter_is_in_no_group() -> None:
    model = network()
    norms = [m for m in model.backbone.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.requires_grad_(False)
    optimizer = build_optimizer(model, settings())
    grouped = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert not grouped & {id(p) for norm in norms for p in norm.parameters()}


def test_part_without_parameters_has_no_group() -> None:
    model = network(layer="c2_2")  # already at the map's stride: no deconvolution
    assert len(build_optimizer(model, settings()).param_groups) == 2


@pytest.mark.parametrize(
    ("name", "decoupled"),
    [("adam", False), ("adamw", True)],
)
def test_only_adamw_decays_weights_apart_from_the_gradient(name: str, decoupled: bool) -> None:
    """With a gradient of 0, AdamW shrinks by lr x decay; Adam takes the decay for a gradient."""
    model = network()
    optimizer = build_optimizer(
        model, settings(optimizer=name, weight_decay=0.5, backbone_lr_scale=1.0)
    )
    weight = next(model.backbone.parameters())
    before = weight.detach().clone()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    shrunk = before * (1 - 0.01 * 0.5)
    assert torch.allclose(weight.detach(), shrunk, atol=1e-7) == decoupled
    if not decoupled:  # Adam's first step is lr in the direction of the gradient's sign
        torch.testing.assert_close(
            weight.detach(), before - 0.01 * before.sign(), atol=1e-5, rtol=0
        )


def test_schedule_is_the_papers() -> None:
    """5 of 50 epochs warm up to 1e-4."""
    factors = [learning_rate_factor(epoch / 50, 0.1) for epoch in range(51)]
    assert factors.index(max(factors)) == 5
    assert factors[0] == 0
    assert factors[50] == pytest.approx(0, abs=1e-12)
    assert factors[25] == pytest.approx(0.5 * (1 + math.cos(math.pi * 20 / 45)))
