"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, settings

from marscrop.cropper import PACKAGED_MODEL, Cropper

# For scripts/mutate: the same examples for every mutant, and no time spent on the smallest one.
settings.register_profile(
    "mutation",
    phases=(Phase.explicit, Phase.generate),
    derandomize=True,
    database=None,
    deadline=None,
)

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
