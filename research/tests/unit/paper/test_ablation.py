"""The paper's tables: every row is a variant that exists, run once, and shown beside theirs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from research.tests.support import ALONE, CONFIGS, tiny_config

from marscrop.errors import ModelError
from marscrop_research.config import Config
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.errors import ConfigError
from marscrop_research.network.mars import parameter_count
from marscrop_research.paper.ablation import Plan, RowResult, _digest, run_table, table_rows
from marscrop_research.paper.ablation_markdown import facts, markdown
from marscrop_research.paper.frame_rate import frames_per_second
from marscrop_research.paper.published_tables import TABLES, Row

CONFIG_FOLDER = CONFIGS[0].parent
SMALL = """
[model]
layer = "c3_1"
embedding_dim = 8
embedding_count = 5
hidden_width = 8
out_channels = 4
[train]
batch_size = 4
longest_edge_px = 64
"""


def planned(row: Row, seed: int = 0, epochs: int | None = None) -> Config:
    return Plan(CONFIG_FOLDER, Path(), (seed,), epochs).config(row, seed)


ROWS = [row for rows in TABLES.values() for row in rows if not row.missing]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_row_is_its_base_with_its_changes(row: Row) -> None:
    config = planned(row, seed=7, epochs=2)
    base = Config.load(CONFIG_FOLDER / f"{row.base}.toml")
    changed = {**base.to_table()["model"], **row.changes}
    assert config.to_table()["model"] == changed
    assert (config.train.seed, config.train.epochs) == (7, 2)


@pytest.mark.parametrize("number", TABLES)
def test_rows_of_a_table_differ(number: int) -> None:
    rows = [row for row in TABLES[number] if not row.missing]
    configs = [planned(row) for row in rows]
    assert len({repr(c) for c in configs}) == len(rows)


def test_every_table_but_the_first_holds_the_proposed_network() -> None:
    proposed = planned(Row("ours"))
    for number in range(2, 7):
        assert [planned(r) for r in TABLES[number] if r.reference] == [proposed]


def test_without_both_parts_nothing_depends_on_the_ratio() -> None:
    both, neither = planned(TABLES[3][3]), planned(TABLES[3][0])
    assert parameter_count(neither.model) < parameter_count(both.model) / 5


@pytest.fixture
def small_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of configurations whose base trains in a second, and a table of two rows of it."""
    (tmp_path / "small.toml").write_text(SMALL)
    rows = (
        Row("ours", {}, (None, None, 0.706, 49.8), base="small", reference=True),
        Row("w/o FTM", {"ftm": False}, (None, None, 0.694, 52.6), base="small"),
        Row("other", {}, base="small", missing="no weights"),
    )
    monkeypatch.setitem(TABLES, 3, rows)
    return tmp_path


def run_small(configs: Path, data: Path, folder: Path) -> list[RowResult]:
    records = load_fcdb(data).crops()
    return list(run_table(3, records, folder, ALONE, small_plan(configs)))


def small_plan(configs: Path) -> Plan:
    return Plan(configs, configs, seeds=(0, 1), epochs=1)


def test_table_is_run_row_by_row_and_only_once(
    small_tables: Path, fcdb: Path, tmp_path: Path
) -> None:
    results = run_small(small_tables, fcdb, tmp_path / "runs")
    photos = len(load_fcdb(fcdb).crops("validation"))
    assert [r.iou.shape for r in results] == [(2, photos), (2, photos), (0,)]
    assert all(((r.iou >= 0) & (r.iou <= 1)).all() for r in results)
    assert len(list((tmp_path / "runs").iterdir())) == 4

    checkpoints = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").glob("*/best.pt")}
    again = run_small(small_tables, fcdb, tmp_path / "runs")
    for once, twice in zip(results, again, strict=True):
        np.testing.assert_array_equal(once.iou, twice.iou)
        np.testing.assert_array_equal(once.bde, twice.bde)
        np.testing.assert_array_equal(once.paper_iou, twice.paper_iou)
    assert {p: p.stat().st_mtime_ns for p in checkpoints} == checkpoints


def test_unknown_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Tables 1-6; got 7"):
        table_rows(7)


def test_run_of_an_earlier_version_is_refused(
    small_tables: Path, fcdb: Path, tmp_path: Path
) -> None:
    run_small(small_tables, fcdb, tmp_path / "runs")
    path = next((tmp_path / "runs").glob("*-s0/best.pt"))
    content = torch.load(path)
    del content["each_photo"]
    torch.save(content, path)
    with pytest.raises(ModelError, match="earlier version; delete its folder"):
        run_small(small_tables, fcdb, tmp_path / "runs")


def row_result(row: Row, *of_seeds: list[float]) -> RowResult:
    iou = np.array(of_seeds)
    return RowResult(row, 5_590_000, iou, 1 - iou, iou / 2)


def test_markdown_has_ours_beside_the_papers() -> None:
    row = Row("ours", {}, (5.6, 108, 0.706, 49.8), reference=True)
    reference = row_result(row, [0.7, 0.8, 0.78], [0.8, 0.8, 0.8])
    left = row_result(Row("VGG16", missing="no weights"))
    lines = markdown([reference, left], [31.4, 2.5]).splitlines()
    assert lines[2] == (
        "| ours * | 5.6M | 31 | 0.7800 ± 0.0200 | 0.2200 ± 0.0200 | 0.3900 ± 0.0100 |  | 108 | "
        "0.706 | 49.8 |"
    )
    assert lines[3] == "| VGG16 | 5.6M | 2 | no weights |  |  |  |  |  |  |"
    assert {line.count("|") for line in lines} == {11}
    assert "| - |" in markdown([reference])


def test_markdown_says_which_rows_the_photos_tell_apart() -> None:
    rng = np.random.default_rng(0)
    hard = rng.uniform(0.4, 0.9, 200)  # what is hard about a photo is hard for every row
    runs = {
        "worse": [hard - 0.05 + rng.normal(0, 0.01, 200) for _ in range(3)],
        "same": [hard + rng.normal(0, 0.05, 200) for _ in range(3)],
        "better": [hard + 0.05 + rng.normal(0, 0.01, 200) for _ in range(3)],
    }
    results = [row_result(Row("ours", reference=True), *([list(hard)] * 3))]
    results += [row_result(Row(name), *map(list, of_seeds)) for name, of_seeds in runs.items()]
    ours, worse, same, better = markdown(results).splitlines()[2:]
    assert "told apart" not in ours
    assert "] worse" in worse
    assert "] not told apart" in same
    assert "] better" in better


def test_facts_name_command_seeds_data_and_skipped(small_tables: Path, fcdb: Path) -> None:
    plan = dataclasses.replace(small_plan(small_tables), changes=("train.frozen_stride=8",))
    data = load_fcdb(fcdb)
    text = facts(3, plan, data, "abcdef0123456", timed=False)
    assert (
        "marscrop ablate --table 3 --seeds 2 --epochs 1 --set train.frozen_stride=8 --data" in text
    )
    assert "`small`; 1 epochs; seeds 0, 1;" in text
    assert f"{len(data.crops('train'))} training and {len(data.crops('validation'))}" in text
    assert f"{len(data.skipped)} entries skipped; commit abcdef0123." in text
    assert "Frames/s" not in text
    assert f"{torch.get_num_threads()} CPU threads" in facts(3, plan, data, "x", timed=True)


def test_every_variant_has_a_speed() -> None:
    variants = [tiny_config(model={"out_stride": stride}).model for stride in (4, 2)]
    speeds = frames_per_second(variants, frames=5)
    assert len(speeds) == 2
    assert all(1 < speed < 100_000 for speed in speeds)


def test_runs_of_other_schedules_lie_apart() -> None:
    config = tiny_config()
    longer = dataclasses.replace(config, train=dataclasses.replace(config.train, epochs=99))
    seeded = dataclasses.replace(config, train=dataclasses.replace(config.train, seed=99))
    assert _digest(longer) != _digest(config)
    assert _digest(seeded) == _digest(config)
