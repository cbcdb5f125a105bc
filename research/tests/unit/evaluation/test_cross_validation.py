"""Every photo is judged once a seed, by a network that has not seen it."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from research.tests.support import ALONE, tiny_config

from marscrop_research.config import Config
from marscrop_research.data.fcdb import fold
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import ConfigError, DataError
from marscrop_research.evaluation.cross_validation import FOLDS, HeldOut, cross_validate, hold_out
from marscrop_research.training.loop import train

Records = list[CropRecord]


@pytest.fixture(scope="module")
def folded(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Records:
    """The small FCDB, and copies of its photos under names of the folds that have none."""
    folder = tmp_path_factory.mktemp("copies")
    names = (f"copy_{n}.jpg" for n in range(99))
    missing = set(range(FOLDS)) - {fold(r.path.name) for r in records}
    copies = []
    for name in names:
        if fold(name) in missing:
            missing.remove(fold(name))
            path = folder / name
            shutil.copy(records[0].path, path)
            copies.append(dataclasses.replace(records[0], path=path, split="train"))
    return [*records, *copies]


def test_folds_part_the_photos_and_the_first_is_the_validation_split(folded: Records) -> None:
    held = [
        {r.path.name for r in hold_out(folded, k) if r.split == "validation"} for k in range(FOLDS)
    ]
    assert sum(map(len, held)) == len(folded)
    assert set().union(*held) == {r.path.name for r in folded}
    assert held[0] == {r.path.name for r in folded if r.split == "validation"}


def numbered(_: Config, parts: Records, number: int) -> dict[str, list[float]]:
    held = [r for r in parts if r.split == "validation"]
    return {
        "marscrop iou": [number / 10] * len(held),
        "marscrop bde": [float(r.path.stem[-1]) for r in held],
    }


def test_each_photo_gets_its_own_folds_figures(folded: Records) -> None:
    found = cross_validate(tiny_config(), folded, numbered, seeds=[0, 7], commit="abc")
    folds = [fold(name) / 10 for name in found.photos]
    numbers = [float(Path(name).stem[-1]) for name in found.photos]
    np.testing.assert_array_equal(found.iou, [folds, folds])
    np.testing.assert_array_equal(found.bde, [numbers, numbers])
    assert found.seeds == (0, 7)
    assert "seed" not in found.config["train"]


def test_test_photos_are_passed_over(folded: Records) -> None:
    more = [*folded, dataclasses.replace(folded[0], path=Path("of_the_test.jpg"), split="test")]
    found = cross_validate(tiny_config(), more, numbered, seeds=[0])
    assert found.photos == tuple(r.path.name for r in folded)


def test_figures_are_of_the_last_epoch_of_a_network_trained_on_the_rest(
    folded: Records, tmp_path: Path
) -> None:
    seen: list[tuple[int, int, set[str]]] = []

    def validate(config: Config, parts: Records, number: int) -> dict[str, list[float]]:
        seen.append((config.train.seed, number, {r.path.name for r in parts if r.split == "train"}))
        folder = tmp_path / f"{number}-{config.train.seed}"
        outcome = train(config, parts, folder, ALONE)
        again = train(config, parts, folder, ALONE)  # read from the checkpoint
        assert again.last == outcome.last
        log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        last = [line for line in log if "marscrop iou" in line][-1]
        assert np.mean(outcome.last["marscrop iou"]) == pytest.approx(last["marscrop iou"])
        return outcome.last

    found = cross_validate(tiny_config(train={"epochs": 2}), folded, validate, seeds=[3])
    assert [(seed, number) for seed, number, _ in seen] == [(3, k) for k in range(FOLDS)]
    for _, number, trained in seen:
        assert not any(fold(name) == number for name in trained)
    assert np.isfinite(found.iou).all()


def held_out(iou: list[list[float]], photos: tuple[str, ...] = ("a", "b", "c")) -> HeldOut:
    values = np.array(iou)
    return HeldOut({}, "abc", photos, tuple(range(len(iou))), values, 1 - values)


def test_result_is_kept_as_it_is(tmp_path: Path) -> None:
    found = held_out([[0.5, 0.25, 0.125], [0.5, 0.5, 0.5]])
    found.save(tmp_path / "result.json")
    loaded = HeldOut.load(tmp_path / "result.json")
    np.testing.assert_array_equal(loaded.iou, found.iou)
    assert (loaded.photos, loaded.seeds, loaded.commit) == (found.photos, found.seeds, "abc")


def test_comparison_is_photo_by_photo() -> None:
    hard = [0.9, 0.3, 0.6]
    better, worse = held_out([[v + 0.05 for v in hard]] * 2), held_out([hard] * 3)
    iou, bde = better.against(worse)
    assert iou == pytest.approx((0.05, 0.05, 0.05))
    assert bde == pytest.approx((-0.05, -0.05, -0.05))
    with pytest.raises(DataError, match="not run on the same photos"):
        better.against(held_out([hard], photos=("a", "b", "d")))


@pytest.mark.parametrize("content", ["", "[]", '{"iou": [[1]]}', '{"iou": "x"}'])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"other\.json: expected a file that `marscrop crossval`"):
        HeldOut.load(path)


def test_figures_that_are_not_of_the_photos_are_refused(tmp_path: Path) -> None:
    held_out([[0.5, 0.5]], photos=("a", "b", "c")).save(tmp_path / "result.json")
    with pytest.raises(DataError, match="figures for each seed and photo expected"):
        HeldOut.load(tmp_path / "result.json")


def test_no_seeds_and_too_few_photos_are_refused(folded: Records) -> None:
    with pytest.raises(ConfigError, match="at least one seed"):
        cross_validate(tiny_config(), folded, numbered, seeds=[])
    with pytest.raises(DataError, match="has no photos; too few to fold"):
        cross_validate(tiny_config(), folded[:1], numbered, seeds=[0])
