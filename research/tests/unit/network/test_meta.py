"""The meta-learner: what it predicts for every variant of the ablations."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from marscrop_research.config import ModelConfig
from marscrop_research.network.meta import MetaLearner

CHANNELS, OUT_CHANNELS = 6, 4
LOG_RATIOS = torch.tensor([-0.6, 0.0, 0.1])


def learner(**changes: Any) -> MetaLearner:
    table = {"embedding_count": 5, "embedding_dim": 8, "hidden_width": 7, **changes}
    return MetaLearner(ModelConfig.from_table(table), CHANNELS, OUT_CHANNELS)


@pytest.mark.parametrize(
    "variant",
    [
        {},
        *({"hidden_layers": n} for n in range(5)),  # Table 2
        *({"embedding": kind} for kind in ("none", "nearest")),  # Table 4
        {"embedding": "none", "hidden_layers": 0},
        *({"embedding_count": n} for n in (11, 101)),  # Table 5
        *({"embedding_dim": n} for n in (1, 128)),
    ],
    ids=str,
)
def test_every_variant_predicts_a_square_matrix_and_a_vector(variant: dict[str, Any]) -> None:
    parameters = learner(**variant)(LOG_RATIOS)
    assert parameters.ftm is not None
    assert parameters.pwp is not None
    assert parameters.ftm.shape == (3, CHANNELS, CHANNELS)
    assert parameters.pwp.shape == (3, OUT_CHANNELS)


@pytest.mark.parametrize(("ftm", "pwp"), [(True, False), (False, True), (False, False)])
def test_part_that_is_not_predicted_is_none(ftm: bool, pwp: bool) -> None:
    parameters = learner(ftm=ftm, pwp=pwp)(LOG_RATIOS)
    assert (parameters.ftm is not None, parameters.pwp is not None) == (ftm, pwp)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_prediction_is_linear_after_layers_with_relu(layers: int) -> None:
    module = learner(hidden_layers=layers)
    with torch.no_grad():
        parameters = module(LOG_RATIOS)
        hidden = module.embedding(LOG_RATIOS)
        for layer in (m for m in module.hidden if isinstance(m, nn.Linear)):
            hidden = torch.clamp(hidden @ layer.weight.T + layer.bias, min=0)
        assert module.to_ftm is not None
        assert module.to_pwp is not None
        ftm = hidden @ module.to_ftm.weight.T + module.to_ftm.bias
        pwp = hidden @ module.to_pwp.weight.T + module.to_pwp.bias
    assert sum(isinstance(m, nn.Linear) for m in module.hidden) == layers
    torch.testing.assert_close(parameters.ftm, ftm.reshape(3, CHANNELS, CHANNELS))
    torch.testing.assert_close(parameters.pwp, pwp)


def test_without_both_nothing_is_left_to_train() -> None:
    """Table 3's first row: an embedding without outputs would only decay."""
    assert not list(learner(ftm=False, pwp=False).parameters())


def test_ratios_are_predicted_independently() -> None:
    module = learner()
    with torch.no_grad():
        together, alone = module(LOG_RATIOS), module(LOG_RATIOS[2:])
    torch.testing.assert_close(together.ftm[2:], alone.ftm)
    torch.testing.assert_close(together.pwp[2:], alone.pwp)


def spreads(meta_init: str, **changes: Any) -> tuple[float, float]:
    """Standard deviation of both predictions over the ratios that have a vector."""
    torch.manual_seed(0)
    config = ModelConfig.from_table(
        {"meta_init": meta_init, "embedding_count": 41, "embedding_dim": 64, **changes}
    )
    module = MetaLearner(config, 96, 25)
    with torch.no_grad():
        ftm, pwp = module(torch.linspace(*config.log_ratio_range, config.embedding_count))
    return float(ftm.std()), float(pwp.std())


@pytest.mark.parametrize("embedding_init", ["normal", "smooth"])
def test_fan_in_gives_predictions_the_deviation_of_layers_of_their_width(
    embedding_init: str,
) -> None:
    expected = (96**-0.5, 25**-0.5)
    assert spreads("fan_in", embedding_init=embedding_init) == pytest.approx(expected, rel=1e-3)


def test_default_initialisation_has_another_deviation() -> None:
    ftm, _ = spreads("default")
    assert abs(ftm / 96**-0.5 - 1) > 0.2


def test_smoothing_is_the_mean_over_neighbouring_ratios_and_for_use_only() -> None:
    torch.manual_seed(0)
    smoothed, plain = learner(ratio_smoothing=0.2), learner()
    plain.load_state_dict(smoothed.state_dict())
    ratios = torch.tensor([0.0, 0.5, 1.3])
    around = (ratios[:, None] + torch.linspace(-0.2, 0.2, 9)).flatten()
    for name in ("ftm", "pwp"):
        neighbours = getattr(plain.eval()(around), name)
        expected = neighbours.view(3, 9, *neighbours.shape[1:]).mean(dim=1)
        found = getattr(smoothed.eval()(ratios), name)
        torch.testing.assert_close(found, expected)
        in_training = getattr(smoothed.train()(ratios), name)
        torch.testing.assert_close(in_training, getattr(plain(ratios), name))
        assert not torch.allclose(found, in_training)
