"""The paper's tables: every row is a variant that exists, run once, and shown beside theirs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.research_support import ALONE, CONFIGS, tiny_config

from marscrop.errors import ConfigError
from marscrop.research import ablation
from marscrop.research.ablation import TABLES, Row, RowResult, markdown, row_config, run_table
from marscrop.research.config import Config
from marscrop.research.data.fcdb import load_fcdb
from marscrop.research.mars import parameter_count

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
ROWS = [row for rows in TABLES.values() for row in rows if not row.missing]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_row_is_its_base_with_its_changes(row: Row) -> None:
    config = row_config(row, CONFIG_FOLDER, seed=7, epochs=2)
    base = Config.load(CONFIG_FOLDER / f"{row.base}.toml")
    changed = {**base.to_table()["model"], **row.changes}
    assert config.to_table()["model"] == changed
    assert (config.train.seed, config.train.epochs) == (7, 2)


@pytest.mark.parametrize("number", TABLES)
def test_rows_of_a_table_differ(number: int) -> None:
    rows = [row for row in TABLES[number] if not row.missing]
    configs = [row_config(row, CONFIG_FOLDER, 0, None) for row in rows]
    assert len({repr(c) for c in configs}) == len(rows)


def test_every_table_but_the_first_holds_the_proposed_network() -> None:
    proposed = row_config(Row("ours"), CONFIG_FOLDER, 0, None)
    for number in range(2, 7):
        assert proposed in [row_config(r, CONFIG_FOLDER, 0, None) for r in TABLES[number]]


def test_without_both_parts_nothing_depends_on_the_ratio() -> None:
    both, neither = (
        row_config(row, CONFIG_FOLDER, 0, None) for row in (TABLES[3][3], TABLES[3][0])
    )
    assert parameter_count(neither.model) < parameter_count(both.model) / 5


@pytest.fixture
def small_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of configurations whose base trains in a second, and a table of two rows of it."""
    (tmp_path / "small.toml").write_text(SMALL)
    rows = (
        Row("ours", {}, (None, None, 0.706, 49.8), base="small"),
        Row("w/o FTM", {"ftm": False}, (None, None, 0.694, 52.6), base="small"),
        Row("other", {}, base="small", missing="no weights"),
    )
    monkeypatch.setitem(TABLES, 3, rows)
    return tmp_path


def run_small(configs: Path, data: Path, folder: Path) -> list[RowResult]:
    records = load_fcdb(data).crops()
    return list(
        run_table(
            3, records, folder, ALONE, configs=configs, weights_dir=configs, seeds=[0, 1], epochs=1
        )
    )


def test_table_is_run_row_by_row_and_only_once(
    small_tables: Path, fcdb: Path, tmp_path: Path
) -> None:
    results = run_small(small_tables, fcdb, tmp_path / "runs")
    assert [len(r.search_iou) for r in results] == [2, 2, 0]
    assert all(0 <= iou <= 1 for r in results for iou in r.search_iou)
    assert len(list((tmp_path / "runs").iterdir())) == 4

    checkpoints = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").glob("*/best.pt")}
    again = run_small(small_tables, fcdb, tmp_path / "runs")
    assert again == results
    assert {p: p.stat().st_mtime_ns for p in checkpoints} == checkpoints


def test_unknown_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Tables 1-6; got 7"):
        next(run_table(7, [], tmp_path, ALONE, configs=tmp_path, weights_dir=tmp_path, seeds=[0]))


def test_markdown_has_ours_beside_the_papers() -> None:
    ran = RowResult(
        Row("ours", {}, (5.6, 108, 0.706, 49.8)), 5_590_000, (0.76, 0.78), (0.05, 0.06), (0.7, 0.7)
    )
    left = RowResult(Row("VGG16", missing="no weights"), 142_600_000)
    lines = markdown([ran, left]).splitlines()
    assert lines[2] == (
        "| ours | 5.6M | 0.7700 ± 0.0100 | 0.0550 ± 0.0050 | 0.7000 ± 0.0000 | 0.706 | 49.8 |"
    )
    assert lines[3] == "| VGG16 | 142.6M | no weights |  |  |  |  |"


def test_runs_of_other_schedules_lie_apart() -> None:
    config = tiny_config()
    longer = dataclasses.replace(config, train=dataclasses.replace(config.train, epochs=99))
    seeded = dataclasses.replace(config, train=dataclasses.replace(config.train, seed=99))
    assert ablation._digest(longer) != ablation._digest(config)
    assert ablation._digest(seeded) == ablation._digest(config)
