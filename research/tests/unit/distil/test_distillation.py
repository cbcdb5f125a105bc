from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from research.tests.support import RESEARCH
from research.tests.unit.training.runs import differing_contents, log_of

from marscrop.errors import ModelError
from marscrop_research.data.records import CropRecord
from marscrop_research.distil.distillation import distil, load_student
from marscrop_research.distil.student_config import DistilConfig
from marscrop_research.errors import ConfigError

TABLE: dict[str, Any] = {
    "name": "tiny",
    "steps": 6,
    "warmup_steps": 1,
    "learning_rate": 1e-3,
    "measured_photos": 2,
    "checkpoint_every_steps": 2,
    "validate_every_steps": 3,
    "kept": [0.5] * 11,
    "views": {"longest_edge_px": 48, "batch_size": 2},
    "loss": {"ratios": 2},
}
CONFIG = DistilConfig.from_table(TABLE)

Arguments = tuple[Path, list[Path], list[CropRecord]]


@pytest.fixture(scope="module")
def arguments(teacher_folder: Path, records: list[CropRecord]) -> Arguments:
    """Teacher, photos and validation photos of a run."""
    photos = [record.path for record in records if record.split == "train"]
    return teacher_folder, photos, [r for r in records if r.split == "validation"]


@pytest.fixture(scope="module")
def undisturbed(arguments: Arguments, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("distil") / "run"
    distil(CONFIG, *arguments, folder)
    return folder


@pytest.mark.parametrize("killed_at", [1, 3, 5])
def test_resumed_run_ends_as_one_that_was_not_killed(
    undisturbed: Path, arguments: Arguments, tmp_path: Path, killed_at: int
) -> None:
    run = tmp_path / "run"
    distil(CONFIG, *arguments, run, stop_at=killed_at)
    distil(CONFIG, *arguments, run)
    assert differing_contents(run / "last.pt", undisturbed / "last.pt") == []
    assert log_of(run) == log_of(undisturbed)


def test_student_learns(arguments: Arguments, tmp_path: Path) -> None:
    """Always the same two views of one photo: it must get closer to what is wanted of them."""
    teacher, photos, _ = arguments
    still = TABLE["views"] | {"whole": 1.0, "half_decoded": 0.0, "brightness": 0.0}
    still |= {"contrast": 0.0, "saturation": 0.0}
    features = {"ratios": 1, "map_weight": 0.0, "place_weight": 0.0}
    lines: list[dict[str, Any]] = []
    for steps in (2, 40):
        table = TABLE | {"steps": steps, "views": still, "loss": features}
        config = DistilConfig.from_table(table)
        distil(config, teacher, photos[:1], [], tmp_path / str(steps), report=lines.append)
    first, last = lines
    assert last["feature"] < 0.5 * first["feature"]


def test_log_says_what_became_of_validation_photos(undisturbed: Path) -> None:
    lines = log_of(undisturbed)
    assert [line["step"] for line in lines] == [3, 6]
    for line in lines:
        assert 0 < line["iou"] < 1
        assert {"loss", "feature", "map", "place", "bde", "moved", "moved_p95"} < line.keys()


def test_student_of_a_run_is_as_small_as_its_recipe_says(undisturbed: Path) -> None:
    network, config, content = load_student(undisturbed / "last.pt")
    assert config == CONFIG
    assert content["step"] == 6
    assert [len(block.filter.bias) for block in network.chain[1:4]] == [48, 64, 64]


def test_folder_of_another_recipe_is_refused(undisturbed: Path, arguments: Arguments) -> None:
    other = DistilConfig.from_table(TABLE | {"seed": 1})
    with pytest.raises(ModelError, match="holds a run of another recipe"):
        distil(other, *arguments, undisturbed)


def test_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"model": {}, "config": {"name": "other"}}, tmp_path / "last.pt")
    with pytest.raises(ModelError, match="not of a distillation"):
        load_student(tmp_path / "last.pt")


def test_every_recipe_that_is_kept_can_be_read() -> None:
    pages = sorted((RESEARCH / "configs" / "distil").glob("*.toml"))
    assert pages
    for page in pages:
        config = DistilConfig.load(page)
        assert config.name == page.stem
        assert json.dumps(config.to_table())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps must be positive"),
        ({"kept": [0.5] * 10}, "kept must be"),
        ({"views": {"longest_edge_px": 100}}, "multiple of 16"),
        ({"loss": {"lowest_ratio": 3.0}}, "below highest_ratio"),
        ({"colour": 1}, "unknown key 'colour'"),
    ],
)
def test_wrong_recipe_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        DistilConfig.from_table(TABLE | change)
