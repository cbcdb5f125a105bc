"""What documents say that can be held against the repository: files, links, modules, commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.conftest import ROOT

TOPS: Final = ("benchmarks", "configs", "docs", "examples", "requirements", "research", "scripts")
"""Folders whose files documents name; `src` and `tests` besides."""

_PATH: Final = re.compile(
    rf"(?<![\w/.~-])(?:{'|'.join((*TOPS, 'src', 'tests'))})/[\w./-]*[\w/]|(?<![\w/.-])\.ci/run"
)
_MODULE: Final = re.compile(r"(?<!/)\bmarscrop(?:_research)?(?:\.[a-z_]\w*)+")
_BARE_FILE: Final = re.compile(r"(?<![\w/.*-])(?:[\w-]+\.md|test_\w+(?:\.py)?)(?![\w/*])")
_EXTRAS: Final = re.compile(r"(?<![\w.*])(\.|\./research|marscrop|marscrop-research)\[([a-z,]+)\]")
_OPTION: Final = re.compile(r"`(--[a-z][a-z-]+)")
_LINK: Final = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCE: Final = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_INLINE: Final = re.compile(r"`((?:\.venv/bin/)?marscrop [^`]+)`")
_MADE: Final = ("examples/crops", "peers.md")
"""Folders and files that commands make."""


class Command(NamedTuple):
    """A command line of a document.

    Attributes:
        document: its path in the repository.
        words: after `marscrop`.
    """

    document: str
    words: tuple[str, ...]


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows, by patterns of its own."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [
        ROOT / name
        for name in sorted(set(done.stdout.split("\0")) - {""})
        if (ROOT / name).exists()
    ]


def missing_paths(path: Path) -> list[str]:
    """The paths that a file names, from the repository's root, and that are not there."""
    named = set(_PATH.findall(path.read_text(encoding="utf-8")))
    return sorted(
        name for name in named if not name.startswith(_MADE) and not any(_places(name.rstrip("/")))
    )


def missing_files(path: Path, known: Iterable[str]) -> list[str]:
    """The documents and tests that a file names without their folder, and that are not there.

    A test is one of a file's name, with or without `.py`, or of a function's.
    """
    named = set(_BARE_FILE.findall(path.read_text(encoding="utf-8")))
    return sorted(named - set(known) - set(_MADE))


def missing_links(path: Path) -> list[str]:
    """The links of a document to files, and to headings in them, that are not there."""
    missing = []
    for name, heading in _LINK.findall(path.read_text(encoding="utf-8")):
        target = path.parent / name if name else path
        if not target.exists() or (heading and heading not in _anchors(target)):
            missing.append(f"{name}#{heading}" if heading else name)
    return sorted(missing)


def missing_extras(path: Path) -> list[str]:
    """The extras that a file names, such as `marscrop[heic]`, and that no distribution has."""
    named = _EXTRAS.findall(path.read_text(encoding="utf-8"))
    return sorted(
        f"{package}[{extra}]"
        for package, extras in named
        for extra in extras.split(",")
        if extra not in _extras("research" in package)
    )


def missing_options(path: Path, sources: Iterable[Path]) -> list[str]:
    """The options in backticks that no source has, as they are or as a parameter."""
    named = set(_OPTION.findall(path.read_text(encoding="utf-8")))
    for source in sources:
        text = source.read_text(encoding="utf-8")
        written = set(re.findall(r"--[a-z][a-z-]+", text))
        parameters = set(re.findall(r"^\s+(\w+): ", text, re.MULTILINE))
        named -= {name for name in named if name[2:].replace("-", "_") in parameters} | written
    return sorted(named)


def missing_modules(path: Path) -> list[str]:
    """The modules that a file names, `marscrop.x.y`, that are no file and no name in one."""
    named = set(_MODULE.findall(path.read_text(encoding="utf-8"))) - {"marscrop.toml"}
    mutants = {name for name in named if "__mutmut_" in name}
    return sorted(name for name in named - mutants if not _is_there(name.split(".")))


def commands(documents: Iterable[Path]) -> Iterator[Command]:
    """Every command line of `marscrop` in documents, in blocks of `sh` and in backticks."""
    for document in documents:
        text = document.read_text(encoding="utf-8")
        lines = [line for block in _FENCE.findall(text) for line in _joined(block)]
        for line in [*lines, *_INLINE.findall(text)]:
            words = _words(line)
            if words and words[0].rpartition("/")[2] == "marscrop":
                yield Command(document.relative_to(ROOT).as_posix(), tuple(words[1:]))


def unknown_options(command: Any, words: Iterable[str]) -> list[str]:
    """The options in a command line that the command, of Click, does not have."""
    known = {
        name for parameter in command.params for name in parameter.opts + parameter.secondary_opts
    }
    given = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    return [option for option in given if option not in {*known, "--help"}]


def _anchors(document: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    headings = _HEADING.findall(document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def _extras(of_research: bool) -> set[str]:
    project = ROOT / ("research" if of_research else ".") / "pyproject.toml"
    return set(tomllib.loads(project.read_text())["project"]["optional-dependencies"])


def _places(name: str) -> Iterator[Path]:
    """Where a path may lie: below the root, or below the research half."""
    for root in (ROOT, ROOT / "research"):
        yield from root.glob(name) if "*" in name else [p for p in [root / name] if p.exists()]


def _is_there(parts: list[str]) -> bool:
    package, *rest = parts
    place = ROOT / ("src" if package == "marscrop" else "research/src") / package
    for index, part in enumerate(rest):
        if (place / part).is_dir():
            place /= part
            continue
        module = place / f"{part}.py"
        if module.exists():
            return not rest[index + 1 :] or _defines(module, rest[index + 1])
        return _defines(place / "__init__.py", part)
    return True


def _defines(module: Path, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", module.read_text(encoding="utf-8")) is not None


def _joined(block: str) -> list[str]:
    return block.replace("\\\n", " ").splitlines()


def _words(line: str) -> list[str]:
    """The words of the first command in a line, without what sets variables and without `...`."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return []
    while words and re.fullmatch(r"\w+=.*", words[0]):
        del words[0]
    ends = [index for index, word in enumerate(words) if word in ("|", ">", "&&", ";", "...")]
    return words[: ends[0]] if ends else words
