"""The documentation's site holds every document, and its links lead where they lead here."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.site_check import faults
from scripts.site_source import SECTIONS, documents, lay_out, navigation, page, site_path


def shown(paths: list[str]) -> dict[str, list[str]]:
    """The pages of each section."""
    return {
        title: [place for entry in entries for place in entry.values()]
        for section in navigation(paths)
        for title, entries in section.items()
    }


def test_every_document_is_in_the_navigation_once() -> None:
    places = [place for pages in shown(documents()).values() for place in pages]
    assert sorted(places) == sorted([*map(site_path, documents()), "options.md"])


def test_a_new_document_stands_with_those_of_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    new = [f"docs/{folder}new.md" for folder in ("", "how-to/", "results/")]
    monkeypatch.setattr("scripts.site_source.title_of", lambda path: path)
    places = shown([*documents(), *new])
    assert "new.md" in places["More"]
    assert "how-to/new.md" in places["How to"]
    assert "results/new.md" in places["Research"]


def test_links_lead_to_pages_of_the_site() -> None:
    text = (
        "[a](batch.md#b) [c](../README.md) [d](https://x.org/) [e](#f)\n```sh\n[a](batch.md)\n```\n"
    )
    told, linked = page(text, "docs/formats.md")
    assert told.startswith("[a](batch.md#b) [c](index.md) [d](https://x.org/) [e](#f)\n")
    assert told.endswith("```sh\n[a](batch.md)\n```\n")
    assert linked == {"docs/batch.md", "README.md"}
    told, linked = page("[a](../src/marscrop/ratio.py) [b](results/)", "docs/formats.md")
    assert told == "[a](files/src/marscrop/ratio.py.md) [b](results/index.md)"
    told, _ = page("[a](docs/python.md), ![b](docs/images/astronaut.jpg)", "README.md")
    assert told == "[a](python.md), ![b](images/astronaut.jpg)"


@pytest.mark.parametrize("link", ["nothing.md", "../../elsewhere.md"])
def test_a_link_that_leads_nowhere_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match=r"the link to [a-z./]+ leads nowhere"):
        page(f"[a]({link})", "docs/formats.md")


def test_the_source_of_the_site_is_whole(tmp_path: Path) -> None:
    lay_out(tmp_path / "site")
    pages = tmp_path / "site" / "pages"
    assert (pages / "options.md").read_text("utf-8").startswith("# Options\n")
    assert all((pages / site_path(path)).exists() for path in documents())
    assert set(SECTIONS) >= {"Start", "How to", "Formats", "Service", "Research"}


def test_faults_of_a_built_site_are_named(tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text('<h1 id="here">B</h1>')
    (tmp_path / "a.html").write_text(
        '<script src="https://x.org/a.js"></script><img src="none.png">'
        '<a href="https://x.org/">fine</a><a href="b.html#here"></a><a href="b.html#gone"></a>'
    )
    assert list(faults(tmp_path)) == [
        "a.html: https://x.org/a.js is asked of another host",
        "a.html: none.png leads nowhere",
        "a.html: b.html#gone leads to no heading",
    ]
