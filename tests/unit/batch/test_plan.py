"""Which photos a source names, and what their crops are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from marscrop import AspectRatio
from marscrop.batch.job import Job, Task
from marscrop.batch.plan import plan_tasks
from marscrop.errors import OptionError

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
