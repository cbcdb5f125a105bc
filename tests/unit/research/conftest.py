"""The small FCDB that the research tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.research_support import make_fcdb

from marscrop.research.data.fcdb import load_fcdb
from marscrop.research.data.records import CropRecord


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
