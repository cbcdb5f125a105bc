"""Who can use the page: on which screens, without a mouse, without seeing it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs playwright")
from playwright.sync_api import Page, expect

SCREENS = [(1440, 900), (1280, 800), (390, 844)]
AA = 4.5
PAIRS = [
    *((ink, ground) for ink in ("ink", "soft", "accent", "avoid") for ground in ("paper", "card")),
    ("accent-ink", "accent"),
    ("paper", "ink"),  # what is said in passing
]


def luminance(colour: str) -> float:
    """Of #rgb or #rrggbb; WCAG 2.2, relative luminance."""
    digits = colour.strip().lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    lower, upper = sorted((luminance(one), luminance(other)))
    return (upper + 0.05) / (lower + 0.05)


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_results_are_in_view_without_scrolling(filled: Page, width: int, height: int) -> None:
    filled.set_viewport_size({"width": width, "height": height})
    first = filled.locator("#crops .crop").first
    for part in ("#stage", "#zip", "#keep"):
        expect(filled.locator(part)).to_be_in_viewport(ratio=1)
    expect(first.locator(".cut")).to_be_in_viewport(ratio=1)
    expect(first.locator(".about")).to_be_in_viewport(ratio=1)
    if width >= 960:
        for card in filled.locator("#crops .crop").all():
            expect(card).to_be_in_viewport(ratio=1)
        expect(filled.locator("#copy-css")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("width", "height"), [(360, 740), (390, 844), (768, 1024), (1280, 800)])
def test_nothing_is_wider_than_the_screen(filled: Page, width: int, height: int) -> None:
    filled.set_viewport_size({"width": width, "height": height})
    assert filled.evaluate("document.documentElement.scrollWidth") <= width


def test_the_empty_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for button in page.locator("#empty button").all():
        expect(button).to_be_in_viewport(ratio=1)


def test_every_control_has_a_name(filled: Page) -> None:
    filled.get_by_label("Padding", exact=True).select_option("needed")
    filled.get_by_label("Filled with").select_option("own")
    controls = filled.locator("button:visible, input:visible, select:visible, [tabindex]:visible")
    for control in controls.all():
        if control.get_attribute("tabindex") != "-1":
            expect(control).to_have_accessible_name(re.compile(r"\S"))


def test_every_control_is_reached_by_tab_and_seen(filled: Page) -> None:
    controls = "button:visible, input:visible, select:visible, [tabindex='0']:visible"
    expected = filled.locator(f"main >> {controls}").count()
    filled.locator("body").press("Tab")
    filled.locator(".skip").press("Enter")
    reached = set()
    for _ in range(expected + 5):
        filled.keyboard.press("Tab")
        here = filled.evaluate(
            """() => {
                const node = document.activeElement;
                if (!node.closest('main')) return null;
                const shown = node.matches('#ratios input') ? node.closest('label') : node;
                const { outlineStyle, outlineWidth } = getComputedStyle(shown);
                const all = [...document.querySelectorAll('main *')];
                return [all.indexOf(node), outlineStyle, parseFloat(outlineWidth)];
            }"""
        )
        if here is None:
            break
        index, style, width = here
        assert style != "none"
        assert width >= 2
        reached.add(index)
    assert len(reached) == expected


def test_results_are_said_to_screen_readers(page: Page, examples: Path) -> None:
    heard = page.locator("#heard")
    expect(heard).to_have_attribute("aria-live", "polite")
    page.set_input_files("#files", examples / "rocket.jpg")
    expect(page.locator("#view-title")).to_have_text("rocket.jpg")
    page.get_by_role("slider", name="Any ratio").fill("1")
    expect(heard).to_contain_text("rocket.jpg, 2:1, ")
    page.locator("#frame").press("ArrowDown")
    expect(heard).to_contain_text("2:1 crop, ")
    page.get_by_role("button", name="Next choice").click()
    expect(heard).to_contain_text("Choice 2 of ")


def test_the_focus_stays_where_it_was(filled: Page) -> None:
    card = filled.locator("#crops .show[data-ratio='1:1']")
    card.focus()
    card.press("Enter")
    expect(card).to_be_focused()
    other = filled.get_by_role("button", name="cat.jpg", exact=True)
    other.focus()
    other.press("Enter")
    expect(filled.locator("#view-title")).to_have_text("cat.jpg")
    expect(other).to_be_focused()
    filled.locator("#frame").press("ArrowLeft")
    filled.get_by_role("button", name="Undo my change").press("Enter")
    expect(filled.locator("#frame")).to_be_focused()


def test_the_focus_goes_to_the_photo_when_the_empty_page_is_gone(page: Page) -> None:
    page.get_by_role("button", name="Cat", exact=True).press("Enter")
    expect(page.locator("#view-title")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_have_the_contrast_of_aa(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    names = {name for pair in PAIRS for name in pair} | {"edge"}
    of = page.evaluate(
        """names => Object.fromEntries(names.map(name =>
            [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)]))""",
        sorted(names),
    )
    low = {pair: c for pair in PAIRS if (c := contrast(of[pair[0]], of[pair[1]])) < AA}
    assert low == {}
    assert contrast(of["edge"], of["card"]) >= 3  # edges of fields


def test_nothing_moves_for_who_does_not_want_it(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.locator("#empty").evaluate("node => node.classList.add('busy')")
    still = page.locator("#empty svg").evaluate("node => getComputedStyle(node).animationDuration")
    assert still == "0s"
