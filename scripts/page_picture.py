"""The documents' picture of the page that `marscrop serve` shows, with two of the examples.

.venv/bin/python scripts/page_picture.py docs/images/page.png

It drives the Chromium that is installed, and needs marscrop[serve] and playwright.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

PHOTOS = ("cat.jpg", "coffee.jpg", "rocket.jpg")
WIDTH, HEIGHT = 1440, 900
COLOURS = 256
ADDRESS = re.compile(r"(http://\S+)")


def picture(address: str, photos: list[Path]) -> bytes:
    """A PNG of the page with these photos, the last one shown."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(address)
        page.set_input_files("#files", photos)
        expect(page.locator("#photos .open")).to_have_count(len(photos))
        expect(page.locator("#view-title")).to_have_text(photos[-1].name)
        page.wait_for_load_state("networkidle")
        expect(page.locator("#crops")).not_to_have_attribute("aria-busy", "true")
        return page.screenshot(animations="disabled")


def main(target: Path) -> None:
    examples = Path(__file__).parent.parent / "examples"
    command = [sys.executable, "-m", "marscrop", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:
        try:
            lines = iter(service.stderr or ())
            address = next(found[1] for line in lines if (found := ADDRESS.search(line)))
            png = picture(address, [examples / name for name in PHOTOS])
        finally:
            service.terminate()
    with Image.open(io.BytesIO(png)) as image:  # few colours: a third of the bytes
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1)
        few.save(target, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
