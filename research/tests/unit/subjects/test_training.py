"""The run that teaches a subject map, on a toy set of views of random maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from research.tests.support import RESEARCH
from research.tests.unit.training.runs import differing_contents, log_of

from marscrop.errors import ModelError
from marscrop.geometry import Window
from marscrop_research.errors import ConfigError, DataError
from marscrop_research.subjects.losses import ViewTargets, subject_losses
from marscrop_research.subjects.network import SubjectMaps, SubjectNetwork
from marscrop_research.subjects.sources import SourcePhoto
from marscrop_research.subjects.subject_config import SubjectConfig
from marscrop_research.subjects.targets import (
    PhotoLabels,
    gaze_target,
    head_targets,
    subject_targets,
)
from marscrop_research.subjects.training import load_subjects, stored_maps, train_subjects
from marscrop_research.subjects.views import View, ViewGroup, ViewSet

COUNT = 30
CHANNELS = (6, 4, 3)
WHOLE = (0.0, 0.0, 1.0, 1.0)
TABLE: dict[str, Any] = {"steps": 12, "batch_size": 6, "checkpoint_every_steps": 3}
CONFIG = SubjectConfig.from_table(TABLE)
PHOTOS = [
    SourcePhoto(Path(f"{n}.jpg"), "voc07" if n % 3 else "bsds", n % 10 == 0) for n in range(COUNT)
]


def known(index: int) -> PhotoLabels:
    """A photo in which all happens at one of two places."""
    left = 0.1 if index % 2 else 0.6
    gaze = np.full((48, 48), 0.1, np.float32)
    gaze[10:20, int(48 * left) : int(48 * left) + 10] = 5
    head = Window(left, 0.2, left + 0.2, 0.5)
    subjects = [(Window(left, 0.2, left + 0.3, 0.9), True)] if index % 3 else None
    return PhotoLabels(None if index % 5 == 1 else gaze / gaze.sum(), [(head, True)], subjects)


LABELS = [known(n) for n in range(COUNT)]


def maps(index: int, rows: int, columns: int) -> tuple[NDArray[Any], ...]:
    """Noise, and whether it is the one place or the other."""
    draw = np.random.default_rng(index)
    features = draw.normal(0, 0.1, (CHANNELS[0], rows, columns))
    features[0] = index % 2
    details = draw.integers(-9, 9, (CHANNELS[1], 2 * rows, 2 * columns))
    edges = draw.integers(-9, 9, (CHANNELS[2], 4 * rows, 4 * columns))
    return features.astype(np.float16), details.astype(np.int8), edges.astype(np.int8)


def group(indices: range, rows: int, columns: int) -> ViewGroup:
    kept = [np.stack(kind) for kind in zip(*(maps(n, rows, columns) for n in indices), strict=True)]
    return ViewGroup([View(n, WHOLE, False) for n in indices], *kept)


@pytest.fixture(scope="module")
def views() -> ViewSet:
    """Of two shapes, and one more that has too few."""
    groups = [group(range(16), 3, 4), group(range(12, 27), 4, 3), group(range(27, 30), 4, 4)]
    return ViewSet(groups, (0.1, 0.2))


@pytest.fixture(scope="module")
def undisturbed(views: ViewSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("subjects") / "run"
    train_subjects(CONFIG, PHOTOS, LABELS, views, folder, commit="abc")
    return folder


@pytest.mark.parametrize("killed_at", [2, 6, 11])
def test_resumed_run_ends_as_one_that_was_not_killed(
    undisturbed: Path, views: ViewSet, tmp_path: Path, killed_at: int
) -> None:
    run = tmp_path / "run"
    arguments = CONFIG, PHOTOS, LABELS, views, run
    train_subjects(*arguments, commit="abc", stop_at=killed_at)
    train_subjects(*arguments, commit="abc")
    assert differing_contents(run / "last.pt", undisturbed / "last.pt") == []
    assert log_of(run) == log_of(undisturbed)


def test_finished_run_is_left_as_it_is(undisturbed: Path, views: ViewSet) -> None:
    before = (undisturbed / "last.pt").read_bytes()
    network = train_subjects(CONFIG, PHOTOS, LABELS, views, undisturbed)
    assert (undisturbed / "last.pt").read_bytes() == before
    assert not network.training
    assert [line["step"] for line in log_of(undisturbed)] == [12]


def test_log_holds_means_since_the_line_before(views: ViewSet, tmp_path: Path) -> None:
    """So one line more or less changes none of the others, and a part has its own mean."""
    lines: list[dict[str, Any]] = []
    config = SubjectConfig.from_table({**TABLE, "steps": 52, "learning_rate": 1e-9})
    train_subjects(config, PHOTOS, LABELS, views, tmp_path, report=lines.append)
    assert [line["step"] for line in lines] == [50, 52]
    assert lines[1]["heads"] == pytest.approx(lines[0]["heads"], rel=0.3)
    shown = [{k: v for k, v in line.items() if k != "photos_per_s"} for line in lines]
    assert log_of(tmp_path) == shown


def test_network_learns(views: ViewSet, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = []
    config = SubjectConfig.from_table({**TABLE, "steps": 150, "checkpoint_every_steps": 1000})
    network = train_subjects(config, PHOTOS, LABELS, views, tmp_path, report=lines.append)
    for part in ("gaze", "heads", "subjects", "boxes"):
        assert lines[-1][part] < 0.5 * lines[0][part], part
    # What it says of photos whose gaze it was not taught hangs on the last bits of sums.
    taught = [n for n in range(16) if LABELS[n].gaze is not None and not PHOTOS[n].held_out]
    with torch.inference_mode():
        found = network(*stored_maps(views.groups[0], np.array(taught), views.steps))
    for index, gaze in zip(taught, found.gaze.exp(), strict=True):
        column = int(gaze.sum(dim=0).argmax())  # of 8
        assert column == pytest.approx(1.5 if index % 2 else 5.5, abs=1), index


def test_held_out_photos_are_not_learned_from(
    undisturbed: Path, views: ViewSet, tmp_path: Path
) -> None:
    _, _, content = load_subjects(undisturbed / "last.pt")
    learned = [photo.source for photo in PHOTOS[:27] if not photo.held_out]
    assert content["photos"] == {name: learned.count(name) for name in ("voc07", "bsds")}

    changed = [
        PhotoLabels(None, [], []) if photo.held_out else label
        for photo, label in zip(PHOTOS, LABELS, strict=True)
    ]
    train_subjects(CONFIG, PHOTOS, changed, views, tmp_path, commit="abc")
    assert differing_contents(tmp_path / "last.pt", undisturbed / "last.pt") == []


def test_checkpoint_holds_the_network_and_its_recipe(undisturbed: Path, views: ViewSet) -> None:
    network, config, content = load_subjects(undisturbed / "last.pt")
    assert config == CONFIG
    assert (content["step"], content["commit"]) == (12, "abc")
    with torch.inference_mode():
        found = network(*stored_maps(views.groups[0], np.arange(2), views.steps))
    assert found.gaze.shape == (2, 6, 8)
    assert found.heads.shape == (2, 5, 12, 16)
    torch.testing.assert_close(found.gaze.exp().sum(dim=(1, 2)), torch.ones(2))


def test_folder_of_another_recipe_is_refused(undisturbed: Path, views: ViewSet) -> None:
    other = SubjectConfig.from_table({**TABLE, "seed": 1})
    with pytest.raises(ModelError, match="holds a run of another recipe"):
        train_subjects(other, PHOTOS, LABELS, views, undisturbed)


def test_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"model": {}, "config": {"name": "other"}}, tmp_path / "last.pt")
    with pytest.raises(ModelError, match="not of a subject map"):
        load_subjects(tmp_path / "last.pt")


def test_views_of_other_photos_or_too_few_are_refused(views: ViewSet, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="views are of more photos than the 20 at hand"):
        train_subjects(CONFIG, PHOTOS[:20], LABELS[:20], views, tmp_path)
    few = ViewSet(views.groups[2:], views.steps)
    with pytest.raises(DataError, match="at least 8 views of one shape"):
        train_subjects(CONFIG, PHOTOS, LABELS, few, tmp_path)


def said(targets: ViewTargets) -> SubjectMaps:
    """Maps of one view that say just what is wanted, as surely as odds can."""
    boxes = []
    for wanted in (targets.heads, targets.subjects or targets.heads):
        values = np.zeros((1, 5, *wanted.heat.shape), np.float32)
        values[0, 0] = np.where(wanted.heat == 1, 20, -20)
        for (row, column), box in zip(wanted.cells, wanted.boxes, strict=True):
            values[0, 1:, row, column] = box
        boxes.append(torch.from_numpy(values))
    assert targets.gaze is not None
    return SubjectMaps(torch.from_numpy(targets.gaze).log()[None], *boxes)


def targets_of(label: PhotoLabels) -> ViewTargets:
    view = View(0, WHOLE, False)
    assert label.gaze is not None
    gaze, heads = gaze_target(label.gaze, view, 9, 12), head_targets(label, view, 18, 24)
    return ViewTargets(gaze, heads, subject_targets(label, view, 9, 12))


def test_no_loss_where_all_is_said() -> None:
    targets = targets_of(known(2))
    for part in subject_losses(said(targets), [targets]):
        assert float(part) == pytest.approx(0, abs=1e-5)


def test_each_wrong_answer_has_its_part_of_the_loss() -> None:
    targets = targets_of(known(2))
    right = said(targets)
    row, column = targets.heads.cells[0]
    unfound, moved = right.heads.clone(), right.heads.clone()
    unfound[0, 0, row, column] = -3
    moved[0, 1:, row, column] += 1
    even = torch.full_like(right.gaze, 1 / right.gaze.numel()).log()
    wrong = {
        "gaze": right._replace(gaze=even),
        "heads": right._replace(heads=unfound),
        "subjects": right._replace(subjects=-right.subjects),
        "boxes": right._replace(heads=moved),
    }
    for part, maps in wrong.items():
        losses = subject_losses(maps, [targets])._asdict()
        assert float(losses.pop(part)) > 0.5 or part == "gaze", part
        if part == "subjects":
            losses.pop("boxes")  # sizes are wrong as well
        assert all(float(value) < 1e-4 for value in losses.values()), part


def test_what_nobody_knows_costs_nothing_and_teaches_nothing() -> None:
    torch.manual_seed(0)
    network = SubjectNetwork(CHANNELS)
    seen = [torch.randn(2, c, 3 * s, 4 * s) for c, s in zip(CHANNELS, (1, 2, 4), strict=True)]
    nobody = head_targets(PhotoLabels(None, [], None), View(0, WHOLE, False), 12, 16)
    losses = subject_losses(network(*seen), [ViewTargets(None, nobody, None)] * 2)
    unknown = torch.stack([losses.gaze, losses.subjects, losses.boxes])
    assert not unknown.any()
    unknown.sum().backward()
    for weights in (network.coarse.weight, *network.fine.parameters()):
        assert weights.grad is not None
        assert not weights.grad.any()


def test_recipes_that_are_kept_can_be_read() -> None:
    pages = sorted((RESEARCH / "configs" / "subjects").glob("*.toml"))
    assert pages
    for page in pages:
        assert SubjectConfig.load(page).steps > 0
        assert SubjectConfig.load(page, ["steps=3", "seed=2"]).steps == 3


def test_recipe_is_named_after_its_page(tmp_path: Path) -> None:
    (tmp_path / "quick.toml").write_text("steps = 5\n")
    assert SubjectConfig.load(tmp_path / "quick.toml").name == "quick"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps must be positive"),
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
        ({"box_weight": -1.0}, "box_weight must be 0 or more"),
        ({"colour": 1}, "unknown key 'colour'"),
    ],
)
def test_wrong_recipe_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SubjectConfig.from_table(TABLE | change)
