"""Table 7 on a small FCDB, HCDB and FAT: rows, protocols by hand, the text, and a study of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from research.tests.support import CONFIGS
from research.tests.unit.data.small_sets import make_hcdb, make_photos, write_json
from tests.unit.cli.conftest import Cli

from marscrop.geometry import Box, Size, Window
from marscrop_research.data.records import CropRecord, PhotoRecord
from marscrop_research.evaluation.protocol import CENTRE
from marscrop_research.paper.study.trials import load_study
from marscrop_research.paper.table7 import Contender, Result, centre, measure
from marscrop_research.paper.table7_markdown import FCDB, HCDB, markdown
from marscrop_research.systems.registry import SYSTEMS
from marscrop_research.systems.speed import frames_per_second
from marscrop_research.systems.system import Published

# A square on the left, the right half, and all; see test_several_boxes.py.
PHOTO = PhotoRecord(
    Path("a.jpg"),
    Size(100, 50),
    (Window(0, 0, 50, 50), Window(50, 0, 100, 50), Window(0, 0, 100, 50)),
    None,
    "test",
)


def contender(name: str, *runs: Mapping[float, Box]) -> Contender:
    """Answers by ratio; a run each."""

    def run(boxes: Mapping[float, Box]) -> object:
        return lambda record: {name: boxes[round(record.ratio.value, 3)]}

    return Contender(
        name, name.title(), "", Published("VGG16", 75, (0.8, 0.03), (0.7, 0.06)), "nothing", 1000,
        tuple(run(boxes) for boxes in runs), lambda: Box(0, 0, 1, 1),  # type: ignore[misc]
    )  # fmt: skip


def test_hcdb_s_protocols_by_hand() -> None:
    """Asked 1:1 twice, then 2:1, which is the consensus box's ratio."""
    square, wide = Box(25, 0, 75, 50), Box(0, 0, 80, 40)
    who = contender("made", {1.0: square, 2.0: wide}, {1.0: square, 2.0: Box(0, 0, 100, 50)})
    found = measure(who, {HCDB: ([PHOTO], ("strict", "maxGT", "consensus"))}).figures
    strict, maximum = found[HCDB, "strict"].iou, found[HCDB, "maxGT"].iou
    assert strict.tolist() == [
        pytest.approx([1 / 3, 1 / 3, 0.64]),
        pytest.approx([1 / 3, 1 / 3, 1]),
    ]
    assert maximum.tolist() == [pytest.approx([0.5, 0.5, 0.64]), pytest.approx([0.5, 0.5, 1])]
    assert found[HCDB, "consensus"].iou.tolist() == [pytest.approx([0.64]), pytest.approx([1])]
    # Right edge 0.2 of the width, lower edge 0.2 of the height, over four edges.
    assert found[HCDB, "consensus"].bde[0].tolist() == pytest.approx([0.1])


def test_the_text_has_ours_and_theirs_and_differences() -> None:
    better = contender("mars", {1.0: Box(0, 0, 50, 50), 2.0: Box(0, 0, 100, 50)})
    worse = contender("made", {1.0: Box(50, 0, 100, 50), 2.0: Box(0, 0, 80, 40)})
    one = [PhotoRecord(Path(n), PHOTO.size, PHOTO.boxes[:1], None, "test") for n in ("a", "b")]
    results = [measure(who, {FCDB: (one, ("strict",))}) for who in (centre(), worse, better)]
    lines = markdown(results, [1e6, 20.2, 30]).splitlines()
    row = next(line for line in lines if line.startswith("| Made"))
    assert "| 20 | 0.0000 | 0.2500 | -1.0000 [-1.0000, -1.0000]" in row
    assert row.endswith("| VGG16 | 75 | 0.700 / 0.060 |")
    assert "- **Made**: nothing." in lines
    assert any(line.startswith("Not above the centre crop: Made.") for line in lines)
    assert any(line.startswith("| Centre crop |  | over 10,000 |") for line in lines)


def test_every_system_says_what_it_is() -> None:
    for name, kind in SYSTEMS.items():
        assert kind.name == name
        assert kind.title
        assert kind.paper
        assert kind.bends
        assert kind.published.backbone
    order = list(SYSTEMS)
    assert all(order.index(t) < order.index(n) for n in order for t in SYSTEMS[n].teachers)


def test_speed_is_of_all_methods() -> None:
    calls = []
    found = frames_per_second([lambda: calls.append(1) or Box(0, 0, 1, 1)] * 2, 5)  # type: ignore[func-returns-value]
    assert min(found) > 0
    assert len(calls) == 20


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """The backbone's page, with random weights and a small input."""
    page = next(page for page in CONFIGS if page.stem == "mobilenetv2").read_text()
    page = re.sub(r"(?m)^weights = .*$", 'weights = "none"', page)
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "mobilenetv2.toml").write_text(f"{page}\nlongest_edge_px = 128\n")
    return folder


@pytest.fixture
def fixations(tmp_path: Path) -> Path:
    make_photos(tmp_path / "fixations" / "images", ("a.jpg",))
    write_json(tmp_path / "fixations" / "fixations.json", {"a.jpg": [[0.25, 0.5], [0.5, 0.75]]})
    return tmp_path / "fixations"


@pytest.fixture
def fat(tmp_path: Path) -> Path:
    make_photos(tmp_path / "fat" / "images", ("a.jpg", "b.jpg"))
    line = {"image": "a.jpg", "box": [0, 0, 40, 30], "split": "test"}
    (tmp_path / "fat" / "fat.jsonl").write_text(json.dumps(line))
    return tmp_path / "fat"


def test_one_command_trains_measures_and_prepares_a_study(
    cli: Cli, fcdb: Path, configs: Path, fixations: Path, fat: Path, tmp_path: Path, examples: Path
) -> None:
    torch.manual_seed(0)
    hcdb = make_hcdb(tmp_path / "hcdb")
    runs, text = tmp_path / "runs", tmp_path / "table7.md"
    command = (
        "ablate", "--table", 7, "--data", fcdb, "--configs", configs, "--output", runs,
        "--epochs", 1, "--seeds", 1, "--frames", 1, "--markdown", text,
        "--feature-cache", tmp_path / "features",
        "--fixations", fixations, "--hcdb", hcdb, "--fat", fat,
    )  # fmt: skip
    done = cli(*command)
    assert done.code == 0, done.err
    written = text.read_text()
    titles = {kind.title for kind in SYSTEMS.values()} | {"Centre crop"}
    for title in titles:
        assert written.count(f"\n| {title} |") == 3  # FCDB, HCDB, FAT
        assert f"- **{title}**" in written
    assert "3 photos of FCDB validation, 3 photos of HCDB, 1 photos of FAT" in written
    assert {f.name for f in runs.iterdir()} >= {"vfn-e1-s0", "mars-e1-s0"}

    again = cli(*command[:-2], "--systems", "vfn,mars")  # only read, and fewer rows
    assert again.code == 0
    assert "| VFN |" in again.out
    assert "| VEN |" not in again.out
    assert "FAT, test split" not in again.out

    assert_study(runs, configs, tmp_path, examples)


def assert_study(runs: Path, configs: Path, folder: Path, examples: Path) -> None:
    """All systems, the shipped one and the centre crop are to choose from, at both ratios."""
    from marscrop.ratio import AspectRatio
    from marscrop_research.cli.study import _system_boxes

    photos = folder / "photos"
    photos.mkdir()
    (photos / "coffee.jpg").write_bytes((examples / "coffee.jpg").read_bytes())
    files = _system_boxes(runs, photos, ["1:1", "16:9"], folder / "v.boxes", Path(), configs)
    assert [name for name, _ in files] == [CENTRE, *SYSTEMS, "marscrop"]
    study = load_study(photos, files)
    assert study.problems == ()
    assert sorted(trial.ratio for trial in study.trials) == pytest.approx([1, 16 / 9])
    for trial in study.trials:
        assert set(trial.boxes) == {name for name, _ in files}
        for box in trial.boxes.values():
            width, height = box.size
            assert abs(width - height * AspectRatio(trial.ratio, 1).value) <= 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--table", 7, "--set", "train.epochs=3"), "--set is for Tables 1-6"),
        (("--table", 3, "--systems", "vfn"), "are for Table 7"),
    ],
)
def test_options_of_other_tables_are_refused(
    cli: Cli, fcdb: Path, options: tuple[object, ...], said: str
) -> None:
    result = cli("ablate", "--data", fcdb, *options)
    assert result.code == 2
    assert said in " ".join(result.err.split())


def test_what_learns_gaze_asks_for_it(cli: Cli, fcdb: Path) -> None:
    result = cli("ablate", "--table", 7, "--data", fcdb)
    assert result.code == 1
    assert "--fixations" in result.err
    unknown = cli("ablate", "--table", 7, "--data", fcdb, "--systems", "vnf")
    assert "got 'vnf'" in unknown.err


def test_runs_are_told_apart_by_their_figures() -> None:
    """A row's spread is the largest distance of a seed from the mean."""
    boxes = [{1.0: Box(0, 0, 50, 50)}, {1.0: Box(50, 0, 100, 50)}]
    one = [PhotoRecord(Path("a"), PHOTO.size, PHOTO.boxes[:1], None, "test")]
    found: Result = measure(contender("made", *boxes), {FCDB: (one, ("strict",))})
    assert np.ravel(found.figures[FCDB, "strict"].iou).tolist() == [1, 0]
    assert "0.5000 ± 0.5000" in markdown([found])


def test_a_record_is_asked_at_its_own_ratio() -> None:
    record = CropRecord(Path("a"), Size(100, 50), Window(0, 0, 20, 20), "test")
    assert centre().runs[0](record)[CENTRE] == Box(25, 0, 75, 50)
