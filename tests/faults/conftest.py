"""Small libraries of photos; batches in this process share one model."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.batch.conftest import Library, _load_model_once, library, shared_cropper
from tests.unit.cli.conftest import Cli, cli

__all__ = ["Cli", "Library", "_load_model_once", "cli", "library", "shared_cropper"]


@pytest.fixture
def photos(library: Library) -> Path:
    """A folder of four small photos."""
    return library(4)


@pytest.fixture
def sigint_is_heard() -> Iterator[None]:
    """Processes that a test starts hear SIGINT, even where a shell started the tests with `&`.

    It has SIGINT ignored then, and what is ignored stays so in children.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
