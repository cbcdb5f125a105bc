"""What can be asked on the page beside ratios, and what is shown of it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from marscrop.cropper import Cropper

pytest.importorskip("playwright", reason="needs playwright")
from playwright.sync_api import Page, Route, expect

SURENESS = ("Confident", "Fair", "Unsure, look at it", "Centre crop")


def settled(page: Page) -> None:
    """Nothing is being looked for any more."""
    expect(page.locator("#crops")).not_to_have_attribute("aria-busy", "true")


def add(page: Page, typed: str) -> None:
    page.get_by_role("textbox", name="A ratio, or a size in pixels").fill(typed)
    page.get_by_role("button", name="Add this ratio to the crops").click()


def taken(page: Page, name: str) -> tuple[str, Image.Image]:
    """The file of one crop: its name and picture."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name=f"Download {name}").click()
    with Image.open(downloading.value.path()) as picture:
        picture.load()
    return downloading.value.suggested_filename, picture


def copied(page: Page) -> dict[str, dict[str, Any]]:
    """Crops of the last photo, by ratio."""
    page.get_by_role("button", name="Copy JSON").click()
    expect(page.locator("#said")).to_have_text("JSON copied")
    text = page.evaluate("navigator.clipboard.readText()")
    return {crop["ratio"]: crop for crop in json.loads(text.splitlines()[-1])["crops"]}


def test_one_crop_is_downloaded(filled: Page, cropper: Cropper, examples: Path) -> None:
    name, picture = taken(filled, "Portrait 4:5")
    (crop,) = cropper.crop(examples / "rocket.jpg", "4:5")
    assert (name, picture.size) == ("rocket_4x5.jpg", crop.size)


@pytest.mark.parametrize(
    ("typed", "ratio"),
    [("5/4", "5:4"), ("2.39:1", "2.39:1"), ("1.5", "1.5"), ("4x5", "4:5"), ("Banner", "3:1")],
)
def test_a_ratio_is_typed(filled: Page, typed: str, ratio: str) -> None:
    add(filled, typed)
    expect(filled.locator(f"#crops .show[data-ratio='{ratio}']")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(filled.locator(f"#ratios input[value='{ratio}']")).to_be_checked()


def test_a_size_that_is_typed_is_that_of_the_file(filled: Page) -> None:
    add(filled, "401 x 211")
    name, picture = taken(filled, "401 × 211")
    assert (name, picture.size) == ("rocket_401x211.jpg", (401, 211))


def test_a_crop_is_enlarged_only_if_that_is_asked(filled: Page) -> None:
    add(filled, "1200x630")
    expect(filled.locator("#crops .crop").first).to_contain_text("smaller")
    assert taken(filled, "1200 × 630")[1].width <= 640
    filled.get_by_label("Enlarge crops that are smaller than asked").check()
    expect(filled.locator("#crops .crop").first).not_to_contain_text("smaller")
    assert taken(filled, "1200 × 630")[1].size == (1200, 630)


@pytest.mark.parametrize("typed", ["nonsense", "0:5", "1000:1", "3:"])
def test_what_is_no_ratio_is_said_below_the_field(filled: Page, typed: str) -> None:
    add(filled, typed)
    field = filled.get_by_role("textbox", name="A ratio, or a size in pixels")
    expect(filled.locator("#typed-problem")).to_contain_text("atio")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    field.fill("3:2")
    expect(filled.locator("#typed-problem")).to_be_hidden()


def test_other_choices_are_those_of_the_library(
    filled: Page, cropper: Cropper, examples: Path
) -> None:
    expected = cropper.crop(examples / "rocket.jpg", "16:9", max_candidates=4)
    expect(filled.locator("#choice")).to_have_text(f"Choice 1 of {len(expected)}")
    filled.get_by_role("button", name="Next choice").click()
    expect(filled.locator("#choice")).to_have_text(f"Choice 2 of {len(expected)}")
    assert copied(filled)["16:9"]["box"] == list(expected[1].box)
    filled.get_by_role("button", name="Choice before").click()
    assert copied(filled)["16:9"]["box"] == list(expected[0].box)


def test_zoom_is_asked_for(filled: Page, cropper: Cropper, examples: Path) -> None:
    filled.get_by_label("Zoom").select_option("none")
    settled(filled)
    expected = cropper.crop(examples / "rocket.jpg", ["16:9", "1:1"], zoom="none")
    boxes = copied(filled)
    assert [boxes["16:9"]["box"], boxes["1:1"]["box"]] == [list(crop.box) for crop in expected]


def test_the_whole_photo_is_padded(filled: Page) -> None:
    filled.get_by_label("Padding", exact=True).select_option("whole")
    filled.get_by_label("Filled with").select_option("black")
    settled(filled)
    assert copied(filled)["1:1"]["canvas"] == [640, 640]
    _, picture = taken(filled, "Square 1:1")
    assert picture.size == (640, 640)
    assert max(picture.convert("RGB").getpixel((320, 3))) < 8  # type: ignore[arg-type]
    expect(filled.locator("#hint")).to_have_text("A padded crop stays where it is")
    expect(filled.locator("#crops .crop").first).to_contain_text("Padded")


def test_metadata_is_kept_as_asked(page: Page, examples: Path, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Copyright] = "A. Person"
    exif[ExifTags.Base.Make] = "Camera"
    with Image.open(examples / "rocket.jpg") as image:
        image.save(tmp_path / "own.jpg", exif=exif)
    page.set_input_files("#files", tmp_path / "own.jpg")
    kept = {}
    for policy in ("rights", "all", "none"):
        page.get_by_label("Metadata").select_option(policy)
        tags = taken(page, "Square 1:1")[1].getexif()
        kept[policy] = (ExifTags.Base.Copyright in tags, ExifTags.Base.Make in tags)
    assert kept == {"rights": (True, False), "all": (True, True), "none": (False, False)}


def test_crops_are_compared_with_the_centre_crop(filled: Page) -> None:
    expect(filled.locator("#middle")).to_be_hidden()
    filled.get_by_role("button", name="Compare with the centre crop").click()
    expect(filled.locator("#middle")).to_be_visible()
    expect(filled.locator("#crops .crop").first.locator("figcaption")).to_have_text(
        ["marscrop", "Centre crop"]
    )
    middle, photo = (
        filled.locator("#middle").bounding_box(),
        filled.locator("#stage").bounding_box(),
    )
    assert middle is not None
    assert photo is not None
    assert middle["width"] == pytest.approx(photo["width"], abs=1)
    above, below = middle["y"] - photo["y"], photo["y"] + photo["height"]
    assert above == pytest.approx(below - middle["y"] - middle["height"], abs=2)


def test_the_map_has_a_legend(filled: Page) -> None:
    expect(filled.locator("#legend")).to_be_hidden()
    filled.get_by_role("button", name="Show the map").click()
    expect(filled.locator("#legend")).to_have_text("Leave outShow")


def test_confidence_is_shown_in_words(filled: Page) -> None:
    words = filled.locator("#crops .sure").all_inner_texts()
    assert len(words) == filled.locator("#crops .crop").count() > 0
    assert set(words) <= set(SURENESS)
    assert "%" not in filled.locator("main").inner_text()


@pytest.mark.parametrize(
    ("confidence", "word"),
    [(0.8, "Confident"), (0.79, "Fair"), (0.62, "Fair"), (0.61, "Unsure, look at it")],
)
def test_words_stand_for_ranges(page: Page, confidence: float, word: str) -> None:
    script = """async confidence =>
        (await import('/page/confidence.js')).sureness({ confidence }).word"""
    assert page.evaluate(script, confidence) == word


def test_where_a_drag_is_expected_is_said(filled: Page) -> None:
    expect(filled.locator("#hint")).to_contain_text("Drag the frame")
    expect(filled.locator("#drag-hint")).to_be_hidden()
    filled.get_by_role("button", name="Mark to keep").click()
    expect(filled.locator("#drag-hint")).to_have_text("Drag a box over what every crop must show")
    filled.get_by_role("button", name="Mark to avoid").click()
    expect(filled.locator("#drag-hint")).to_have_text("Drag a box over what no crop may show")
    filled.keyboard.press("Escape")
    expect(filled.locator("#drag-hint")).to_be_hidden()
    filled.locator("#frame").press("ArrowUp")
    expect(filled.locator("#hint")).to_be_empty()  # who has done it knows


def test_a_photo_is_removed(filled: Page) -> None:
    filled.get_by_role("button", name="Remove rocket.jpg").click()
    expect(filled.locator("#view-title")).to_have_text("cat.jpg")
    expect(filled.get_by_role("button", name="cat.jpg", exact=True)).to_be_focused()
    with filled.expect_download() as downloading:
        filled.get_by_role("button", name="Download all (ZIP)").click()
    with zipfile.ZipFile(downloading.value.path()) as archive:
        assert {name.split("_")[0] for name in archive.namelist()} == {"cat"}
        Image.open(io.BytesIO(archive.read("cat_1x1.jpg"))).verify()
    filled.keyboard.press("Shift+Tab")
    filled.get_by_role("button", name="cat.jpg", exact=True).press("Delete")
    expect(filled.locator("#empty")).to_be_visible()
    expect(filled.get_by_role("button", name="Choose photos")).to_be_focused()


@pytest.mark.parametrize("name", ["Rocket at night", "Astronaut", "Cat", "Cup of coffee"])
def test_examples_are_tried(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#crops .show")).to_have_count(4)
    expect(page.locator("#empty")).to_be_hidden()


def test_a_file_that_is_no_photo_is_told_beside_the_photos(
    page: Page, examples: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.png").write_text("no image")
    page.set_input_files("#files", [tmp_path / "notes.png", examples / "cat.jpg"])
    refused = page.locator("#refused li")
    expect(refused).to_contain_text("notes.png is not an image")
    expect(page.locator("#view-title")).to_have_text("cat.jpg")
    expect(refused).to_be_visible()
    page.get_by_role("button", name="Put away the message about notes.png").click()
    expect(refused).to_have_count(0)


def test_a_file_that_cannot_be_made_is_told_beside_its_crop(filled: Page) -> None:
    filled.route("**/v1/crop?**", lambda route: route.abort())
    filled.get_by_role("button", name="Download Square 1:1").click()
    card = filled.locator("#crops .crop", has_text="Square 1:1")
    expect(card.get_by_role("alert")).to_contain_text("does not answer")
    filled.get_by_role("button", name="Download all (ZIP)").click()
    expect(filled.locator("#take-problem")).to_contain_text("rocket.jpg Square 1:1")
    filled.unroute("**/v1/crop?**")
    taken(filled, "Square 1:1")
    expect(card.get_by_role("alert")).to_have_count(0)


def test_what_a_file_does_not_keep_is_told_beside_its_crop(filled: Page) -> None:
    def lossy(route: Route) -> None:
        answer = route.fetch()
        headers = {**answer.headers, "X-Crop-Warnings": "the depth is not kept"}
        route.fulfill(response=answer, headers=headers)

    filled.route("**/v1/crop?**", lossy)
    taken(filled, "Square 1:1")
    card = filled.locator("#crops .crop", has_text="Square 1:1")
    expect(card.get_by_role("alert")).to_have_text("the depth is not kept")
    with filled.expect_download():
        filled.get_by_role("button", name="Download all (ZIP)").click()
    expect(filled.locator("#take-problem")).to_contain_text("not kept in cat.jpg Wide 16:9, ")
    expect(filled.locator("#crops .remark")).to_have_count(4)


def test_a_crop_that_is_added_is_brought_into_view(filled: Page) -> None:
    filled.set_viewport_size({"width": 390, "height": 844})
    story = filled.get_by_role("checkbox", name="Story 9:16")
    story.uncheck()
    story.check()
    expect(filled.locator("#crops .show[data-ratio='9:16']")).to_be_in_viewport(ratio=1)


def test_without_a_ratio_there_is_nothing_to_download(filled: Page) -> None:
    for name in ("Square", "Portrait", "Story", "Wide"):
        filled.get_by_role("checkbox", name=name).uncheck()
    filled.get_by_role("button", name="Download all (ZIP)").click()
    expect(filled.locator("#take-problem")).to_contain_text("Tick a ratio first")


def test_a_service_that_has_stopped_is_told_below_the_photo(filled: Page) -> None:
    filled.route("**/v1/crops?**", lambda route: route.abort())
    filled.get_by_role("slider", name="Any ratio").fill("-1")
    expect(filled.locator("#problem")).to_contain_text("does not answer")
