"""What people do on the page."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from marscrop.cropper import Cropper

pytest.importorskip("playwright", reason="needs playwright")
from playwright.sync_api import Page, expect


def copied(page: Page) -> list[dict[str, Any]]:
    """What the page's "Copy JSON" gives, by photo."""
    page.get_by_role("button", name="Copy JSON").click()
    expect(page.locator("#said")).to_have_text("JSON copied")
    text = page.evaluate("navigator.clipboard.readText()")
    return [json.loads(line) for line in text.splitlines()]


def boxes(page: Page, photo: int = 1) -> dict[str, list[int]]:
    """The crops of a photo, by ratio."""
    return {crop["ratio"]: crop["box"] for crop in copied(page)[photo]["crops"]}


def drag(page: Page, selector: str, dx: int, dy: int, *, middle: bool = True) -> None:
    area = page.locator(selector).bounding_box()
    assert area is not None
    x = area["x"] + (area["width"] / 2 if middle else area["width"] * 0.25)
    y = area["y"] + (area["height"] / 2 if middle else area["height"] * 0.25)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


def test_crops_are_those_of_the_library(filled: Page, cropper: Cropper, examples: Path) -> None:
    ratios = ["16:9", "1:1", "4:5", "9:16"]
    names = [card.get_attribute("data-ratio") for card in filled.locator("#crops .show").all()]
    assert names == ratios
    cat, rocket = copied(filled)
    for photo, name in ((cat, "cat.jpg"), (rocket, "rocket.jpg")):
        expected = cropper.crop(examples / name, ratios)
        assert photo["image"] == name
        assert [crop["box"] for crop in photo["crops"]] == [list(crop.box) for crop in expected]
        assert [crop["confidence"] for crop in photo["crops"]] == pytest.approx(
            [crop.confidence for crop in expected], abs=1e-4
        )


def test_the_slider_sweeps_crop_and_map(filled: Page) -> None:
    filled.get_by_role("button", name="Show the map").click()
    expect(filled.locator("#map")).to_be_visible()
    slider = filled.get_by_role("slider", name="Any ratio")
    slider.fill("-2")
    expect(filled.locator("#sweep-value")).to_have_text("1:4")
    expect(filled.locator("#facts")).to_contain_text("1:4 · 10")
    slider.fill("2")
    expect(filled.locator("#facts")).to_contain_text("4:1 · ")
    slider.press("ArrowLeft")
    expect(filled.locator("#sweep-value")).to_have_text("3.97:1")
    expect(filled.locator("#facts")).to_contain_text("3.97:1 · ")
    filled.get_by_role("button", name="Add this ratio to the crops").click()
    assert "3.97:1" in boxes(filled)


def test_a_crop_is_moved_and_the_others_stay(filled: Page) -> None:
    before = boxes(filled)
    filled.locator("#crops .show[data-ratio='9:16']").click()
    drag(filled, "#frame", 60, 0)
    after = boxes(filled)
    assert after["9:16"][0] > before["9:16"][0]
    assert after["9:16"][2] - after["9:16"][0] == before["9:16"][2] - before["9:16"][0]
    assert {r: b for r, b in after.items() if r != "9:16"} == {
        r: b for r, b in before.items() if r != "9:16"
    }
    filled.get_by_role("button", name="Undo my change").click()
    expect(filled.locator("#reset")).to_be_hidden()
    assert boxes(filled) == before


def test_a_crop_is_resized_by_a_corner_and_keeps_its_ratio(filled: Page) -> None:
    filled.locator("#crops .show[data-ratio='1:1']").click()
    before = boxes(filled)["1:1"]
    drag(filled, "#frame [data-corner='se']", -100, -100)
    x0, y0, x1, y1 = boxes(filled)["1:1"]
    assert [x0, y0] == before[:2]
    assert x1 - x0 == y1 - y0 < before[2] - before[0]


def test_a_crop_is_moved_and_resized_by_keyboard(filled: Page) -> None:
    filled.locator("#crops .show[data-ratio='9:16']").click()
    frame = filled.locator("#frame")
    frame.focus()
    before = boxes(filled)["9:16"]
    frame.press("ArrowLeft")
    moved = boxes(filled)["9:16"]
    assert moved[0] < before[0]
    frame.press("-")
    x0, y0, x1, y1 = boxes(filled)["9:16"]
    assert x1 - x0 < moved[2] - moved[0]
    assert min(abs(x1 - x0 - (y1 - y0) * 9 / 16), abs(y1 - y0 - (x1 - x0) * 16 / 9)) <= 0.5
    frame.press("Escape")
    expect(filled.locator("#reset")).to_be_hidden()
    assert boxes(filled)["9:16"] == before


def test_what_is_marked_is_kept_and_avoided(filled: Page) -> None:
    filled.get_by_role("button", name="Mark to keep").click()
    drag(filled, "#stage", 40, 40, middle=False)
    expect(filled.locator(".mark.keep")).to_have_count(1)
    expect(filled.locator("#crops .show[data-ratio='9:16'] .cut")).to_be_visible()
    filled.wait_for_load_state("networkidle")
    kept = boxes(filled)["9:16"]
    assert kept[0] <= 640 * 0.25 + 1
    assert kept[1] <= 427 * 0.25 + 1
    filled.get_by_role("button", name="Remove this box to keep").click()
    expect(filled.locator(".mark")).to_have_count(0)


def test_marks_are_made_by_keyboard(filled: Page) -> None:
    filled.get_by_role("button", name="Mark to avoid").focus()
    filled.keyboard.press("Enter")
    mark = filled.locator(".mark.avoid")
    expect(mark).to_be_focused()
    filled.wait_for_load_state("networkidle")
    found = boxes(filled)
    assert found
    for box in found.values():
        assert box[2] <= 256 or box[0] >= 384 or box[3] <= 171 or box[1] >= 256
    mark.focus()
    mark.press("Delete")
    expect(mark).to_have_count(0)


def test_what_cannot_be_met_is_said(filled: Page) -> None:
    filled.get_by_role("button", name="Mark to keep").click()
    area = filled.locator("#stage").bounding_box()
    assert area is not None
    filled.mouse.move(area["x"] + 5, area["y"] + 5)
    filled.mouse.down()
    filled.mouse.move(area["x"] + area["width"] - 5, area["y"] + 60, steps=3)
    filled.mouse.up()
    story = filled.locator("#crops .show[data-ratio='9:16']")
    expect(story).to_have_text("Does not fit what is marked")
    expect(filled.locator("#crops .show[data-ratio='16:9'] .cut")).to_be_visible()
    story.click()
    expect(filled.locator("#problem")).to_contain_text("the widest 9:16")
    expect(filled.locator("#problem")).not_to_contain_text("fallback")
    filled.get_by_role("button", name="Pad what does not fit").click()
    expect(story.locator(".cut")).to_be_visible()
    expect(filled.locator("#problem")).to_be_hidden()
    expect(filled.locator("#padding")).to_have_value("needed")


def test_all_crops_come_as_a_zip(filled: Page) -> None:
    filled.select_option("#format", "webp")
    with filled.expect_download() as downloading:
        filled.get_by_role("button", name="Download all (ZIP)").click()
    expected = boxes(filled)
    with zipfile.ZipFile(downloading.value.path()) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 8
        with Image.open(io.BytesIO(archive.read("rocket_16x9.webp"))) as crop:
            x0, y0, x1, y1 = expected["16:9"]
            assert (crop.format, crop.size) == ("WEBP", (x1 - x0, y1 - y0))


def test_css_shows_the_place_of_the_crop(filled: Page) -> None:
    filled.get_by_role("button", name="Copy CSS").click()
    expect(filled.locator("#said")).to_have_text("CSS copied")
    css = filled.evaluate("navigator.clipboard.readText()")
    assert (
        ".rocket_16x9 {\n  aspect-ratio: 16 / 9;\n  object-fit: cover;\n  object-position:" in css
    )


def test_a_format_that_browsers_do_not_show_is_shown(
    page: Page, examples: Path, tmp_path: Path
) -> None:
    with Image.open(examples / "cat.jpg") as image:
        image.save(tmp_path / "cat.tif")
    page.set_input_files("#files", tmp_path / "cat.tif")
    expect(page.locator("#view-title")).to_have_text("cat.tif")
    expect(page.locator("#crops .show")).to_have_count(4)
    assert page.locator("#picture").evaluate("image => image.naturalWidth") == 451


def test_a_name_that_is_a_script_is_text(page: Page, examples: Path, tmp_path: Path) -> None:
    photo = tmp_path / "<img src=x onerror=document.title='run'>.jpg"
    photo.write_bytes((examples / "cat.jpg").read_bytes())
    page.set_input_files("#files", [photo])
    expect(page.locator("#view-title")).to_have_text(photo.name)
    expect(page.locator("#view-title img")).to_have_count(0)
    expect(page.locator("#photos img")).to_have_count(1)
    assert page.title() == "marscrop"


def test_the_api_is_described_for_people(page: Page) -> None:
    page.get_by_role("link", name="API").click()
    expect(page.get_by_role("heading", name="POST/v1/crops")).to_be_visible()
    expect(page.get_by_text("Box that must lie inside each crop").first).to_be_visible()
    expect(page.get_by_text('"rocket.jpg"').first).to_be_visible()
