"""From a run to a model folder that the product runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from research.tests.support import REPOSITORY
from tests.unit.cli.conftest import Cli

from marscrop import Cropper
from marscrop.runtime.manifest import Manifest
from marscrop.runtime.model import MarsModel
from marscrop_research.distil.distillation import load_student
from marscrop_research.distil.views import planes

Pixels = NDArray[np.uint8]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    return Cli(capsys, monkeypatch)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "tiny.toml"
    page.write_text(
        "steps = 2\nwarmup_steps = 1\nmeasured_photos = 2\n"
        "[views]\nlongest_edge_px = 48\nbatch_size = 2\n[loss]\nratios = 2\n"
    )
    return page


def test_command_leaves_a_model_that_gives_the_students_crops(
    cli: Cli, page: Path, teacher_folder: Path, fcdb: Path, rgb: Pixels, tmp_path: Path
) -> None:
    run, model = tmp_path / "run", tmp_path / "model"
    result = cli(
        "distil", page, "--data", fcdb, "--teacher", teacher_folder, "-o", run, "--model", model
    )
    assert result.code == 0, result.err
    manifest, teacher = Manifest.load(model), Manifest.load(teacher_folder)
    assert manifest.name == "tiny"
    assert manifest.input.longest_edge_px == 48
    assert manifest.parts["head"] == teacher.parts["head"]
    assert manifest.prior == teacher.prior
    assert manifest.training["teacher"]["features_sha256"] == teacher.parts["features"].sha256
    assert manifest.training["step"] == 2
    assert manifest.scores["moved_from_teacher"]["boxes"] == 9
    assert 0 < manifest.scores["marscrop"]["iou"] < 1

    network, _, _ = load_student(run / "last.pt")
    with torch.no_grad():
        wanted = network.eval()(planes(rgb[None])).numpy()
    np.testing.assert_array_equal(MarsModel(model, 1).features(rgb), wanted)
    (crop,) = Cropper(model).crop(REPOSITORY / "examples" / "cat.jpg", ["1:1"])
    x0, y0, x1, y1 = crop.box
    assert x1 - x0 == y1 - y0 > 0


def test_pixels_that_do_not_lie_together_are_taken_as_well(
    cli: Cli, page: Path, teacher_folder: Path, fcdb: Path, rgb: Pixels, tmp_path: Path
) -> None:
    arguments = "--data", fcdb, "--teacher", teacher_folder, "-o", tmp_path / "run"
    assert cli("distil", page, *arguments, "--model", tmp_path / "model").code == 0
    session = MarsModel(tmp_path / "model", 1)
    turned = np.ascontiguousarray(rgb[:, ::-1])
    np.testing.assert_array_equal(session.features(turned[:, ::-1]), session.features(rgb))
