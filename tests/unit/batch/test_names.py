"""What the files of a batch are called: inside of the target, and none like another."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.unit.batch.conftest import Library

from marscrop import AspectRatio
from marscrop.batch.job import Job, Task
from marscrop.batch.names import RUN_FILES, with_distinct_names
from marscrop.batch.records import PhotoRecord
from marscrop.batch.run import RunResult, run
from marscrop.batch.store import Store
from marscrop.errors import ImageError

RATIOS = [AspectRatio.parse("1:1")]


class Done:
    """A watcher that counts the photos of one run."""

    def begin(self, total: int, done: int) -> None:
        self.photos = 0

    def photo(self, record: PhotoRecord) -> None:
        self.photos += 1


def go(source: Path, target: Path, **settings: Any) -> RunResult:
    return run([str(source)], RATIOS, Job(str(target), **settings), workers=2)


def assert_each_is_written_once(source: Path, target: Path, **settings: Any) -> list[str]:
    """Names of all crops and sidecars; a second run finds them all as the first left them."""
    result = go(source, target, **settings)
    assert result.failures == []
    table = rows(target)
    files = [row[kind] for row in table for kind in ("output", "sidecar") if row[kind]]
    assert len(set(files)) == len(files)
    assert all((target / name).is_file() for name in files)
    done = Done()
    run([str(source)], RATIOS, Job(str(target), **settings), watcher=done)
    assert done.photos == 0
    return sorted(files)


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


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("a:b.jpg", "a_b.jpg"), ["a_b-", "a_b-"]),
        (("x.jpg", "x.png", "x.jpg.png"), ["x-", "x.jpg.png_1x1.png", "x.png_1x1.png"]),
        (("x.jpg", "X.jpg"), ["X-", "x-"]),
        (("a.jpg", "a_1x1.jpg/b.jpg"), ["a.jpg_1x1.jpg", "a_1x1.jpg/b_1x1.jpg"]),
        (("manifest.jsonl/x.jpg",), ["manifest.jsonl_/x_1x1.jpg"]),
    ],
)
@pytest.mark.parametrize("sidecar", [False, True])
def test_names_that_would_meet_are_told_apart(
    library: Library, tmp_path: Path, names: tuple[str, ...], expected: list[str], sidecar: bool
) -> None:
    photo = library(1) / "0" / "photo000.jpg"
    for name in names:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(photo) as image:
            image.save(path)
    files = assert_each_is_written_once(tmp_path / "in", tmp_path / "out", sidecar=sidecar)
    assert len(files) == len(names) * (1 + sidecar)
    crops = [name for name in files if not name.endswith(".xmp")]
    assert all(name.startswith(start) for name, start in zip(crops, expected, strict=True))


def test_sidecars_of_photos_with_other_ratios_do_not_meet(library: Library, tmp_path: Path) -> None:
    folder = library(1)
    for name in ("beach.jpg", "beach.png", "beach_1x1.jpg"):
        shutil.copy(folder / "0" / "photo000.jpg", folder / name)
    (folder / "list.csv").write_text(
        "path,ratio\nbeach.jpg,16:9\nbeach.png,1:1;4:5\nbeach_1x1.jpg,4:5\n"
    )
    files = assert_each_is_written_once(folder / "list.csv", tmp_path / "out", sidecar=True)
    assert len(files) == 8


def test_one_name_in_two_sources_is_told_apart(library: Library, tmp_path: Path) -> None:
    folder = library(2)
    names = [str(folder / "0" / "photo000.jpg"), str(folder / "other" / "photo000.jpg")]
    (folder / "other").mkdir()
    shutil.copy(names[0], names[1])
    sources = [[str(folder / "0"), str(folder / "other")], names, names[::-1]]
    outputs = []
    for number, these in enumerate(sources):
        target = tmp_path / f"out{number}"
        assert not run(these, RATIOS, Job(str(target))).failures
        outputs.append([row["output"] for row in rows(target)])
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(set(outputs[0])) == 2


def test_no_crop_takes_the_place_of_a_photo_in_the_target(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    photo = library(1) / "0" / "photo000.jpg"
    for name in ("x.jpg", "x_1x1.jpg"):
        shutil.copy(photo, target / name)
    (tmp_path / "list.csv").write_text("path\nout/x.jpg\nout/x_1x1.jpg\n")
    assert_each_is_written_once(tmp_path / "list.csv", target)
    assert (target / "x_1x1.jpg").read_bytes() == photo.read_bytes()


PARTS = ("x.jpg", "X.jpg", "x.png", "x.jpg.png", "x_1x1.jpg", "x_1x1.jpg_1x1.jpg", "x", "x.xmp")
FOLDERS = ("", "x_1x1.jpg/", "x.xmp/", "x_1x1.jpg/x_4x5.jpg/", *(f"{name}/" for name in RUN_FILES))
HOMES = ("/in/", "memory://in/", "/other/")
ODD_TASKS = st.lists(
    st.builds(
        lambda home, folder, name, ratios: Task(
            home + folder + name,
            "",
            str(PurePosixPath(folder + name).with_suffix("")),
            tuple(map(AspectRatio.parse, ratios)),
        ),
        st.sampled_from(HOMES),
        st.sampled_from(FOLDERS),
        st.sampled_from((*PARTS, "caf\u00e9.jpg", "cafe\u0301.jpg", "\udcff.jpg")),
        st.sampled_from((["1:1"], ["4:5"], ["1:1", "4:5"])),
    ),
    max_size=12,
    unique_by=lambda task: task.source,
)


@given(tasks=ODD_TASKS, sidecar=st.booleans(), seed=st.integers(0, 99))
def test_no_plan_writes_a_name_twice(tasks: list[Task], sidecar: bool, seed: int) -> None:
    job = Job("out", sidecar=sidecar)
    named = with_distinct_names(tasks, job)
    files = [task.output(ratio, 1, ".jpg") for task in named for ratio in task.ratios]
    if sidecar:
        files += [task.sidecar(ratio, 1, job) for task in named for ratio in task.ratios]
    files += RUN_FILES
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    assert len({name.casefold() for name in files}) == len(files)
    assert folders.isdisjoint(files)
    shuffled = random.Random(seed).sample(tasks, len(tasks))  # noqa: S311 - an order, no secret
    again = with_distinct_names(shuffled, job)
    assert {task.source: task.stem for task in again} == {t.source: t.stem for t in named}
