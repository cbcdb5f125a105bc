"""What people do on the page of a review."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="needs playwright")
pytest.importorskip("fsspec", reason="the extra [batch] is not installed")
pytest.importorskip("pyarrow", reason="the extra [batch] is not installed")
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from marscrop.batch.records import CropRecord
from marscrop.geometry import Box, Margins, Size
from marscrop.review.confidence import in_words, sureness

RATIOS = ("16:9", "1:1")


def marscrop(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "marscrop", *map(str, arguments)]


@pytest.fixture(scope="module")
def cropped(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos and the crops of a batch, to be copied."""
    folder = tmp_path_factory.mktemp("cropped")
    (folder / "in").mkdir()
    for name in ("cat.jpg", "rocket.jpg", "coffee.jpg"):
        shutil.copy(examples / name, folder / "in")
    asked = [word for ratio in RATIOS for word in ("-r", ratio)]
    subprocess.run(marscrop("batch", folder / "in", *asked, "-o", folder / "out"), check=True)
    return folder


@pytest.fixture
def target(cropped: Path, tmp_path: Path) -> Path:
    shutil.copytree(cropped / "out", tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def sheet(browser: Browser, target: Path) -> Iterator[Page]:
    """The page, open; an error in its scripts, or a request to another host, fails the test."""
    command = marscrop("review", target, "--no-browser")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = None
    for line in process.stderr:
        if found := re.search(r"(http://[^/]+)\S*", line):
            break
    assert found is not None
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(found[1]) else wrong.append(r.url))
    page.goto(found[0])
    expect(page.locator(".card img")).to_have_count(6)
    yield page
    context.close()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert wrong == []
    assert process.returncode == 0


def rows(page: Page, target: Path) -> list[dict[str, Any]]:
    """The manifest, once all is written."""
    expect(page.locator("#saving")).to_have_text("All written", timeout=20_000)
    return [json.loads(line) for line in (target / "manifest.jsonl").read_text().splitlines()]


def row_of(page: Page, target: Path, card: str) -> dict[str, Any]:
    photo, crop = map(int, card.split("-"))
    return rows(page, target)[photo * len(RATIOS) + crop]


def test_crops_stand_by_ratio_least_sure_first(sheet: Page, target: Path) -> None:
    expect(sheet.locator("main h2")).to_have_text([re.compile("^16:9"), re.compile("^1:1")])
    table = rows(sheet, target)
    for ratio in RATIOS:
        keys = [
            card.get_attribute("data-key") or ""
            for card in sheet.get_by_role("list", name=ratio, exact=True).locator(".card").all()
        ]
        sure = [
            row["confidence"] if row["box"] != [0, 0, row["width"], row["height"]] else 1
            for row in (table[int(key[0]) * 2 + int(key[2])] for key in keys)
        ]
        assert sure == sorted(sure)
        assert len(sure) == 3


def test_keys_accept_reject_move_and_resize(sheet: Page, target: Path) -> None:
    cards = sheet.locator(".card")
    names = [card.get_attribute("data-key") or "" for card in cards.all()]
    expect(cards.nth(0)).to_be_focused()
    sheet.keyboard.press("a")
    expect(cards.nth(1)).to_be_focused()
    sheet.keyboard.press("x")
    expect(cards.nth(2)).to_be_focused()
    sheet.keyboard.press("-")
    sheet.keyboard.press("-")
    sheet.keyboard.press("Shift+ArrowRight")
    sheet.keyboard.press("ArrowLeft")
    expect(cards.nth(1)).to_be_focused()
    expect(cards.locator(".state").filter(has_text=re.compile(r"\w"))).to_have_text(
        ["accepted", "rejected", "changed"]
    )
    expect(sheet.locator("#progress")).to_have_text("3 of 6 reviewed")
    accepted, rejected, changed = (row_of(sheet, target, name) for name in names[:3])
    assert [row["state"] for row in (accepted, rejected, changed)] == [
        "accepted",
        "rejected",
        "changed",
    ]
    assert rejected["output"] is None
    x0, _, x1, _ = changed["found_box"]
    assert changed["box"][2] - changed["box"][0] < x1 - x0
    with Image.open(target / changed["output"]) as image:
        assert image.width == changed["box"][2] - changed["box"][0]


def test_steps_are_taken_back(sheet: Page, target: Path) -> None:
    before = rows(sheet, target)
    sheet.keyboard.press("x")
    sheet.keyboard.press("-")
    expect(sheet.locator("#progress")).to_have_text("2 of 6 reviewed")
    sheet.keyboard.press("Control+z")
    expect(sheet.locator("#progress")).to_have_text("1 of 6 reviewed")
    sheet.keyboard.press("Control+z")
    expect(sheet.locator("#progress")).to_have_text("0 of 6 reviewed")
    assert rows(sheet, target) == before


def test_a_crop_is_dragged_and_a_region_kept(sheet: Page, target: Path) -> None:
    first = sheet.locator(".card").first
    name = first.get_attribute("data-key") or ""
    sheet.keyboard.press("Enter")
    expect(sheet.locator("#frame")).to_be_focused()
    frame = sheet.locator("#frame").bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"], frame["y"] + frame["height"]
    sheet.mouse.move(x, y)
    sheet.mouse.down()
    sheet.mouse.move(x - frame["width"] / 3, y - frame["height"] / 3, steps=4)
    sheet.mouse.up()
    expect(sheet.locator("#facts")).to_contain_text("changed")
    resized = row_of(sheet, target, name)
    assert resized["box"][:2] == resized["found_box"][:2]
    stage = sheet.locator("#stage").bounding_box()
    assert stage is not None
    left, top = stage["x"] + stage["width"] * 0.45, stage["y"] + 2
    sheet.keyboard.press("k")
    sheet.mouse.move(left, top)
    sheet.mouse.down()
    sheet.mouse.move(left + 40, top + 30, steps=4)
    sheet.mouse.up()
    expect(sheet.locator("#hint")).to_contain_text("Cropped around the region")
    kept = row_of(sheet, target, name)
    assert kept["box"][1] <= 2
    sheet.keyboard.press("Escape")
    expect(first).to_be_focused()


def test_what_cannot_be_kept_is_said(sheet: Page) -> None:
    sheet.keyboard.press("Enter")
    sheet.keyboard.press("k")
    for _ in range(60):
        sheet.keyboard.press("ArrowUp")
    for _ in range(60):
        sheet.keyboard.press("Shift+ArrowDown")
    sheet.keyboard.press("Enter")
    expect(sheet.locator("#hint.wrong")).to_contain_text("keep box")
    sheet.keyboard.press("Escape")
    expect(sheet.locator("#progress")).to_have_text("0 of 6 reviewed")


def test_filters_and_accepting_all(sheet: Page, target: Path) -> None:
    sheet.get_by_role("button", name="1:1 3").click()
    expect(sheet.locator(".card")).to_have_count(3)
    sheet.on("dialog", lambda dialog: dialog.accept())
    sheet.get_by_role("button", name="Accept all 3 shown").click()
    expect(sheet.get_by_role("button", name="Accepted 3")).to_be_visible()
    sheet.get_by_role("button", name="All ratios").click()
    expect(sheet.locator(".card")).to_have_count(3)
    sheet.get_by_role("button", name="Accepted 3").click()
    expect(sheet.locator(".card.accepted")).to_have_count(3)
    states = [row["state"] for row in rows(sheet, target)]
    assert states == [None, "accepted"] * 3


def test_every_control_has_a_name(sheet: Page) -> None:
    sheet.keyboard.press("Enter")
    controls = sheet.locator("button:visible, [tabindex]:visible").all()
    assert controls
    for control in controls:
        expect(control).to_have_accessible_name(re.compile(r"\S"))


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800)])
def test_nothing_is_wider_than_the_screen(sheet: Page, width: int, height: int) -> None:
    sheet.set_viewport_size({"width": width, "height": height})
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("confidence", [0.0, 0.3, 0.61, 0.62, 0.79, 0.8, 1.0])
def test_the_report_says_of_confidence_what_the_page_says(sheet: Page, confidence: float) -> None:
    photo = Size(100, 80)
    for box in (Box(0, 0, 100, 80), Box(0, 0, 50, 50)):
        for padding in (None, Margins(0, 5, 0, 5)):
            for centred in (False, True):
                crop = CropRecord("1:1", 1, box, confidence, centred, padding)
                table = {
                    **{"photo": 0, "crop": 0, "ratio": "1:1", "confidence": confidence},
                    **{"box": list(box), "padding": padding and list(padding), "centred": centred},
                }
                said = sheet.evaluate(
                    """async ([photo, crop]) => {
                        const { Review } = await import('/page/review.js');
                        const review = new Review({ photos: [photo], crops: [crop] });
                        return [review.words(crop), review.sureness(crop)];
                    }""",
                    [{"width": photo.width, "height": photo.height}, table],
                )
                assert said == [in_words(crop, photo), sureness(crop, photo)]
