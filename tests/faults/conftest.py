"""Small libraries of photos; batches in this process share one model."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.batch.conftest import Library, _load_model_once, library, shared_cropper
from tests.unit.cli.conftest import Cli, cli

__all__ = ["Cli", "Library", "_load_model_once", "cli", "library", "shared_cropper"]


@pytest.fixture
def photos(library: Library) -> Path:
    """A folder of four small photos."""
    return library(4)
