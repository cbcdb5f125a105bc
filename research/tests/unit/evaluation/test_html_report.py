"""The HTML page: complete, self-contained, escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from research.tests.unit.evaluation.photos import answered, drawn, photo

from marscrop.errors import ImageError
from marscrop_research.data.records import PhotoRecord, Problem
from marscrop_research.evaluation.comparison import Comparison, Origin, compare
from marscrop_research.evaluation.html_report import html_report

PEER = "peer <b>&"
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Tags with their attributes, text, and whether all that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def records(folder: Path) -> list[PhotoRecord]:
    return [drawn(folder, photo(f"{i}.png", (0, 0, 50, 50))) for i in range(3)]


def compared(photos: list[PhotoRecord]) -> Comparison:
    left, right = (0, 0, 50, 50), (50, 0, 100, 50)
    answers = [answered(p, **{"ours": [left], PEER: [right]}) for p in photos]
    gap: dict[str, list[Sequence[int] | None]] = {"ours": [left], PEER: [None]}
    answers.append(answered(photo("gap.png", left), **gap))
    origin = Origin(
        facts={"dataset": "fcdb", "split": "test", "model": "m<1>"},
        skipped=(Problem("fcdb.json, entry <7>", "box is empty"),),
        bad_answers={PEER: (Problem("p.jsonl, line 9", "not valid JSON"),)},
    )
    return compare(answers, ["ours", PEER], "ours", origin=origin, resamples=123, seed=5)


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    return html_report(compared(records(tmp_path_factory.mktemp("photos"))))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_every_tag_is_closed_and_no_name_is_taken_for_one(page: Page, html: str) -> None:
    assert page.open == []
    assert html.startswith("<!DOCTYPE html>")
    assert page.of("b") == [{}] * 9  # those of the captions: "peer <b>&" adds none
    assert PEER in page.text
    assert "entry <7>" in page.text


def test_needs_nothing_but_itself(page: Page, html: str) -> None:
    assert page.of("script") == page.of("link") == page.of("iframe") == []
    assert all((i["src"] or "").startswith("data:image/jpeg;base64,") for i in page.of("img"))
    assert not re.search(r"https?:|url\(|@import|\son\w+=", html)
    (policy,) = [m["content"] for m in page.of("meta") if "http-equiv" in m]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_shows_best_worst_and_random_photos_with_alt_texts(page: Page) -> None:
    assert [s["id"] for s in page.of("section")] == ["best", "worst", "random"]
    assert len(page.of("img")) == 3 * 3
    assert all(i["alt"] for i in page.of("img"))
    assert "Random photos (seed 5)" in page.text
    drawn_ = [r["class"] for r in page.of("rect") if r["class"] != "rim"]
    assert drawn_.count("human") == drawn_.count("ours") == 9 + 3  # and three legends


def test_seed_chooses_the_random_photos(tmp_path: Path) -> None:
    photos = [drawn(tmp_path, photo(f"{i}.png", (0, 0, 50, 50))) for i in range(20)]
    answers = [answered(p, ours=[(0, 0, 50, 50)]) for p in photos]

    def shown(seed: int) -> list[str]:
        page = Page(html_report(compare(answers, ["ours"], "ours", resamples=10, seed=seed)))
        return [(i["alt"] or "").split(":")[0] for i in page.of("img")]

    first, again, other = shown(1), shown(1), shown(2)
    assert first == again
    assert first[:24] == other[:24]  # the best and the worst are as they are
    assert first[24:] != other[24:]


def test_tables_have_every_method_and_difference(page: Page) -> None:
    assert len(page.of("table")) == 2
    assert "strict: ours minus the other, on the same photos" in page.text
    for cell in ("1.0000 [1.000..1.000]", "0.0000 [0.000..0.000]", "+1.0000 [+1.000..+1.000]"):
        assert cell in page.texts
    assert [r for r in page.of("tr") if r.get("class") == "reference"] == [{"class": "reference"}]
    assert "from 123 resamples of the photos (seed 5)" in page.text


def test_tells_origin_and_all_that_was_left_out(page: Page) -> None:
    assert "Crops against people's, fcdb, test" in page.texts
    assert "dataset: fcdb, split: test, model: m<1>" in page.texts
    assert "3 photos and 3 human boxes compared; 1 records skipped" in page.text
    for line in (
        "Records skipped: 1",
        "fcdb.json, entry <7>: box is empty",
        f"Bad answers by {PEER}: 1",
        "p.jsonl, line 9: not valid JSON",
        f"Boxes without an answer by {PEER}: 1",
        "gap.png at 50:50",
    ):
        assert line in page.texts


def test_suits_phones_and_the_dark(page: Page, html: str) -> None:
    (viewport,) = [m["content"] for m in page.of("meta") if m.get("name") == "viewport"]
    assert viewport == "width=device-width, initial-scale=1"
    assert "color-scheme: light dark" in html
    assert "@media (prefers-color-scheme: dark)" in html
    human, ours = (re.search(rf"\.{k} {{[^}}]*stroke: (#\w+)", html) for k in ("human", "ours"))
    assert human is not None
    assert ours is not None
    assert human[1] != ours[1]
    assert "stroke-dasharray" in html  # told apart without colours too


def test_several_boxes_get_a_table_for_each_protocol(tmp_path: Path) -> None:
    record = drawn(tmp_path, photo("a.png", (0, 0, 50, 50), (0, 0, 100, 50)))
    both = answered(record, ours=[(0, 0, 50, 50), (0, 0, 100, 50)])
    page = Page(html_report(compare([both], ["ours"], "ours", resamples=10)))
    captions = [t for t in page.texts if re.match(r"(strict|maxGT|best-of-N|consensus): ", t)]
    assert [c.split(":")[0] for c in captions] == ["strict", "maxGT", "best-of-N", "consensus"]
    assert "Nothing." in page.texts  # was left out


def test_a_photo_that_vanished_is_an_error(tmp_path: Path) -> None:
    photos = records(tmp_path)
    photos[1].path.unlink()
    with pytest.raises(ImageError, match=r"1\.png"):
        html_report(compared(photos))
