"""The same files and answers, byte for byte, however many photos are worked on at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.faults.disk import visible_files
from tests.faults.runs import batch
from tests.unit.batch.conftest import Library, _load_model_once, library, shared_cropper
from tests.unit.cli.conftest import Cli, cli

pytest.importorskip("starlette", reason="needs marscrop[serve]")

from tests.service.conftest import Serve, serve

__all__ = ["Cli", "_load_model_once", "cli", "library", "serve", "shared_cropper"]


def test_batch_with_one_worker_and_with_many(library: Library, tmp_path: Path) -> None:
    folder = library(9)
    for workers in (1, 4):
        batch(folder, tmp_path / str(workers), workers=workers, sidecar=True)
    alone = visible_files(tmp_path / "1")
    assert len(alone) == 9 * 4 + 2
    assert visible_files(tmp_path / "4") == alone


def test_crop_with_one_thread_and_with_many(cli: Cli, library: Library, tmp_path: Path) -> None:
    photos = sorted(library(5).rglob("*.jpg"))
    said: dict[int, tuple[str, dict[str, bytes]]] = {}
    for threads in (1, 4):
        target = tmp_path / str(threads)
        result = cli("crop", *photos, "-r", "16:9", "-r", "1:1", "--threads", threads, "--json")
        cli("crop", *photos, "-r", "16:9", "-r", "1:1", "--threads", threads, "-o", target)
        said[threads] = result.out, visible_files(target)
    assert said[1] == said[4]
    assert len(said[1][1]) == 10


def test_service_with_one_client_and_with_many(serve: Serve, library: Library) -> None:
    """New photos, photos that are kept, maps and pictures, all at once."""
    photos = [path.read_bytes() for path in sorted(library(5).rglob("*.jpg"))]
    quiet, busy = serve(workers=1), serve(workers=4, max_per_client=64)
    paths = (
        *("/v1/crops?ratio=1:1&ratio=16:9&max_candidates=2", "/v1/map?ratio=4:5"),
        *("/v1/crop?ratio=16:9&width=64&format=png", "/v1/crops?ratio=3:1"),
    )
    requests = [(path, photo) for path in paths for photo in photos]

    def ask(client: Any, path: str, photo: bytes) -> tuple[int, bytes]:
        answer = client.post(path, content=photo)
        return answer.status_code, answer.content

    alone = [ask(quiet, *request) for request in requests]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda request: ask(busy, *request), requests * 2))
    assert together == alone * 2
    assert {status for status, _ in alone} == {200}
