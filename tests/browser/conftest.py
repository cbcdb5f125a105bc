"""A real browser on a real service."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs marscrop[serve]")
pytest.importorskip("playwright", reason="needs playwright: pip install playwright")
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Of `marscrop serve` in a process of its own."""
    command = [sys.executable, "-m", "marscrop", "serve", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"running on (http://\S+)", line):
                yield found[1]
                return
        pytest.fail("the service did not start")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium, the system's: playwright's own is a download.

    Not of the session: its driver keeps an event loop running in this thread, and other tests could
    run none.
    """
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, empty; an error in its scripts, or a request to another host, fails the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        accept_downloads=True,
    )
    wrong: list[str] = []
    page = context.new_page()

    def check(request: Request) -> None:
        if not request.url.startswith((address, "blob:")):
            wrong.append(request.url)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", check)
    page.goto(address)
    yield page
    context.close()
    assert wrong == []


@pytest.fixture
def filled(page: Page, examples: Path) -> Page:
    """The page with two photos, of which the rocket is shown."""
    page.set_input_files("#files", [examples / "cat.jpg", examples / "rocket.jpg"])
    page.locator("#photos li").nth(1).wait_for()
    expect(page.locator("#view-title")).to_have_text("rocket.jpg")
    return page
