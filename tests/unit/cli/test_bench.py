"""`marscrop bench`: what it measures and prints; never how long it took."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.subject_model import write_model_without_subjects, write_subject_model
from tests.unit.cli.conftest import Cli

from marscrop.bench import photos
from marscrop.bench.steps import time_steps
from marscrop.cropper import Cropper
from marscrop.faces.centerface import installed
from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest

STEPS = {
    *("decode for analysis", "infer: features", "infer: 1 ratio", "infer: 32 ratios"),
    *("search, 1 ratio", "file to box, 1 ratio", "file to box, 5 ratios"),
    *("decode in full", "encode a 1:1 crop"),
}


def test_json_has_the_steps_the_machine_and_the_versions(cli: Cli, examples: Path) -> None:
    photo = examples / "rocket.jpg"
    result = cli("bench", photo, "--json", "--repeats", 2)
    assert (result.code, result.err) == (0, "")
    table = json.loads(result.out)
    assert set(table["photos"]) == {str(photo)}
    steps = table["photos"][str(photo)]
    optional = {"find faces"} if installed() else set()
    if "subjects" in Manifest.load(PACKAGED_MODEL).parts:
        optional.add("infer: with subjects")
    assert set(steps) == STEPS | optional
    assert all(0 < step["median_ms"] <= step["p95_ms"] for step in steps.values())
    assert {"cores", "processor", "python", "marscrop", "onnxruntime"} <= set(table["machine"])


def test_a_model_that_sees_subjects_has_a_step_for_them(
    examples: Path, packaged_model: Path, tmp_path: Path
) -> None:
    without = write_model_without_subjects(packaged_model, tmp_path / "without")
    assert "infer: with subjects" not in time_steps(Cropper(without), examples / "cat.jpg", 1)
    seeing = write_subject_model(packaged_model, tmp_path / "seeing")
    assert "infer: with subjects" in time_steps(Cropper(seeing), examples / "cat.jpg", 1)


def test_table_names_every_step(cli: Cli, examples: Path) -> None:
    result = cli("bench", examples / "cat.jpg", "--repeats", 1)
    assert result.code == 0
    assert all(step in result.out for step in STEPS)


def test_a_photo_that_cannot_be_read_is_named_and_the_rest_is_done(
    cli: Cli, examples: Path, tmp_path: Path
) -> None:
    result = cli("bench", tmp_path / "none.jpg", examples / "cat.jpg", "--repeats", 1, "--json")
    assert result.code == 1
    assert result.err == f"marscrop: {tmp_path / 'none.jpg'}: no such file\n"
    assert set(json.loads(result.out)["photos"]) == {str(examples / "cat.jpg")}


def test_without_photos_it_makes_its_own(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in photos.SIZES:
        monkeypatch.setitem(photos.SIZES, name, Size(96, 72))
    result = cli("bench", "--json", "--repeats", 1)
    assert set(json.loads(result.out)["photos"]) == {"0.2 MP", "3 MP", "16 MP"}


def test_made_photos_are_the_same_for_a_seed(tmp_path: Path) -> None:
    size = Size(160, 120)
    first, again, other = (
        photos.make_photo(size, tmp_path / f"{n}.jpg", seed=seed).read_bytes()
        for n, seed in enumerate((1, 1, 2))
    )
    assert first == again != other
    assert open_photo(tmp_path / "0.jpg").size == size
