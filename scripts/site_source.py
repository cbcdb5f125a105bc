"""Lays out the documentation's site: the repository's own Markdown, as the site's builder takes it.

.venv/bin/python scripts/site_source.py FOLDER

In the repository, pages link to each other and to sources by their paths there. On the site the
README is the first page, and what pages link to goes with them: other Markdown as a page, a program
as a page with its text, a picture as it is. A page that `SECTIONS` does not name stands in the last
of them, or in that of its folder, so that a new one needs no line here.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
CONFIGURATION: Final = "docs/site/zensical.toml"
ASSETS: Final = ("docs/site/iframe-worker.js", "docs/site/wide.css")
OPTIONS: Final = "options.md"
OTHERS: Final = "others"
"""Pages that no section names."""

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Start": ("index.md", "first-time.md"),
    "How to": (
        "how-to/index.md",
        "how-to/photographer.md",
        "how-to/cms.md",
        "how-to/print.md",
        "how-to/e-commerce.md",
        "how-to/data-scientist.md",
        "how-to/ops.md",
        "how-to/",
    ),
    "Use": (
        OPTIONS,
        "command-line.md",
        "other-tools.md",
        "python.md",
        "javascript.md",
        "batch.md",
        "review.md",
        "integrations.md",
        "faces.md",
        "subjects.md",
    ),
    "Formats": ("formats.md", "colour.md"),
    "Service": ("service.md", "security.md", "scaling.md", "speed.md"),
    "Research": (
        "figures.md",
        "experiments.md",
        "paper.md",
        "model_card.md",
        "data.md",
        "reproducing.md",
        "research.md",
        "results/index.md",
        "results/",
    ),
    "More": (
        "architecture.md",
        "reliability.md",
        "releasing.md",
        "supply-chain.md",
        "licences.md",
        "contributing.md",
        "changelog.md",
        OTHERS,
    ),
}
"""The navigation: pages by their path on the site, and folders for their other pages."""

_FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]+)?\)")
_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.MULTILINE)
_SECTION: Final = re.compile(r"^## Options\n(.*?)(?=^## )", re.MULTILINE | re.DOTALL)


def lay_out(folder: Path) -> None:
    """Write the pages, what they link to and the builder's configuration into a folder.

    Raises:
        ValueError: a link that leads nowhere.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pages = folder / "pages"
    waiting = documents()
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        place = pages / site_path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".md"):
            text, linked = page((ROOT / path).read_text(encoding="utf-8"), path)
            waiting += sorted(linked - seen)
            seen |= linked
            place.write_text(text, encoding="utf-8")
        elif place.suffix == ".md":
            place.write_text(_listing(path), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / path, place)
    options, _ = page(options_text(), "README.md")
    (pages / OPTIONS).write_text(options, encoding="utf-8")
    for asset in ASSETS:
        shutil.copyfile(ROOT / asset, pages / Path(asset).name)
    tables = f'docs_dir = "pages"\nsite_dir = "html"\nnav = {_toml(navigation(documents()))}\n'
    written = (ROOT / CONFIGURATION).read_text(encoding="utf-8")
    told = written.replace("[project]\n", "[project]\n" + tables, 1)
    (folder / "zensical.toml").write_text(told, encoding="utf-8")


def documents() -> list[str]:
    """The Markdown of the repository that is documentation, by its path."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.md"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    names = sorted(set(done.stdout.split("\0")) - {""})
    of_root = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "research/README.md")
    return [n for n in names if (n in of_root or n.startswith("docs/")) and (ROOT / n).exists()]


def site_path(path: str) -> str:
    """Where a file of the repository lies on the site."""
    if path == "README.md":
        return "index.md"
    if path.startswith("docs/") and path.endswith(".md"):
        return re.sub(r"README\.md$", "index.md", path.removeprefix("docs/"))
    if path.startswith("docs/images/"):
        return path.removeprefix("docs/")
    if path in ("CONTRIBUTING.md", "CHANGELOG.md"):
        return path.lower()
    if path == "research/README.md":
        return "research.md"
    is_text = Path(path).suffix in (".py", ".toml", ".js", ".html", ".c", ".h", ".txt", "")
    return f"files/{path}.md" if is_text else f"files/{path}"


def page(text: str, path: str) -> tuple[str, set[str]]:
    """A document with the links that it has on the site, and the files that they lead to.

    Args:
        text: of the document.
        path: of it, in the repository.

    Raises:
        ValueError: a link that leads nowhere.
    """
    linked: set[str] = set()
    here = posixpath.dirname(site_path(path))

    def on_site(link: re.Match[str]) -> str:
        name, anchor = link[1], link[2] or ""
        if not name:
            return link[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if (ROOT / target).is_dir():
            target += "/README.md"
        if target.startswith("..") or not (ROOT / target).exists():
            raise ValueError(f"{path}: the link to {name} leads nowhere")
        linked.add(target)
        return f"]({posixpath.relpath(site_path(target), here or '.')}{anchor})"

    parts, end = [], 0
    for block in _FENCED.finditer(text):
        parts += [_plain(text[end : block.start()], on_site), block[0]]
        end = block.end()
    parts.append(_plain(text[end:], on_site))
    return "".join(parts), linked


def navigation(paths: Iterable[str]) -> list[dict[str, list[dict[str, str]]]]:
    """The sections of the site: in each the titles of pages, and their places on the site.

    Args:
        paths: of documents, in the repository.
    """
    titles = {site_path(path): title_of(path) for path in paths} | {OPTIONS: "Options"}
    named = {place for section in SECTIONS.values() for place in section}
    folders = [place for place in named if place.endswith("/")]
    home = {
        place: next((folder for folder in folders if place.startswith(folder)), OTHERS)
        for place in sorted(titles.keys() - named)
    }
    sections = []
    for title, entries in SECTIONS.items():
        places = [
            place
            for entry in entries
            for place in ([entry] if entry in titles else [p for p in home if home[p] == entry])
        ]
        sections.append({title: [{titles[place]: place} for place in places]})
    return [section for section in sections if any(section.values())]


def title_of(path: str) -> str:
    """A page's short title: its first heading up to a colon."""
    if path == "README.md":
        return "Overview"
    text = (ROOT / path).read_text(encoding="utf-8")
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    return heading[1].split(":")[0].strip() if heading else Path(path).stem


def options_text() -> str:
    """The README's section on options, as a page.

    Raises:
        ValueError: there is none.
    """
    found = _SECTION.search((ROOT / "README.md").read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("README.md has no section on options")
    return f"# Options\n{found[1]}"


def _plain(text: str, on_site: Any) -> str:
    return _LINK.sub(on_site, _COMMENT.sub("\n", text))


def _listing(path: str) -> str:
    language = {".py": "python", ".toml": "toml", ".js": "js", ".html": "html"}
    kind = language.get(Path(path).suffix, "text")
    return f"# `{path}`\n\n````{kind}\n{(ROOT / path).read_text(encoding='utf-8')}````\n"


def _toml(value: Any) -> str:
    """An array of TOML, in which strings are those of JSON."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return "{" + ", ".join(f"{_toml(key)} = {_toml(one)}" for key, one in value.items()) + "}"


if __name__ == "__main__":
    try:
        lay_out(Path(sys.argv[1]).resolve())
    except ValueError as error:
        sys.exit(f"scripts/site_source.py: {error}")
