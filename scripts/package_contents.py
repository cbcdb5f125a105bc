"""Looks into a built wheel and source archive: all that must be in there is, and nothing else.

.venv/bin/python scripts/package_contents.py DIST [FOLDER]

FOLDER is the distribution's in this repository: `.`, the default, or `research`. Exits with 1 and a
line for each thing that is wrong.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.metadata import InvalidMetadata, Metadata

ROOT: Final = Path(__file__).parent.parent


@dataclass(frozen=True)
class Distribution:
    """What is built from one pyproject.toml.

    Attributes:
        essential: without these in its wheel it does not work, is not typed, or is not licensed.
            What git has beside these belongs there as well, as a model's part `subjects`.
        built: what a wheel has that git has not.
        licences: files in its folder.
        archived: folders in its source archive.
        beside: other files in its source archive.
    """

    essential: frozenset[str]
    built: frozenset[str]
    licences: frozenset[str]
    archived: tuple[str, ...]
    beside: frozenset[str]


PRODUCT: Final = Distribution(
    essential=frozenset(
        {
            "marscrop/py.typed",
            "marscrop/models/LICENSES.md",
            "marscrop/models/default/manifest.json",
            *(f"marscrop/models/default/{part}.onnx" for part in ("features", "head", "meta")),
            *(f"marscrop/service/page/{name}" for name in ("index.html", "app.js", "style.css")),
        }
    ),
    built=frozenset(
        {"marscrop/native/_native.abi3.so", "marscrop/models/prepared.bin"}
    ),  # where a compiler is
    licences=frozenset({"LICENSE", "src/marscrop/models/LICENSES.md"}),
    archived=("src",),
    beside=frozenset(
        {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "hatch_build.py", ".gitignore"}
    ),
)
RESEARCH: Final = Distribution(
    essential=frozenset(
        {
            "marscrop_research/py.typed",
            "marscrop_research/evaluation/report.css",
            *(f"marscrop_research/paper/study/page/{name}" for name in ("keys.js", "study.css")),
        }
    ),
    built=frozenset(),
    licences=frozenset({"LICENSE"}),
    archived=("src", "configs"),
    beside=frozenset({"README.md", "LICENSE", "pyproject.toml", ".gitignore"}),
)
DISTRIBUTIONS: Final = {".": PRODUCT, "research": RESEARCH}
"""By their folders."""


def tracked(folder: str, *inside: str) -> set[str]:
    """What git knows inside these folders of a folder, by its path in that one."""
    done = subprocess.run(
        ["git", "ls-files", "-z", *inside],
        cwd=ROOT / folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split("\0")) - {""}


def wheel_faults(kind: Distribution, names: Iterable[str], files: set[str]) -> list[str]:
    """What is wrong with the names in a wheel that should hold the package's `files`."""
    inside = {name for name in names if ".dist-info/" not in name}
    about = {name.partition(".dist-info/")[2] for name in names} - {""}
    licences = {f"licenses/{name}" for name in kind.licences}
    expected = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", *licences}
    return [
        *_faults("wheel", inside, files | kind.essential | kind.built),
        *_faults("wheel's metadata", about, expected),
    ]


def archive_faults(kind: Distribution, names: Iterable[str], files: set[str]) -> list[str]:
    """What is wrong with the names in a source archive that should hold `files`."""
    inside = {name.partition("/")[2] for name in names}
    return _faults("source archive", inside, files | kind.beside | {"PKG-INFO"})


def metadata_faults(text: bytes) -> list[str]:
    """What an index would refuse the metadata for."""
    try:
        found = Metadata.from_email(text, validate=True)
    except ExceptionGroup as group:
        return [f"metadata: {fault}" for fault in group.exceptions]
    except InvalidMetadata as fault:
        return [f"metadata: {fault}"]
    wanted = (found.description, found.summary, found.license_expression, found.requires_python)
    return [] if all(wanted) else ["metadata: description, summary, licence or Python is missing"]


def _faults(what: str, inside: set[str], expected: set[str]) -> list[str]:
    return [
        *(f"{what}: {name} is missing" for name in sorted(expected - inside)),
        *(f"{what}: {name} does not belong there" for name in sorted(inside - expected)),
    ]


def main(dist: Path, folder: str = ".") -> int:
    (wheel,), (archive,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    kind = DISTRIBUTIONS[folder]
    source = {name.removeprefix("src/") for name in tracked(folder, "src")}
    with zipfile.ZipFile(wheel) as opened:
        faults = wheel_faults(kind, opened.namelist(), source)
        (about,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        faults += metadata_faults(opened.read(about))
    with tarfile.open(archive) as opened_archive:
        names = [member.name for member in opened_archive if member.isfile()]
    faults += archive_faults(kind, names, tracked(folder, *kind.archived))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
