"""Looks into a built wheel and source archive: all that must be in there is, and nothing else.

.venv/bin/python scripts/package_contents.py DIST

Exits with 1 and a line for each thing that is wrong.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from packaging.metadata import InvalidMetadata, Metadata

ROOT: Final = Path(__file__).parent.parent

ESSENTIAL: Final = {
    "marscrop/py.typed",
    "marscrop/models/LICENSES.md",
    "marscrop/models/default/manifest.json",
    *(f"marscrop/models/default/{part}.onnx" for part in ("features", "head", "meta")),
    *(f"marscrop/service/page/{name}" for name in ("index.html", "app.js", "style.css")),
}
"""Without these the package does not work, is not typed, or is not licensed."""

BUILT: Final = {"marscrop/native/_native.abi3.so"}
"""Compiled, in a wheel that is built where a compiler is."""

_LICENCES: Final = {"LICENSE", "src/marscrop/models/LICENSES.md"}
_BESIDE: Final = {
    *{"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "hatch_build.py", ".gitignore"}
}


def tracked(*folders: str) -> set[str]:
    """What git knows in these folders."""
    done = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split("\0")) - {""}


def wheel_faults(names: Iterable[str], files: set[str]) -> list[str]:
    """What is wrong with the names in a wheel that should hold the package's `files`."""
    inside = {name for name in names if ".dist-info/" not in name}
    about = {name.partition(".dist-info/")[2] for name in names} - {""}
    licences = {f"licenses/{name}" for name in _LICENCES}
    expected = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", *licences}
    return [
        *_faults("wheel", inside, files | ESSENTIAL | BUILT),
        *_faults("wheel's metadata", about, expected),
    ]


def archive_faults(names: Iterable[str], files: set[str]) -> list[str]:
    """What is wrong with the names in a source archive that should hold `files`."""
    inside = {name.partition("/")[2] for name in names}
    return _faults("source archive", inside, files | _BESIDE | {"PKG-INFO"})


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


def main(dist: Path) -> int:
    (wheel,), (archive,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    source = tracked("src")
    with zipfile.ZipFile(wheel) as opened:
        faults = wheel_faults(opened.namelist(), {name.removeprefix("src/") for name in source})
        (about,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        faults += metadata_faults(opened.read(about))
    with tarfile.open(archive) as opened_archive:
        names = [member.name for member in opened_archive if member.isfile()]
    faults += archive_faults(names, source | tracked("configs"))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
