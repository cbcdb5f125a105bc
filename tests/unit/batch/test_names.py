"""What the files of a batch are called: inside of the target, and none like another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.batch.conftest import Library

from marscrop import AspectRatio
from marscrop.batch.job import Job
from marscrop.batch.run import RunResult, run
from marscrop.batch.store import Store
from marscrop.errors import ImageError

RATIOS = [AspectRatio.parse("1:1")]


def go(source: Path, target: Path, **settings: Any) -> RunResult:
    return run([str(source)], RATIOS, Job(str(target), **settings), workers=2)


def rows(target: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (target / "manifest.jsonl").read_text().splitlines()]


OUTSIDE = ("/proc/x", "//proc/s/x", "../x", "a/../../x", "a/..", "", ".")
OUTSIDE_ON_WINDOWS = ("..\\x", "a\\..\\..\\x", "\\x", "C:/x", "c:x")


@pytest.mark.parametrize("name", OUTSIDE + OUTSIDE_ON_WINDOWS)
@pytest.mark.parametrize("target", ["out", "memory://bucket/out"])
def test_store_writes_nothing_outside(tmp_path: Path, name: str, target: str) -> None:
    store = Store(target if "://" in target else str(tmp_path / target))
    store.prepare()
    top = "/" if "://" in target else str(tmp_path)
    before = store.fs.find(top)
    for write in (lambda: store.put(name, b"x"), lambda: store.path(name)):
        with pytest.raises(ImageError, match="outside of the target"):
            write()
    assert store.fs.find(top) == before


def test_rows_with_dots_are_written_inside_or_fail(library: Library, tmp_path: Path) -> None:
    import fsspec

    photo = library(1) / "0" / "photo000.jpg"
    home = tmp_path / "home"
    home.mkdir()
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/bucket/a/../../../x.jpg", photo.read_bytes())
    try:
        (home / "list.csv").write_text(
            f"path\nfile://{home}/lists/../../library/0/photo000.jpg\n"
            "memory://bucket/a/../../../x.jpg\n"
        )
        result = go(home / "list.csv", home / "deep" / "out")
    finally:
        memory.rm("/bucket", recursive=True)
    (failed,) = result.failures
    assert failed.source == "memory:///bucket/a/../../../x.jpg"
    assert "would be written outside of the target" in str(failed.error)
    (done,) = (row for row in rows(home / "deep" / "out") if not row["error"])
    assert done["source"] == str(photo)
    crops = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*_1x1.jpg")]
    assert crops == [f"home/deep/out/{done['output']}"]
