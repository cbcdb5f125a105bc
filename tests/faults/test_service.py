"""The service when things go wrong around it: each request has its answer, and the next one too."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs marscrop[serve]")

import httpx2
from starlette.testclient import TestClient
from tests.faults.test_memory import exhausted
from tests.service.conftest import Serve, rocket, serve
from tests.service.test_process import HOST, running

from marscrop import cropper
from marscrop.cropper import Cropper
from marscrop.imaging import colour, formats
from marscrop.runtime.model import MarsModel

__all__ = ["rocket", "serve"]
CROPS = "/v1/crops?ratio=1:1"


def assert_it_goes_on(client: TestClient, photo: bytes) -> None:
    assert client.get("/readyz").status_code == 200
    answer = client.post(CROPS, content=photo)
    assert answer.status_code == 200
    assert len(answer.json()["crops"]) == 1
    assert "marscrop_requests_in_flight 0.0" in client.get("/metrics").text


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (formats, "identify"),
        (colour, "to_rgb"),
        (MarsModel, "features_and_subjects"),
        (cropper, "decide"),
        (Cropper, "analyse"),
    ],
)
def test_a_worker_without_memory_says_so_and_takes_the_next(
    serve: Serve, rocket: bytes, monkeypatch: pytest.MonkeyPatch, target: Any, name: str
) -> None:
    client = serve()
    with monkeypatch.context() as patch:
        patch.setattr(target, name, exhausted)
        answer = client.post(CROPS, content=rocket)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "out_of_memory"
    assert answer.headers["Retry-After"] == "1"
    assert_it_goes_on(client, rocket)


def test_a_worker_that_fails_otherwise_takes_the_next(
    serve: Serve, rocket: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    client = serve(workers=1)
    with monkeypatch.context() as patch:
        patch.setattr(Cropper, "analyse", broken)
        answers = [client.post(CROPS, content=rocket) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {500}
    assert answers[0].json()["error"]["code"] == "internal"
    assert_it_goes_on(client, rocket)


def test_uploads_need_no_disk(
    serve: Serve, rocket: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    photo = rocket + bytes(3_000_000)  # beyond what Starlette keeps in memory by itself
    answer = serve().post(CROPS, files={"image": ("rocket.jpg", photo)})
    assert answer.status_code == 200
    assert answer.json()["image"] == "rocket.jpg"


def test_forms_that_break_off_are_refused(serve: Serve, rocket: bytes) -> None:
    client = serve()
    head = {"Content-Type": "multipart/form-data"}  # of which the boundary is missing
    answer = client.post(CROPS, content=b"--x\r\n", headers=head)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"
    assert_it_goes_on(client, rocket)


def test_a_clock_that_jumps_changes_nothing(
    serve: Serve, rocket: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, true_time = 86_400.0, time.time
    jumps = cycle([day, -day, 0.0, -400 * day])
    client = serve(answer_timeout_s=20, body_timeout_s=20)
    monkeypatch.setattr(time, "time", lambda: true_time() + next(jumps))
    first = client.post(CROPS, content=rocket).json()
    for _ in range(5):
        assert (
            client.post(CROPS, files={"image": ("photo", rocket)}).json()["crops"]
            == (first["crops"])
        )
        assert client.post(f"{CROPS}&photo={first['photo']}").status_code == 200
    assert "marscrop_request_seconds_sum" in client.get("/metrics").text


@pytest.mark.skipif(os.name == "nt", reason="other signals on Windows")
@pytest.mark.usefixtures("sigint_is_heard")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_answers_whole_or_not_at_all(rocket: bytes, number: int) -> None:
    with running("--workers", "1") as (process, port):
        url = f"http://{HOST}:{port}{CROPS}"
        answered = threading.Event()

        def ask(request: int) -> list[Any] | None:
            if request == 6:
                assert answered.wait(30)
                process.send_signal(number)
            try:
                answer = httpx2.post(url, content=rocket + bytes([request]), timeout=30)
            except httpx2.HTTPError:
                return None  # it was not taken
            assert answer.status_code == 200
            answered.set()
            return list(json.loads(answer.content)["crops"])

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(12)))
        process.wait(30)
        assert process.stderr is not None
        said = process.stderr.read()
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    assert sum(answer is not None for answer in answers) >= 1
    assert all(len(answer) == 1 for answer in answers if answer is not None)
