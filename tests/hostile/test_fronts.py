"""The same through the command line, the service and a batch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.hostile.command import CHILD
from tests.hostile.conftest import BOXES_ONLY, FEW_MIB, written
from tests.hostile.corpus import FAMILIES, Case

from marscrop.batch.job import Job
from marscrop.batch.run import run
from marscrop.cropper import Cropper
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio

pytestmark = pytest.mark.filterwarnings("ignore")

MOST_MB = 600
REST = [family for family in FAMILIES if family not in BOXES_ONLY]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's memory counters")
def test_the_command_line_names_each_failure_and_does_the_rest(tmp_path: Path) -> None:
    paths = list(map(str, written(tmp_path, FAMILIES)))
    arguments = ["crop", *paths, "-r", "1:1", "--json", "--threads", "1", "--faces", "ignore"]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, check=False
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    lines = done.stderr.splitlines()
    # Anywhere: libtiff writes lines of its own, in pieces, while another thread writes these.
    errors = re.findall(r"marscrop: (.*)", done.stderr)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    named = {path for path in paths for error in errors if error.startswith(f"{path}: ")}
    assert len(errors) == len(named)
    assert named.isdisjoint(answer["image"] for answer in answers)
    assert named | {answer["image"] for answer in answers} == set(paths)
    assert len(answers) > 100
    (peak_mb,) = (int(line.split()[1]) for line in lines if line.startswith("PEAK "))
    assert peak_mb < MOST_MB


def test_a_batch_records_each_failure_and_does_the_rest(tmp_path: Path) -> None:
    for families, write_crops in ((BOXES_ONLY, False), (REST, True)):
        source, target = tmp_path / f"photos-{write_crops}", tmp_path / f"crops-{write_crops}"
        paths = written(source, families)
        job = Job(
            str(target),
            CropOptions(faces="ignore"),
            write_crops=write_crops,
            max_decoded_bytes=FEW_MIB << 20,
        )
        result = run([str(source)], [AspectRatio(1, 1)], job, workers=1)
        assert result.finished
        assert set(result.records) == set(map(str, paths))
        for record in result.records.values():
            assert (record.error is None) == (len(record.crops) == 1)
            assert record.error is None or not record.error.startswith("failed:")
            assert all((target / name).stat().st_size == size for name, size in record.sizes)


def test_the_service_answers_each(cropper: Cropper, corpus: dict[str, list[Case]]) -> None:
    pytest.importorskip("starlette", reason="needs marscrop[serve]")
    from starlette.testclient import TestClient

    from marscrop.service.app import create_app
    from marscrop.service.limits import ServiceLimits

    app = create_app(ServiceLimits(max_decoded_bytes=FEW_MIB << 20, workers=1), cropper)
    statuses = set()
    with TestClient(app, "http://localhost", raise_server_exceptions=False) as client:
        for cases in corpus.values():
            for name, content in cases:
                answer = client.post("/v1/crops?ratio=1:1&faces=ignore", content=content)
                statuses.add(answer.status_code)
                if answer.status_code == 200:
                    (crop,) = answer.json()["crops"]
                    x0, y0, x1, y1 = crop["box"]
                    assert 0 <= x0 < x1 <= answer.json()["width"], name
                    assert 0 <= y0 < y1 <= answer.json()["height"], name
                else:
                    assert answer.json()["error"].keys() >= {"code", "message"}, name
        assert client.get("/healthz").status_code == 200
    # An empty body is no photo at all: 422, as is one whose pixels are corrupt.
    assert statuses == {200, 413, 415, 422}
