"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, settings
from tests.parallel import prepare, pytest_xdist_make_scheduler

from marscrop.cropper import Cropper
from marscrop.runtime.manifest import PACKAGED_MODEL

__all__ = ["pytest_xdist_make_scheduler"]

# For scripts/mutate: few examples, the same for every mutant, and no search for the smallest one.
settings.register_profile(
    "mutation",
    max_examples=15,
    phases=(Phase.explicit, Phase.generate),
    derandomize=True,
    database=None,
    deadline=None,
)

# A test asserts behaviour: how long an example takes is the machine's business.
settings.register_profile("without a clock", settings(), deadline=None)
settings.load_profile("without a clock")

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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The quick first where a run ends with the first failure."""
    prepare(config, items)
    if settings.get_current_profile_name() == "mutation":
        items.sort(key=lambda item: "properties" in item.nodeid)
