from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from marscrop.errors import ModelError
from marscrop.runtime.model import MarsModel
from marscrop_research.distil.student import (
    MOST_SIGNED,
    MOST_UNSIGNED,
    MOST_WEIGHT,
    ZERO_POINT,
    QuantisedConv,
    QuantisedFeatures,
)
from marscrop_research.distil.views import planes

Pixels = NDArray[np.uint8]


def convolutions(network: QuantisedFeatures) -> list[QuantisedConv]:
    return [module for module in network.modules() if isinstance(module, QuantisedConv)]


def test_what_two_products_add_up_to_fits_sixteen_bits() -> None:
    assert 2 * MOST_UNSIGNED * MOST_WEIGHT < 2**15


def test_weights_have_seven_bits_and_use_them(student: QuantisedFeatures) -> None:
    for conv in convolutions(student):
        with torch.no_grad():
            conv.shares.mul_(1.7)  # as after learning: no longer what the units were measured on
        most = conv.integer_weight().abs().amax(dim=(1, 2, 3))
        assert (most == MOST_WEIGHT).all()


def test_between_layers_there_are_only_integers(student: QuantisedFeatures, rgb: Pixels) -> None:
    seen: list[tuple[bool, Tensor]] = []
    for conv in convolutions(student):
        conv.register_forward_hook(lambda conv, _, out: seen.append((conv.signed, out.detach())))
    student(planes(rgb[None]))
    assert len(seen) == len(convolutions(student)) == 36
    for signed, out in seen:
        low, high = (-ZERO_POINT, MOST_SIGNED) if signed else (0, MOST_UNSIGNED)
        assert torch.equal(out, out.round())
        assert low <= out.min() <= out.max() <= high
        assert out.unique().numel() > 20  # the range is used


def test_student_that_learned_nothing_is_about_the_float_network(
    student: QuantisedFeatures, teacher_folder: Path, rgb: Pixels
) -> None:
    wanted = torch.from_numpy(MarsModel(teacher_folder, 1).features(rgb))
    with torch.no_grad():
        found = student(planes(rgb[None]))
    assert (found - wanted).square().mean() < 0.1 * wanted.var()


def test_training_computes_the_same_but_for_rounding(
    student: QuantisedFeatures, rgb: Pixels
) -> None:
    pixels = planes(rgb[None])
    with torch.no_grad():
        exact, quick = student(pixels), student.train()(pixels)
    assert (exact - quick).square().mean() < 0.02 * exact.var()


def test_every_parameter_learns(student: QuantisedFeatures, rgb: Pixels) -> None:
    student.train()(planes(rgb[None])).square().mean().backward()
    for name, parameter in student.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_maps_that_are_added_up_share_a_step(student: QuantisedFeatures) -> None:
    adding = [n for n, block in enumerate(student.chain) if block.adds]
    assert adding == [2, 4, 5, 7, 8, 9]
    for n in adding:
        assert student.chain[n].project.log_step is student.chain[n - 1].project.log_step


def test_student_comes_back_from_its_state(student: QuantisedFeatures, rgb: Pixels) -> None:
    again = QuantisedFeatures.of_state(student.state_dict()).eval()
    pixels = planes(rgb[None])
    with torch.no_grad():
        assert torch.equal(again(pixels), student(pixels))
    assert len(list(again.parameters())) == len(list(student.parameters()))


def test_missing_weight_is_named(weights: Mapping[str, Tensor]) -> None:
    lacking = {name: value for name, value in weights.items() if "features.7.conv.2" not in name}
    with pytest.raises(ModelError, match=r"lacks 'features\.7\.conv"):
        QuantisedFeatures(lacking)
