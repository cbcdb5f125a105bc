"""A review that is killed at any moment: what was decided holds, and what is there is whole."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.parquet
import pytest
from PIL import Image
from tests.faults.runs import batch, marscrop
from tests.faults.test_killed import shimmed

from marscrop.batch.decisions import forget_decisions
from marscrop.batch.store import Store
from marscrop.geometry import Window
from marscrop.review.opening import opened_review
from marscrop.review.review import CropPlace, Review

pytest.importorskip("starlette", reason="needs marscrop[serve]")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="other signals on Windows")

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("change", {"crop": [0, 0], "box": [0, 0, 64, 36]}),
    ("judge", {"crops": [[0, 1]], "state": "rejected"}),
    ("judge", {"crops": [[1, 0], [1, 1]], "state": "accepted"}),
    ("change", {"crop": [2, 1], "box": [4, 4, 44, 44]}),
    ("judge", {"crops": [[0, 1]], "state": None}),
]


def decide(address: str) -> int:
    """How many of the changes the review said that it has; it may be killed meanwhile."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        connection.request("GET", f"/?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        headers = {"Cookie": cookie, "Content-Type": "application/json"}
        for number, (path, body) in enumerate(CHANGES):
            try:
                connection.request("POST", f"/api/{path}", json.dumps(body), headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return number
            assert answer.status == 200
    finally:
        connection.close()
    return len(CHANGES)


def apply(review: Review, path: str, body: dict[str, Any]) -> None:
    """One change, without a server."""
    if path == "change":
        review.change(CropPlace(*body["crop"]), Window(*body["box"]))
    else:
        review.judge([CropPlace(*pair) for pair in body["crops"]], body["state"])


def states(target: Path) -> list[tuple[Any, ...]]:
    lines = (target / "manifest.jsonl").read_text().splitlines()
    return [(row["state"], tuple(row["box"])) for row in map(json.loads, lines)]


def sources(target: Path) -> list[str]:
    lines = (target / "manifest.jsonl").read_text().splitlines()
    return [json.loads(line)["source"] for line in lines]


def reviewed(target: Path, operation: int) -> int:
    """How many changes a review had when it was killed at an operation on the target's files."""
    command = [sys.executable, "-m", "marscrop", "review", str(target), "--no-browser"]
    environment = {**os.environ, **shimmed("SIGKILL", operation, target)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://\S+", line):
                known = decide(found[0])
                process.send_signal(signal.SIGINT)  # the end, if the kill did not come before
                return known
        return 0


@pytest.mark.parametrize("operation", [9, 17, 18, 19, 21, 23, 25, 27])
def test_what_was_decided_holds(photos: Path, tmp_path: Path, operation: int) -> None:
    target = tmp_path / "out"
    batch(photos, target)
    known = reviewed(target, operation)
    for output in target.rglob("*.jpg"):  # whole, or not there
        with Image.open(output) as image:
            image.load()
    marscrop("batch", photos, "-r", "16:9", "-r", "1:1", "-o", target, "--workers", "1")
    after_batch = states(target)

    expected = tmp_path / "expected"
    batch(photos, expected)
    candidates = []
    for count in (known, known + 1):  # the one that was not answered may be on the disk
        forget_decisions(Store(str(expected)), sources(expected))
        batch(photos, expected)
        with opened_review(str(expected)) as (review, _, _):
            for path, body in CHANGES[:count]:
                apply(review, path, body)
        candidates.append(states(expected))
    assert after_batch in candidates
    table = pyarrow.parquet.read_table(target / "manifest.parquet").to_pylist()
    assert [(row["state"], tuple(row["box"])) for row in table] == after_batch
    for row in table:
        assert (row["output"] is None) == (row["state"] == "rejected")
        if row["output"]:
            with Image.open(target / row["output"]) as image:
                x0, y0, x1, y1 = row["box"]
                assert image.size == (x1 - x0, y1 - y0)
