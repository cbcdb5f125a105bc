"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from marscrop.cropper import Cropper
from marscrop.runtime.manifest import PACKAGED_MODEL

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def examples() -> Path:
    """Folder of real photos, free of copyright."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def packaged_model() -> Path:
    """Folder of the model that ships."""
    return PACKAGED_MODEL


@pytest.fixture(scope="session")
def cropper() -> Cropper:
    """The packaged model, loaded once."""
    return Cropper()
