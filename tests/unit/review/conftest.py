"""Small batches that are finished, and reviews of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.batch.conftest import Library, library, shared_cropper

from marscrop import AspectRatio, Cropper
from marscrop.batch import revising, worker
from marscrop.batch.job import Job
from marscrop.batch.run import run

__all__ = ["library", "shared_cropper"]

RATIOS = [AspectRatio.parse("16:9"), AspectRatio.parse("1:1")]


@pytest.fixture(autouse=True)
def _load_model_once(shared_cropper: Cropper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and reviews in this process share one model."""
    for module in (worker, revising):
        monkeypatch.setattr(module, "Cropper", lambda model, **limits: shared_cropper)


@pytest.fixture
def target(library: Library, tmp_path: Path) -> Path:
    """A batch of three photos in two ratios, and one that fails."""
    folder = library(3)
    (folder / "broken.jpg").write_text("no picture")
    crop_again(tmp_path)
    return tmp_path / "out"


def crop_again(folder: Path, **changes: Any) -> Any:
    """A run over the library in a folder, into "out" beside it."""
    redo = changes.pop("redo", False)
    job = Job(str(folder / "out"), sidecar=True, **changes)
    return run([str(folder / "library")], RATIOS, job, workers=2, redo=redo)


def rows(target: Path) -> list[dict[str, Any]]:
    """The rows of a manifest."""
    return [json.loads(line) for line in (target / "manifest.jsonl").read_text().splitlines()]


def files(target: Path) -> dict[str, bytes]:
    """All files of a target but for its state, by their names."""
    return {
        str(path.relative_to(target)): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file() and ".marscrop" not in path.parts
    }
