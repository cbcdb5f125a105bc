"""The blind comparison: what is asked, what is shown, what is counted."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs marscrop[serve]")

from starlette.testclient import TestClient

from marscrop_research.errors import DataError
from marscrop_research.paper.study.pages import create_app
from marscrop_research.paper.study.trials import Study, load_study
from marscrop_research.paper.study.votes import Votes

SIZES = {"cat.jpg": (451, 300), "coffee.jpg": (600, 400), "rocket.jpg": (640, 427)}
BOXES = {"zeta": [0, 0, 200, 200], "alpha": [40, 40, 240, 240], "mid": [0, 0, 200, 200]}


@pytest.fixture
def photos(tmp_path: Path, examples: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in SIZES:
        shutil.copy(examples / name, folder)
    return folder


def box_file(folder: Path, name: str, boxes: dict[str, list[int]]) -> tuple[str, Path]:
    """A method's answers at 1:1, one box a photo."""
    lines = []
    for image, box in boxes.items():
        width, height = SIZES[image]
        crops = [{"ratio": "1:1", "box": box}]
        lines.append(json.dumps({"image": image, "width": width, "height": height, "crops": crops}))
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(lines))
    return name, path


@pytest.fixture
def study(photos: Path, tmp_path: Path) -> Study:
    """Three photos; "zeta" and "mid" always agree, "alpha" never."""
    files = [box_file(tmp_path, name, dict.fromkeys(SIZES, box)) for name, box in BOXES.items()]
    return load_study(photos, files)


def test_each_photo_and_ratio_is_a_trial(study: Study) -> None:
    assert [trial.key for trial in study.trials] == [f"{name} 1.0000" for name in sorted(SIZES)]


def test_methods_of_one_box_share_a_crop(study: Study) -> None:
    assert sorted(study.trials[0].options("ann")) == [("alpha",), ("mid", "zeta")]


def test_the_order_is_random_but_a_voters_own(study: Study) -> None:
    trial = study.trials[0]
    assert trial.options("ann") == trial.options("ann")
    first = [trial.options(f"voter {n}")[0] for n in range(200)]
    assert 60 <= first.count(("alpha",)) <= 140
    orders = {tuple(t.key for t in study.order(f"voter {n}")) for n in range(50)}
    assert len(orders) == 6


def test_what_leaves_no_choice_is_left_out(photos: Path, tmp_path: Path) -> None:
    same = [0, 0, 200, 200]
    files = [
        box_file(tmp_path, "a", {"cat.jpg": same, "coffee.jpg": same, "rocket.jpg": same}),
        box_file(tmp_path, "b", {"cat.jpg": same, "coffee.jpg": [10, 10, 210, 210]}),
    ]
    study = load_study(photos, files)
    assert [trial.path.name for trial in study.trials] == ["coffee.jpg"]
    assert study.alike == 1


def test_a_study_needs_two_methods(photos: Path, tmp_path: Path) -> None:
    one = box_file(tmp_path, "a", {"cat.jpg": [0, 0, 9, 9]})
    for files in ([one], [one, one]):
        with pytest.raises(DataError, match="two or more methods, all named differently"):
            load_study(photos, files)


def test_a_study_needs_something_to_choose(photos: Path, tmp_path: Path) -> None:
    files = [box_file(tmp_path, name, {"cat.jpg": [0, 0, 9, 9]}) for name in "ab"]
    with pytest.raises(DataError, match="no photo and ratio for which all of a, b gave boxes"):
        load_study(photos, files)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def test_a_voter_goes_through_all_and_may_go_on_later(study: Study, tmp_path: Path) -> None:
    votes = Votes(tmp_path / "votes.sqlite")
    client = TestClient(create_app(study, votes))
    assert "Your name" in client.get("/").text
    seen = []
    for number in range(3):
        page = client.get("/", params={"voter": "ann & bob"}).text
        assert f"{number + 1} of 3" in page
        seen.append(hidden(page, "trial"))
        if number == 1:  # the study is started anew
            client = TestClient(create_app(study, Votes(tmp_path / "votes.sqlite")))
        answer = client.post(
            "/vote",
            data={"voter": "ann & bob", "trial": seen[-1], "option": "0"},
            follow_redirects=False,
        )
        assert answer.status_code == 303
    assert sorted(seen) == sorted(trial.key for trial in study.trials)
    assert "the last one" in client.get("/", params={"voter": "ann & bob"}).text
    assert "1 of 3" in client.get("/", params={"voter": "cid"}).text


def test_nothing_that_is_sent_names_a_method(study: Study, tmp_path: Path) -> None:
    client = TestClient(create_app(study, Votes(tmp_path / "votes.sqlite")))
    page = client.get("/", params={"voter": "ann"})
    sources = re.findall(r'src="(/picture[^"]*)"', page.text)
    assert len(sources) == 3  # two crops and the whole photo
    answers = [page, *(client.get(source.replace("&amp;", "&")) for source in sources)]
    for answer in answers:
        assert answer.status_code == 200
        said = (answer.text if answer is page else "") + str(answer.headers)
        assert not [name for name in BOXES if name in said]


def test_the_share_won_is_counted(study: Study, tmp_path: Path) -> None:
    votes = Votes(tmp_path / "votes.sqlite")
    client = TestClient(create_app(study, votes))
    for voter, wanted in (("ann", "alpha"), ("bob", "alpha"), ("cid", "mid"), ("dan", None)):
        for trial in study.trials:
            options = trial.options(voter)
            option = next((n for n, made in enumerate(options) if wanted in made), -1)
            client.post("/vote", data={"voter": voter, "trial": trial.key, "option": option})
    result = votes.result()
    assert (result.votes, result.voters, result.photos) == (12, 4, 3)
    assert next(iter(result.shares)) == "alpha"
    assert result.shares["alpha"].mean == pytest.approx((2 + 1 / 3) / 4)
    assert result.shares["mid"].mean == pytest.approx((1 / 2 + 1 / 3) / 4)
    assert sum(share.mean for share in result.shares.values()) == pytest.approx(1)


def test_the_interval_is_over_photos(tmp_path: Path) -> None:
    votes = Votes(tmp_path / "votes.sqlite")
    for photo in range(20):
        won = "a" if photo < 15 else "b"
        for voter in ("ann", "bob"):  # who agree: twice the votes tell no more
            votes.cast(voter, f"{photo} 1.0", str(photo), ["a", "b"], [won])
    share = votes.result().shares["a"]
    assert share.mean == 0.75
    assert share.low == pytest.approx(0.55, abs=0.06)
    assert share.high == pytest.approx(0.90, abs=0.06)


def test_a_second_vote_replaces_the_first(tmp_path: Path) -> None:
    votes = Votes(tmp_path / "votes.sqlite")
    votes.cast("ann", "x 1.0", "x", ["a", "b"], ["a"])
    votes.cast("ann", "x 1.0", "x", ["a", "b"], ["b"])
    assert votes.result().votes == 1
    assert votes.result().shares["b"].mean == 1


@pytest.mark.parametrize(
    ("trial", "option", "status"), [("no", 0, 404), ("rocket.jpg 1.0000", 2, 422)]
)
def test_a_vote_for_nothing_is_refused(
    study: Study, tmp_path: Path, trial: str, option: int, status: int
) -> None:
    votes = Votes(tmp_path / "votes.sqlite")
    client = TestClient(create_app(study, votes))
    answer = client.post("/vote", data={"voter": "ann", "trial": trial, "option": option})
    assert answer.status_code == status
    assert votes.done("ann") == set()


@pytest.mark.parametrize(
    "written",
    [{"option": "0"}, {"voter": "x" * 101, "option": "0"}, {"voter": "ann", "option": "first"}],
)
def test_a_vote_that_makes_no_sense_is_refused(
    study: Study, tmp_path: Path, written: dict[str, str]
) -> None:
    client = TestClient(create_app(study, Votes(tmp_path / "votes.sqlite")))
    assert client.post("/vote", data={"trial": study.trials[0].key, **written}).status_code == 422


def test_what_is_no_file_of_votes_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database, but long enough to be taken for one" * 50)
    with pytest.raises(DataError, match=r"notes\.txt: no file of votes that works"):
        Votes(tmp_path / "notes.txt")
    with pytest.raises(DataError, match="no such file"):
        Votes(tmp_path / "none.sqlite", must_exist=True)
    with pytest.raises(DataError, match="holds no votes yet"):
        Votes(tmp_path / "new.sqlite").result()
