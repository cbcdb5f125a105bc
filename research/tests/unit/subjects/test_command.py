"""`marscrop subjects`, each command in its turn, from photos to a model that sees subjects."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from research.tests.support import REPOSITORY
from research.tests.unit.data.small_sets import write_json
from research.tests.unit.subjects.conftest import PHOTOS
from typer.testing import CliRunner

from marscrop import Cropper
from marscrop.errors import MarscropError, ModelError
from marscrop.runtime.manifest import Manifest
from marscrop.window.confidence import Calibration
from marscrop_research.cli.subjects import app
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import ConfigError
from marscrop_research.export import packaging
from marscrop_research.subjects.sources import SourcePhoto
from marscrop_research.subjects.teachers import FACES_FILE, read_gaze

PAGE = REPOSITORY / "research" / "configs" / "subjects" / "mobilenetv2_int8.toml"


@dataclass(frozen=True)
class Result:
    """What a shell would see, and the error that the product's `main` would print."""

    code: int
    out: str
    err: str
    error: BaseException | None

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.err.splitlines()]


def call(*arguments: object) -> Result:
    """By the group itself: it needs not be installed."""
    found = CliRunner().invoke(app, [str(argument) for argument in arguments])
    error = found.exception
    assert error is None or isinstance(error, (SystemExit, MarscropError)), error
    return Result(found.exit_code, found.stdout, found.stderr, error)


@pytest.fixture(scope="module")
def made(data: Path, labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `views`, `train` and `package` leave."""
    folder = tmp_path_factory.mktemp("made")
    assert call("views", "--data", data, "-o", folder / "views").code == 0
    train = ("--data", data, "--labels", labels, "--views", folder / "views", "-o", folder / "run")
    changes = ("--set", "steps=60", "--set", "batch_size=4")
    result = call("train", PAGE, *train, *changes)
    assert result.code == 0, result.error
    assert result.out == f"{folder / 'run' / 'last.pt'}: 60 steps\n"
    assert [line["step"] for line in result.lines] == [50, 60]
    package = ("package", folder / "run" / "last.pt", folder / "model")
    result = call(*package, "--data", data, "--labels", labels)
    assert result.code == 0, result.error
    assert result.lines == [{"judged": 0, "photos": 5}]
    return folder


def test_gaze_is_labelled_alone(
    data: Path, photos: list[SourcePhoto], unisal: Path, tmp_path: Path
) -> None:
    arguments = ("label", "--data", data, "--unisal", unisal, "-o", tmp_path / "labels")
    result = call(*arguments, "--only", "gaze")
    assert result.code == 0, result.error
    assert result.out == f"{tmp_path / 'labels'}: gaze of 30 photos\n"
    assert result.lines == [{"gaze": 0, "photos": 30}]
    assert not np.isnan(read_gaze(tmp_path / "labels")).any()
    assert not (tmp_path / "labels" / FACES_FILE).exists()


def test_gaze_needs_its_teacher(data: Path, tmp_path: Path) -> None:
    result = call("label", "--data", data, "-o", tmp_path / "labels")
    assert result.code == 2
    assert "gaze needs --unisal" in " ".join(result.err.replace("│", " ").split())
    assert not (tmp_path / "labels").exists()


def test_views_are_of_every_photo(made: Path) -> None:
    table = json.loads((made / "views" / "views.json").read_text())
    shown = [view["photo"] for group in table["views"].values() for view in group]
    assert set(shown) == set(range(30))
    assert len(shown) == 25 * 6 + 5


def test_run_goes_on_where_it_was(made: Path, data: Path, labels: Path) -> None:
    before = (made / "run" / "last.pt").read_bytes()
    train = ("--data", data, "--labels", labels, "--views", made / "views", "-o", made / "run")
    changes = ("--set", "steps=60", "--set", "batch_size=4")
    result = call("train", PAGE, *train, *changes)
    assert (result.code, result.err) == (0, "")
    assert (made / "run" / "last.pt").read_bytes() == before


def test_manifest_says_how_it_was_made_and_how_good_it_is(made: Path, packaged_model: Path) -> None:
    manifest, before = Manifest.load(made / "model"), Manifest.load(packaged_model)
    training, scores = manifest.training["subjects"], manifest.scores["subjects"]
    assert training["step"] == training["config"]["steps"] == 60
    assert training["commit"]
    assert training["photos"] == {"fcdb_train": 7, "osie": 3, "bsds": 4, "voc07": 11}
    assert training["held_out"] == {"fcdb_train": 1, "osie": 3, "voc07": 1}
    assert scores["heads"]["large"]["wanted"] == 5
    assert scores["subjects"]["wanted"] == 1
    assert scores["gaze"]["photos"] == 5
    assert scores["nss"].keys() == {"osie"}
    assert {k: v for k, v in manifest.scores.items() if k != "subjects"} == {
        k: v for k, v in before.scores.items() if k != "subjects"
    }


def test_confidence_is_refitted_where_folds_are_given(
    made: Path, data: Path, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(shutil.copytree(data, tmp_path / "data"))
    write_fcdb_crops(own / "fcdb_train")
    fitted, asked = Calibration(-0.5, 1.0, gaze=2.0), []

    def crops_of(
        model: Path, records: list[CropRecord], folds: Path
    ) -> tuple[Calibration, dict[str, Any]]:
        asked.append((len(records), folds))
        assert "subjects" in Manifest.load(model).parts
        return fitted, {"confidence": {"judgements": 1}}

    monkeypatch.setattr(packaging, "crops_of", crops_of)
    package = ("package", made / "run" / "last.pt", tmp_path / "model")
    result = call(*package, "--data", own, "--labels", labels, "--folds", tmp_path / "runs")
    assert result.code == 0, result.error
    assert asked == [(PHOTOS["fcdb_train/images"], tmp_path / "runs")]
    manifest, plain = Manifest.load(tmp_path / "model"), Manifest.load(made / "model")
    assert manifest.calibration == fitted != plain.calibration
    assert manifest.scores["confidence"] == {"judgements": 1}
    assert manifest.scores["subjects"] == plain.scores["subjects"]
    assert manifest.parts == plain.parts


def test_folds_without_runs_are_an_error_and_no_model(
    made: Path, data: Path, labels: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(data, tmp_path / "data"))
    write_fcdb_crops(own / "fcdb_train")
    package = ("package", made / "run" / "last.pt", tmp_path / "model")
    result = call(*package, "--data", own, "--labels", labels, "--folds", tmp_path)
    assert isinstance(result.error, ModelError)
    assert "no runs of `marscrop crossval` here" in str(result.error)
    assert not list((tmp_path / "model").iterdir())


def write_fcdb_crops(folder: Path) -> None:
    """One crop of each of FCDB's photos, in its published format."""
    names = sorted(path.name for path in (folder / "images").iterdir())
    crops = [
        {"url": f"https://example.org/{name}", "flickr_photo_id": n, "crop": [4, 4, 40, 40]}
        for n, name in enumerate(names)
    ]
    write_json(folder / "cropping_training_set.json", crops)


def test_model_crops_and_sees_subjects(made: Path, photos: list[SourcePhoto]) -> None:
    cropper = Cropper(made / "model", threads=1)
    found = cropper.subject_map(cropper.open(photos[0].path))
    assert found.gaze.shape == (18, 24)
    assert found.gaze.sum() == pytest.approx(1, abs=1e-4)
    (crop,) = cropper.crop(photos[0].path, ["1:1"])
    x0, y0, x1, y1 = crop.box
    assert x1 - x0 == y1 - y0 > 0


def test_what_is_wrong_is_said(data: Path, labels: Path, made: Path, tmp_path: Path) -> None:
    given = ("--data", data, "--labels", labels, "--views", made / "views", "-o", tmp_path / "run")
    assert isinstance(call("train", PAGE, *given, "--set", "colour=1").error, ConfigError)
    assert not (tmp_path / "run").exists()
    missing = ("package", tmp_path / "last.pt", tmp_path / "model", "--data", data)
    error = call(*missing, "--labels", labels).error
    assert isinstance(error, MarscropError)
    assert "no such checkpoint" in str(error)
    assert not (tmp_path / "model").exists()


def test_help_lists_the_commands_in_the_order_of_use() -> None:
    assert list(typer.main.get_command(app).commands) == ["label", "views", "train", "package"]  # type: ignore[attr-defined]
