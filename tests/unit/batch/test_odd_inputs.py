"""No file name, no row of a list and no line of the journal ends a run: the rest is done."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.unit.batch.conftest import Library

from marscrop import AspectRatio
from marscrop.batch.job import Job
from marscrop.batch.records import PhotoRecord
from marscrop.batch.run import RunResult, run
from marscrop.batch.store import STATE

RATIOS = [AspectRatio.parse("1:1")]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")


class Seen:
    """A watcher that remembers the photos of one run."""

    def begin(self, total: int, done: int) -> None:
        self.records: list[PhotoRecord] = []

    def photo(self, record: PhotoRecord) -> None:
        self.records.append(record)


def photo_at(path: Path, number: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30), (number, 90, 30)).save(path, "JPEG")
    return path


def list_of(folder: Path, rows: Iterable[str]) -> Path:
    path = folder / "list.parquet"
    pyarrow.parquet.write_table(pa.table({"path": list(rows)}), path)
    return path


def checked_run(source: Path, target: Path) -> tuple[RunResult, list[dict[str, Any]]]:
    """A run that must end with both manifests, and its rows; a second one repeats what failed."""
    result = run([str(source)], RATIOS, Job(str(target)), workers=2)
    assert result.finished
    lines = (target / "manifest.jsonl").read_text().removesuffix("\n").split("\n")
    rows = [json.loads(line) for line in lines if line]
    assert pyarrow.parquet.read_table(target / "manifest.parquet").to_pylist() == rows
    assert len(rows) == result.total
    assert sum(row["error"] is not None for row in rows) == len(result.failures)
    assert all(len(row["error"].splitlines()) == 1 for row in rows if row["error"])
    again = Seen()
    run([str(source)], RATIOS, Job(str(target)), workers=2, watcher=again)
    assert sorted(r.source for r in again.records) == [r.source for r in result.failures]
    return result, rows


@ON_LINUX
def test_name_that_is_not_utf_8_is_a_failed_photo(tmp_path: Path) -> None:
    photo_at(tmp_path / "in" / "a.jpg")
    photo_at(tmp_path / "in" / os.fsdecode(b"\xff.jpg"))
    result, rows = checked_run(tmp_path / "in", tmp_path / "out")
    (failed,) = result.failures
    assert failed.error == "its name is not UTF-8, which the manifest is; rename it"
    names = ("a.jpg", "\\udcff.jpg")
    assert [row["source"] for row in rows] == [f"{tmp_path}/in/{name}" for name in names]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("ftp://127.0.0.1:1/x.jpg", "cannot be reached: Connection refused"),
        ("ftp://", "is no complete URL"),
        ("zip://", "cannot be reached: "),
        ("zip://x.jpg::/nowhere.zip", "cannot be reached: "),
        ("reference://x", "is no complete URL"),
        ("dir://x", ""),  # versions of fsspec say different things
        ("nowhere://x", "Protocol not known: nowhere"),
        ("data://x", "cannot be read: "),
        ("/", "is no file, expected an image file"),
        ("memory://", "is no file, expected an image file"),
        ("memory://.", "is no file, expected an image file"),
        ("file://", "is a folder, expected an image file"),
        (".", "is a folder, expected an image file"),
        ("memory://bucket/../x.jpg", "its crops would be written outside of the target"),
        ("gone.jpg", "no such file"),
        ("a\0b.jpg", "cannot be read: "),
        ("x" * 300 + ".jpg", "cannot be read: File name too long"),
    ],
)
def test_row_that_names_no_photo_is_a_failed_photo(tmp_path: Path, row: str, error: str) -> None:
    photo = photo_at(tmp_path / "in" / "a.jpg")
    result, rows = checked_run(list_of(tmp_path / "in", [row, "a.jpg"]), tmp_path / "out")
    (failed,) = result.failures
    assert str(failed.error).startswith(error)
    assert {r["source"] for r in rows} == {failed.source, str(photo)}


def test_rows_of_chained_urls_are_failed_photos_of_their_own(tmp_path: Path) -> None:
    photo = photo_at(tmp_path / "in" / "a.jpg")
    archives = [tmp_path / f"{name}.zip" for name in ("one", "two")]
    for archive in archives:
        with zipfile.ZipFile(archive, "w") as file:
            file.write(photo, "a.jpg")
    rows = [f"zip://a.jpg::{archive}" for archive in archives]
    rows = sorted([f"file://{photo}::x.jpg", f"file://{photo}::y.jpg", "x://::z.jpg", *rows])
    result, found = checked_run(list_of(tmp_path / "in", [*rows, "a.jpg"]), tmp_path / "out")
    assert [row["source"] for row in found if row["error"]] == rows
    assert [row["source"] for row in found if not row["error"]] == [str(photo)]
    assert {failed.error for failed in result.failures} == {
        "is a chained URL, with ::, which batch does not take; unpack or copy its files first"
    }


@pytest.mark.filterwarnings("error")
def test_store_that_cannot_be_reached_leaves_no_trace(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """fsspec's FTP fails once more when what could not be made is thrown away."""
    photo_at(tmp_path / "in" / "a.jpg")
    checked_run(list_of(tmp_path / "in", ["ftp://127.0.0.1:1/x.jpg", "a.jpg"]), tmp_path / "out")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 10_000,
        "[]",
        "null",
        '{"source": [], "key": "", "crops": [], "sizes": []}',
        '{"source": "x", "key": "", "crops": [], "sizes": [["x", Infinity]]}',
        '{"source": "x", "key": "", "crops": 5, "sizes": []}',
        "\udcff\0",
    ],
)
def test_odd_line_of_the_journal_is_passed_over(
    library: Library, tmp_path: Path, line: str
) -> None:
    folder, target = library(2), tmp_path / "out"
    run([str(folder)], RATIOS, Job(str(target)))
    journal = target / STATE / "journal.jsonl"
    before = journal.read_bytes().splitlines(keepends=True)
    odd = line.encode(errors="surrogateescape") + b"\n"
    journal.write_bytes(before[0] + odd + b"".join(before[1:]))
    seen = Seen()
    assert run([str(folder)], RATIOS, Job(str(target)), watcher=seen).finished
    assert seen.records == []


ODD = (
    "/",
    "..",
    ".",
    "\\",
    "://",
    ":",
    "::",
    "*",
    "[",
    "\n",
    "\u2028",
    "\0",
    "C:",
    "%2e",
    "~",
    "#",
)
WORDS = ("memory", "file", "zip", "reference", "a.jpg", "x", "\u00e9", "?", " ", STATE)
WHOLE = ("s3://", "ftp://127.0.0.1:1/x.jpg", "memory://bucket/a/../../x.jpg", "manifest.jsonl")
ROWS = st.lists(
    st.one_of(
        st.lists(st.sampled_from(ODD + WORDS), min_size=1, max_size=6).map("".join),
        st.sampled_from(WHOLE),
        st.text(min_size=1, max_size=8).filter(lambda text: "://" not in text),
    ),
    max_size=8,
)


@given(texts=ROWS)
@settings(max_examples=40, deadline=None)
def test_any_rows_leave_the_others_done(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        photo = photo_at(home / "a.jpg")
        source = list_of(home, [*texts, "a.jpg"])
        _, rows = checked_run(source, home / "deep" / "out")
        (done,) = (row for row in rows if row["source"] == str(photo))
        assert done["error"] is None
        outside = {path.name for path in home.iterdir()} | {p.name for p in Path(name).iterdir()}
        assert outside == {"home", "a.jpg", "list.parquet", "deep"}
        assert [path.name for path in (home / "deep").iterdir()] == ["out"]


NAMES = st.lists(
    st.binary(min_size=1, max_size=12)
    .map(lambda name: name.replace(b"/", b"x").replace(b"\0", b"\n"))
    .filter(lambda name: not name.startswith(b".")),
    max_size=6,
    unique=True,
)


@ON_LINUX
@given(names=NAMES)
@settings(max_examples=40, deadline=None)
def test_any_file_names_leave_the_others_done(names: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate([b"a", *(b"b" + name for name in names), *names]):
            photo_at(Path(folder) / "in" / os.fsdecode(name + b".jpg"), number % 256)
        result, rows = checked_run(Path(folder) / "in", Path(folder) / "out")
        assert result.total == len({b"a", *(b"b" + name for name in names), *names})
        assert {record.error for record in result.failures} <= {
            "its name is not UTF-8, which the manifest is; rename it",
            "its crops would be written outside of the target: its address has .. or begins with "
            "a backslash",
        }
        outputs = [row["output"] for row in rows if not row["error"]]
        assert len(set(outputs)) == len(outputs) >= 1


def test_a_file_may_be_called_as_a_chained_url(tmp_path: Path) -> None:
    for name in ("a::b.jpg", "zip::x.jpg"):
        photo_at(tmp_path / "in" / name)
        result, _ = checked_run(tmp_path / "in" / name, tmp_path / f"out {name}")
        assert not result.failures
