"""What the research tests share: the product's fixtures, and a small FCDB."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from research.tests.support import make_fcdb
from tests.conftest import (
    cropper,
    examples,
    packaged_model,
    pytest_collection_modifyitems,
    pytest_xdist_make_scheduler,
)

from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.data.records import CropRecord

__all__ = [
    "cropper",
    "examples",
    "packaged_model",
    "pytest_collection_modifyitems",
    "pytest_xdist_make_scheduler",
]


@pytest.fixture(scope="session")
def fcdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small FCDB, for reading only."""
    return make_fcdb(tmp_path_factory.mktemp("data") / "fcdb")


@pytest.fixture
def own_fcdb(fcdb: Path, tmp_path: Path) -> Path:
    """A copy of the small FCDB, to be spoilt."""
    return Path(shutil.copytree(fcdb, tmp_path / "fcdb"))


@pytest.fixture(scope="session")
def records(fcdb: Path) -> list[CropRecord]:
    """Six training and three validation photos."""
    return load_fcdb(fcdb).crops()
