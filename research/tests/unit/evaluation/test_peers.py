"""Other tools' boxes: what they are asked, and how their files are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from research.tests.unit.evaluation.photos import photo

from marscrop.geometry import Box
from marscrop_research.errors import DataError
from marscrop_research.evaluation.answers import ask
from marscrop_research.evaluation.peers import Peer, read_peer, requests

A = photo("a.jpg", (0, 0, 40, 30), (10, 10, 50, 50))
B = photo("b.jpg", (0, 0.5, 61.25, 50), size=(80, 60))
GOOD: dict[str, Any] = {
    "image": "a.jpg",
    "width": 100,
    "height": 50,
    "crops": [{"ratio": "4:3", "box": [0, 0, 60, 45], "confidence": 0.5}],
}


def read(tmp_path: Path, *lines: object) -> Peer:
    file = tmp_path / "peer.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return read_peer("peer", file, [A, B])


def boxes(peer: Peer) -> list[Box | None]:
    """To the two boxes of A and the one of B."""
    return [peer(record).get("peer") for p in (A, B) for record in p.crops()]


def crop(**changes: object) -> dict[str, Any]:
    return {**GOOD, "crops": [{**GOOD["crops"][0], **changes}]}


def test_answers_are_found_by_name_and_ratio(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found.problems == ()
    assert boxes(found) == [Box(0, 0, 60, 45), None, None]


def test_a_photo_may_take_several_lines_and_other_tools_folders(tmp_path: Path) -> None:
    square = {**crop(ratio="square", box=[0, 0, 50, 50]), "image": "C:\\photos\\a.jpg"}
    found = read(tmp_path, {**GOOD, "image": "/data/set/a.jpg"}, "", square)
    assert found.problems == ()
    assert boxes(found)[:2] == [Box(0, 0, 60, 45), Box(0, 0, 50, 50)]


@pytest.mark.parametrize("ratio", ["4:3", 4 / 3, 1.3334, "1.3323", "400x300"])
def test_ratio_in_any_notation_within_a_thousandth(tmp_path: Path, ratio: object) -> None:
    assert boxes(read(tmp_path, crop(ratio=ratio)))[0] == Box(0, 0, 60, 45)


@pytest.mark.parametrize("ratio", ["4:3.01", 1.335, 1.331, "3:4"])
def test_another_ratio_is_no_answer(tmp_path: Path, ratio: object) -> None:
    found = read(tmp_path, crop(ratio=ratio))
    assert found.problems == ()
    assert boxes(found) == [None] * 3


def test_nearest_ratio_counts(tmp_path: Path) -> None:
    near, nearer = ({"ratio": r, "box": [0, 0, w, 45]} for r, w in ((1.3340, 61), (1.3333, 60)))
    assert boxes(read(tmp_path, {**GOOD, "crops": [near, nearer]}))[0] == Box(0, 0, 60, 45)


def test_lines_about_other_photos_are_passed_over(tmp_path: Path) -> None:
    found = read(tmp_path, {**GOOD, "image": "of_another_split.jpg", "width": 7}, GOOD)
    assert found.problems == ()
    assert boxes(found)[0] == Box(0, 0, 60, 45)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{nonsense", "not valid JSON"),
        ("[]", "expected an object with image, width, height and a list crops; got []"),
        ({**GOOD, "crops": {}}, "expected an object with image"),
        ({k: v for k, v in GOOD.items() if k != "width"}, "expected an object with image"),
        ({**GOOD, "width": 50, "height": 100}, "a.jpg is 100 x 50 px upright; got a picture of"),
    ],
)
def test_a_bad_line_is_reported_with_its_place(tmp_path: Path, line: object, said: str) -> None:
    """And the good ones around it count."""
    found = read(tmp_path, crop(ratio=1, box=[0, 0, 50, 50]), "", line, GOOD)
    (problem,) = found.problems
    assert problem.place == f"{tmp_path / 'peer.jsonl'}, line 3"
    assert said in problem.reason
    assert boxes(found)[:2] == [Box(0, 0, 60, 45), Box(0, 0, 50, 50)]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("4:3", "expected an object with ratio and a box of four; got '4:3'"),
        ({"ratio": "4:3"}, "expected an object with ratio and a box of four"),
        ({"ratio": "4:3", "box": [0, 0, 60]}, "expected an object with ratio and a box of four"),
        ({"ratio": "wide-ish", "box": [0, 0, 60, 45]}, "got 'wide-ish'"),
        ({"ratio": 0, "box": [0, 0, 60, 45]}, "both positive"),
        ({"ratio": 10**400, "box": [0, 0, 60, 45]}, "too large"),
        ({"ratio": 1, "box": [0, 0, 60.5, 45]}, "whole pixels, x0, y0, x1, y1; got [0, 0, 60.5"),
        ({"ratio": 1, "box": [0, 0, float("nan"), 45]}, "whole pixels"),
        ({"ratio": 1, "box": [0, False, 60, 45]}, "whole pixels"),
        ({"ratio": 1, "box": [60, 0, 60, 45]}, "x0 < x1 and y0 < y1 inside 100 x 50 px"),
        ({"ratio": 1, "box": [0, 0, 60, 51]}, "inside 100 x 50 px; got [0, 0, 60, 51]"),
        ({"ratio": 1, "box": [-1, 0, 60, 45]}, "inside 100 x 50 px"),
    ],
)
def test_a_bad_crop_is_reported_and_the_others_of_its_line_count(
    tmp_path: Path, bad: object, said: str
) -> None:
    found = read(tmp_path, {**GOOD, "crops": [bad, GOOD["crops"][0]]})
    (problem,) = found.problems
    assert problem.place == f"{tmp_path / 'peer.jsonl'}, line 1, crop 0"
    assert said in problem.reason
    assert boxes(found) == [Box(0, 0, 60, 45), None, None]


def test_two_answers_to_one_question_are_reported_if_they_differ(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, GOOD, crop(box=[4, 0, 64, 45]))
    (problem,) = found.problems
    assert problem.place.endswith("line 3, crop 0")
    assert "a.jpg at 4:3 was answered before, with [0, 0, 60, 45]" in problem.reason
    assert boxes(found)[0] == Box(0, 0, 60, 45)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no\.jsonl: not found; expected .*--requests"):
        read_peer("peer", tmp_path / "no.jsonl", [A])


def test_photos_of_the_same_name_cannot_be_told_apart(tmp_path: Path) -> None:
    twin = type(A)(Path("elsewhere/a.jpg"), A.size, A.boxes, None, "test")
    (tmp_path / "peer.jsonl").write_text("")
    with pytest.raises(DataError, match=r"a\.jpg and .*elsewhere.a\.jpg: .*rename one"):
        read_peer("peer", tmp_path / "peer.jsonl", [A, twin])


def test_requests_say_what_to_answer() -> None:
    lines = [json.loads(line) for line in requests([A, B])]
    assert lines[0] == {
        "image": "a.jpg",
        "width": 100,
        "height": 50,
        "ratios": ["40:30", "40:40"],
        "path": str(Path("somewhere/a.jpg").resolve()),
    }
    assert lines[1]["ratios"] == ["61.25:49.5"]


def test_a_ratio_is_asked_once_a_photo() -> None:
    (line,) = requests([photo("a.jpg", (0, 0, 10, 10), (5, 5, 15, 15), (0, 0, 20, 10))])
    assert json.loads(line)["ratios"] == ["10:10", "20:10"]


def test_a_photo_that_cannot_be_measured_is_not_asked_about() -> None:
    assert list(requests([photo("a.jpg", (0, 0, 100, 0.5))])) == []


def test_a_tool_that_answers_its_requests_has_no_gaps(tmp_path: Path) -> None:
    """The human boxes themselves, as a tool would write them."""
    answers = []
    for asked, of in zip(requests([A, B]), (A, B), strict=True):
        line = json.loads(asked)
        found = zip(line.pop("ratios"), of.boxes, strict=True)
        line["crops"] = [{"ratio": r, "box": [round(edge) for edge in b]} for r, b in found]
        answers.append(line)
    peer = read(tmp_path, *answers)
    assert peer.problems == ()
    answered, _ = ask([A, B], [peer])
    assert [a.gaps("peer") for a in answered] == [[], []]
    assert answered[0].answers("peer") == tuple(Box(*map(int, b)) for b in A.boxes)
