"""The service in this process, with the packaged model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs marscrop[serve]")

from starlette.testclient import TestClient

from marscrop.cropper import Cropper
from marscrop.service.app import create_app
from marscrop.service.limits import ServiceLimits

LOCAL = "http://localhost"
Serve = Callable[..., TestClient]


@pytest.fixture
def serve(cropper: Cropper) -> Iterator[Serve]:
    """`serve(max_pixels=1000)` starts a service with such limits, for the test's time."""
    with ExitStack() as stack:

        def start(**limits: Any) -> TestClient:
            app = create_app(ServiceLimits(**limits), cropper)
            return stack.enter_context(
                TestClient(app, base_url=LOCAL, raise_server_exceptions=False)
            )

        yield start


@pytest.fixture(scope="module")
def client(cropper: Cropper) -> Iterator[TestClient]:
    """A service with the limits it has by default."""
    with TestClient(create_app(ServiceLimits(), cropper), base_url=LOCAL) as client:
        yield client


@pytest.fixture(scope="session")
def rocket(examples: Path) -> bytes:
    """examples/rocket.jpg, 640 x 427."""
    return (examples / "rocket.jpg").read_bytes()
