"""Which cases are shown, and how."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from research.tests.unit.evaluation.photos import answered, drawn, photo

from marscrop.geometry import Box
from marscrop_research.evaluation.contact_sheet import Case, choose_cases, legend, sheet

# Answers that start at 0, 5, ... where the human box starts at 0: worse and worse.
PHOTOS = [
    answered(photo(f"{i}.jpg", (0, 0, 50, 50)), ours=[(5 * i, 0, 50 + 5 * i, 50)])
    for i in (3, 0, 4, 1, 2)
]


def names(cases: list[Case]) -> list[str]:
    return [case.record.path.name for case in cases]


def test_best_and_worst_are_in_order() -> None:
    chosen = choose_cases(PHOTOS, "ours", count=3)
    assert names(chosen["best"]) == ["0.jpg", "1.jpg", "2.jpg"]
    assert names(chosen["worst"]) == ["4.jpg", "3.jpg", "2.jpg"]


def test_random_cases_depend_on_the_seed_alone() -> None:
    drawn_ = {s: names(choose_cases(PHOTOS, "ours", count=3, seed=s)["random"]) for s in range(20)}
    assert drawn_[0] == names(choose_cases(PHOTOS, "ours", count=3, seed=0)["random"])
    assert len({tuple(n) for n in drawn_.values()}) > 5
    assert {name for n in drawn_.values() for name in n} == {f"{i}.jpg" for i in range(5)}


def test_a_photo_is_on_a_sheet_once() -> None:
    """With its best box on the best sheet, its worst on the worst."""
    several = answered(
        photo("several.jpg", (0, 0, 50, 50), (0, 0, 100, 50)),
        ours=[(50, 0, 100, 50), (0, 0, 100, 50)],
    )
    chosen = choose_cases([several, *PHOTOS], "ours")
    assert all(sorted(set(names(c))) == sorted(names(c)) for c in chosen.values())
    assert chosen["best"][0].agreement.iou == 1
    assert chosen["worst"][0].agreement.iou == 0
    assert names(chosen["worst"])[0] == "several.jpg"


def test_fewer_photos_than_places_are_all_shown() -> None:
    assert {k: len(c) for k, c in choose_cases(PHOTOS, "ours").items()} == {
        "best": 5,
        "worst": 5,
        "random": 5,
    }


def parsed(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)  # noqa: S314 - our own


@pytest.fixture
def figure(tmp_path: Path) -> ElementTree.Element:
    """Of a photo of 1000 x 500 whose name looks like markup."""
    record = drawn(tmp_path, photo('<a "b">.jpg', (100, 50, 600, 450), size=(1000, 500)))
    page = sheet([Case(record.crops()[0], "our's <net>", Box(0, 0, 500, 400))])
    return parsed(page.replace("<br>", "<br/>").replace('"><svg', '"/><svg'))


def test_both_boxes_are_drawn_in_pixels_of_the_photo(figure: ElementTree.Element) -> None:
    svg = next(figure.iter("svg"))
    assert svg.attrib["viewBox"] == "0 0 1000 500"
    drawn_ = [
        (r.attrib["class"], [float(r.attrib[k]) for k in ("x", "y", "width", "height")])
        for r in svg.iter("rect")
    ]
    ours, human = [0, 0, 500, 400], [100, 50, 500, 400]
    # The dashed one lies on top: where both are the same, both can be seen.
    assert drawn_ == [("rim", ours), ("rim", human), ("ours", ours), ("human", human)]


def test_the_picture_is_a_small_jpeg_of_the_whole_photo(figure: ElementTree.Element) -> None:
    source = next(figure.iter("img")).attrib["src"]
    kind, content = source.split(",")
    assert kind == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (360, 180)
        left, right = picture.getpixel((20, 90)), picture.getpixel((340, 90))
    assert left[0] > 150 > left[2]  # type: ignore[index]
    assert right[2] > 150 > right[0]  # type: ignore[index]


def test_a_small_photo_is_not_enlarged(tmp_path: Path) -> None:
    record = drawn(tmp_path, photo("a.jpg", (0, 0, 50, 50)))
    page = sheet([Case(record.crops()[0], "ours", Box(0, 0, 50, 50))])
    content = page.split("base64,")[1].split('"')[0]
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        assert picture.size == (100, 50)


def test_alt_text_and_caption_say_what_is_to_see(figure: ElementTree.Element) -> None:
    alt = next(figure.iter("img")).attrib["alt"]
    assert alt.startswith('<a "b">.jpg: the crop of our\'s <net> at ratio 1.25')
    iou = 400 * 350 / (2 * 500 * 400 - 400 * 350)
    assert f"IoU of {iou:.3f}" in alt
    caption = " ".join(next(figure.iter("figcaption")).itertext())
    assert f"IoU {iou:.3f}" in caption
    assert "BDE 0.100" in caption
    assert "offset 112 px" in caption
    assert '<a "b">.jpg' in caption


def test_legend_names_both_boxes() -> None:
    found = parsed(legend("a < b"))
    items = [("".join(i.itertext()), i.findall(".//rect")[-1].attrib["class"]) for i in found]
    assert items == [("a person's crop", "human"), ("the crop of a < b", "ours")]
