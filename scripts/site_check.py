"""Holds the documentation's site, as it was built, to what is promised of it.

.venv-docs/bin/python scripts/site_check.py FOLDER

Every link and picture of a page is there, and nothing that a browser loads by itself comes from
another host.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_LOADED: Final = {"img", "script", "iframe", "source", "link", "video", "audio"}
"""Elements whose addresses a browser asks for unasked."""


class _Page(HTMLParser):
    """The addresses in a page, and the names that links can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        table = dict(attrs)
        self.names |= {name for key in ("id", "name") if (name := table.get(key))}
        for key in ("href", "src"):
            if address := table.get(key):
                (self.loaded if tag in _LOADED else self.linked).append(address)


def faults(folder: Path) -> Iterator[str]:
    """What is wrong with the pages of a folder, a line each."""
    pages = {path: _Page(path.read_text("utf-8")) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        yield f"{folder}: no pages"
    for path, page in pages.items():
        where = path.relative_to(folder)
        if where.name == "404.html":  # its addresses count from the root of a server
            continue
        for address in page.loaded:
            if urlsplit(address).netloc:
                yield f"{where}: {address} is asked of another host"
        for address in page.loaded + page.linked:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{where}: {address} leads nowhere"
            elif target in pages and unquote(parts.fragment) not in pages[target].names | {""}:
                yield f"{where}: {address} leads to no heading"


if __name__ == "__main__":
    found = list(faults(Path(sys.argv[1]).resolve()))
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    sys.exit(bool(found))
