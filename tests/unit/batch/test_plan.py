"""Which photos a source names, and what their crops are called."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from marscrop import AspectRatio
from marscrop.batch.job import Job, Task
from marscrop.batch.plan import plan_tasks
from marscrop.errors import OptionError
from marscrop.imaging.read_options import ReadOptions

Touch = Callable[..., Path]
RATIOS = [AspectRatio.parse("1:1")]


@pytest.fixture
def touch(tmp_path: Path) -> Touch:
    """`touch("in/a.jpg")` makes an empty file."""

    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return make


def tasks_of(folder: Path, *sources: str, target: str = "out") -> list[Task]:
    job = Job(str(folder / target))
    return plan_tasks([str(folder / source) for source in sources], RATIOS, job)


def test_folder_is_searched_for_photos_that_show(touch: Touch) -> None:
    folder = touch("in/a.JPG", "in/b/c.png", "in/notes.txt", "in/.thumbs/a.jpg", "in/.x.jpg")
    assert [task.stem for task in tasks_of(folder, "in")] == ["a", "b/c"]


def test_photos_may_have_rare_suffixes(touch: Touch) -> None:
    names = ["a.HIF", "b.jfif", "c.jpe", "d.mpo", "e.APNG", "f.jxl"]
    folder = touch(*(f"in/{name}" for name in names))
    assert [task.stem for task in tasks_of(folder, "in")] == list("abcdef")


def test_what_is_left_out_is_counted(touch: Touch) -> None:
    folder = touch("in/a.jpg", "in/a.NEF", "in/b.nef", "in/README", "in/.hid.txt", "in/out/c.txt")
    job, left_out = Job(str(folder / "in/out")), Counter[str]()
    tasks = plan_tasks([str(folder / "in")], RATIOS, job, left_out)
    assert [task.stem for task in tasks] == ["a"]
    assert left_out == {".nef": 2, "": 1}


def test_raw_files_of_folders_are_taken_where_raw_is_asked_for(touch: Touch) -> None:
    folder = touch("in/a.jpg", "in/b.NEF", "in/c.dng", "in/d.txt")
    job = Job(str(folder / "out"), read=ReadOptions(raw="preview"))
    tasks = plan_tasks([str(folder / "in")], RATIOS, job)
    assert [task.stem for task in tasks] == ["a", "b", "c"]
    named = tasks_of(folder, "in/*.NEF")
    assert [task.stem for task in named] == ["b"]


def test_target_inside_the_source_is_left_out(touch: Touch) -> None:
    folder = touch("in/a.jpg", "in/crops/a_1x1.jpg")
    assert [task.stem for task in tasks_of(folder, "in", target="in/crops")] == ["a"]


@pytest.mark.parametrize("target", ["in", "."])
def test_source_inside_the_target_is_refused(touch: Touch, target: str) -> None:
    with pytest.raises(OptionError, match="lies in the target"):
        tasks_of(touch("in/a.jpg"), "in", target=target)


def test_globs_keep_what_varies(touch: Touch) -> None:
    folder = touch("2019/x/a.jpg", "2020/a.jpg", "2021/a.txt")
    assert [t.stem for t in tasks_of(folder, "20*/**/*.*")] == ["2019/x/a", "2020/a"]


def test_names_that_would_meet_keep_their_suffix(touch: Touch) -> None:
    folder = touch("in/a.jpg", "in/a.png", "in/b.jpg")
    assert [t.stem for t in tasks_of(folder, "in")] == ["a.jpg", "a.png", "b"]


def test_photo_that_is_named_twice_is_done_once(touch: Touch) -> None:
    assert len(tasks_of(touch("in/a.jpg"), "in", "in/a.jpg")) == 1


def test_missing_source_is_named(touch: Touch) -> None:
    with pytest.raises(OptionError, match=r"nothing: no such file or folder"):
        tasks_of(touch("in/a.jpg"), "nothing")


def test_csv_rows_have_ratios_and_boxes_of_their_own(touch: Touch) -> None:
    folder = touch("a.jpg", "sub/b.jpg")
    rows = 'path,ratio,keep\na.jpg,16:9;4:5,\nsub/b.jpg,,"1,2,3,4"\ngone.jpg,,\n'
    (folder / "list.csv").write_text(rows)
    first, gone, second = tasks_of(folder, "list.csv")
    assert [str(ratio) for ratio in first.ratios] == ["16:9", "4:5"]
    assert [str(box) for box in second.keep] == ["1,2,3,4"]
    assert (second.stem, [str(ratio) for ratio in second.ratios]) == ("sub/b", ["1:1"])
    assert (Path(gone.source).name, gone.version) == ("gone.jpg", "")


def test_parquet_with_uris(touch: Touch) -> None:
    folder = touch("a.jpg")
    table = pa.table({"uri": [f"file://{folder}/a.jpg"], "ratio": [1.5], "owner": ["me"]})
    pyarrow.parquet.write_table(table, folder / "list.parquet")
    (task,) = tasks_of(folder, "list.parquet")
    assert (task.source, task.ratios[0].value) == (f"{folder}/a.jpg", 1.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\na.jpg\n", "expected a column named path or uri"),
        ("path,ratio\na.jpg,wide?\n", "row 1: aspect ratio must"),
        ("path,keep\na.jpg,somewhere\n", "row 1: box must"),
        ("path,ratio\n,1:1\n", "row 1: expected a path"),
        ("path\na.jpg\na.jpg,b\n", "cannot be read as a manifest"),
        ("path,path\na.jpg,b.jpg\n", "cannot be read as a manifest"),
    ],
)
def test_manifest_that_cannot_be_understood(touch: Touch, text: str, message: str) -> None:
    folder = touch("a.jpg")
    (folder / "list.csv").write_text(text)
    with pytest.raises(OptionError, match=message):
        tasks_of(folder, "list.csv")


def test_no_ratio_anywhere_is_refused(touch: Touch) -> None:
    folder = touch("a.jpg")
    with pytest.raises(OptionError, match="no ratio"):
        plan_tasks([str(folder / "a.jpg")], [], Job(str(folder / "out")))


def test_manifest_in_another_encoding(touch: Touch) -> None:
    """Found by fuzzing: names of columns that are no UTF-8 were a traceback."""
    folder = touch("a.jpg")
    (folder / "list.csv").write_bytes("path,größe\na.jpg,1\n".encode("latin-1"))
    with pytest.raises(OptionError, match=r"list\.csv: cannot be read as a manifest: "):
        tasks_of(folder, "list.csv")


@pytest.mark.parametrize("source", ["in/*.jgp", "nowhere/*.jpg", "in/empty", "list.csv", "out/*"])
def test_a_source_without_photos_is_refused(touch: Touch, source: str) -> None:
    folder = touch("in/a.jpg", "in/empty/notes.txt", "out/a_1x1.jpg")
    (folder / "list.csv").write_text("path\n")
    with pytest.raises(OptionError, match="no photo found"):
        tasks_of(folder, "in", source)


def test_names_with_the_signs_of_patterns_are_taken_as_they_are(touch: Touch) -> None:
    folder = touch("glob[1]/a.jpg", "glob1/b.jpg", "in/[x].jpg", "in/x.jpg", "in/what?.jpg")
    assert [t.stem for t in tasks_of(folder, "glob[1]")] == ["a"]
    assert [t.stem for t in tasks_of(folder, "glob[1]/*.jpg")] == ["a"]
    assert [t.stem for t in tasks_of(folder, "glob[1]/**/*.jpg")] == ["a"]
    assert [t.stem for t in tasks_of(folder, "in/[x].jpg")] == ["[x]"]
    assert [t.stem for t in tasks_of(folder, "in/what?.jpg")] == ["what?"]
    assert [t.stem for t in tasks_of(folder, "glob[0-9]/*")] == ["glob1/b"]
    (folder / "in" / "[x].jpg").unlink()
    assert [t.stem for t in tasks_of(folder, "in/[x].jpg")] == ["x"]


@pytest.mark.parametrize("source", ["in", "in/*.jpg", "in/**/*.jpg"])
def test_links_to_photos_are_photos(touch: Touch, source: str) -> None:
    folder = touch("in/a.jpg", "elsewhere/b.jpg")
    (folder / "elsewhere" / "b.jpg").write_text("some bytes")
    (folder / "in" / "link.jpg").symlink_to("../elsewhere/b.jpg")
    before = tasks_of(folder, source)
    assert [task.stem for task in before] == ["a", "link"]
    os.utime(folder / "elsewhere" / "b.jpg", (1, 1))
    after = tasks_of(folder, source)
    assert before[0].version == after[0].version
    assert before[1].version != after[1].version  # the photo's, not the link's


@pytest.mark.parametrize("source", ["in", "in/**/*.jpg"])
def test_links_to_folders_are_followed_and_loops_are_not(touch: Touch, source: str) -> None:
    folder = touch("in/a.jpg", "in/sub/b.jpg", "elsewhere/c.jpg")
    (folder / "in" / "more").symlink_to("../elsewhere")
    (folder / "in" / "here").symlink_to(".")
    (folder / "in" / "sub" / "above").symlink_to("../..")
    (folder / "elsewhere" / "back").symlink_to("../in")
    assert [t.stem for t in tasks_of(folder, source)] == ["a", "more/c", "sub/b"]


def test_a_link_that_leads_nowhere_fails_later(touch: Touch) -> None:
    folder = touch("in/a.jpg")
    (folder / "in" / "lost.jpg").symlink_to("gone.jpg")
    (folder / "in" / "round.jpg").symlink_to("round.jpg")
    tasks = tasks_of(folder, "in")
    assert [task.stem for task in tasks] == ["a", "lost", "round"]
    assert [task.version for task in tasks[1:]] == ["", ""]


def test_crops_in_the_target_are_left_out_behind_links_too(touch: Touch) -> None:
    folder = touch("in/a.jpg", "out/a_1x1.jpg")
    (folder / "in" / "crops").symlink_to("../out")
    (folder / "in" / "best.jpg").symlink_to("../out/a_1x1.jpg")
    (folder / "other").symlink_to("out")
    assert [task.stem for task in tasks_of(folder, "in")] == ["a"]
    with pytest.raises(OptionError, match="lies in the target"):
        tasks_of(folder, "other")


@pytest.mark.parametrize("source", ["in", "in/**/*.jpg"])
def test_a_folder_that_cannot_be_listed_is_named(
    touch: Touch, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    folder = touch("in/a.jpg", "in/secret/b.jpg")
    scan = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("secret"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)  # chmod does not keep root out
    with pytest.raises(OptionError, match=r"in/secret: cannot be listed: Permission denied$"):
        tasks_of(folder, source)
