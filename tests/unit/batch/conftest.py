"""Small libraries of photos, and runs over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from marscrop.batch import thread_engine, worker
from marscrop.cropper import Cropper

pytest.importorskip("fsspec", reason="the extra [batch] is not installed")
pytest.importorskip("pyarrow", reason="the extra [batch] is not installed")

Library = Callable[[int], Path]


@pytest.fixture
def library(examples: Path, tmp_path: Path) -> Library:
    """`library(n)`: a folder of n small photos, all different, in two levels."""

    def make(count: int) -> Path:
        folder = tmp_path / "library"
        names = ("rocket.jpg", "cat.jpg", "coffee.jpg", "astronaut.jpg")
        pictures = []
        for name in names:
            with Image.open(examples / name) as image:
                pictures.append(image.convert("RGB").resize((160, 120)))
        for number in range(count):
            path = folder / f"{number % 3}" / f"photo{number:03d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = pictures[number % len(pictures)]
            picture.crop((number % 40, 0, 160, 120)).save(path, quality=80)
        return folder

    return make


@pytest.fixture(scope="session")
def shared_cropper() -> Cropper:
    """As workers have it: one thread a photo."""
    return Cropper(threads=1)


@pytest.fixture(autouse=True)
def _load_model_once(shared_cropper: Cropper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in this process share one model, as loading it takes longer than the photos here."""
    monkeypatch.setattr(worker, "Cropper", lambda model, threads, **limits: shared_cropper)
    monkeypatch.setattr(thread_engine, "LoadingModel", lambda model, threads: None)
