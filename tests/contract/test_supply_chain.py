"""What is installed is what the lock says, and each of it may be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from scripts.licences import (
    DOCUMENT,
    EXCEPTIONS,
    LOCK,
    NOTES,
    SITE_LOCK,
    Package,
    allowed,
    installed_licence,
    locked,
    normalised,
    stated,
)
from tests.conftest import ROOT

PROJECTS = [
    tomllib.loads((ROOT / folder / "pyproject.toml").read_text()) for folder in (".", "research")
]
TORCH = locked((ROOT / "requirements" / "torch.txt").read_text())
SITE = locked(SITE_LOCK.read_text())
PINS = [*locked(LOCK.read_text()), *TORCH]


def direct() -> list[Requirement]:
    """What both pyproject.toml ask for, but the packages that are here."""
    tables = [project["project"] for project in PROJECTS]
    lists = [PROJECTS[0]["dependency-groups"]["dev"]]
    for table in tables:
        lists += [table["dependencies"], *table["optional-dependencies"].values()]
    asked = {str(Requirement(line)) for lines in lists for line in lines}
    ours = {table["name"] for table in tables}
    return [r for r in map(Requirement, sorted(asked)) if r.name not in ours]


@pytest.mark.parametrize("requirement", direct(), ids=str)
def test_lock_holds_what_is_asked_for(requirement: Requirement) -> None:
    versions = [v for name, v in PINS if name == normalised(requirement.name)]
    assert versions, "scripts/lock was not run"
    assert all(requirement.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("lock", [LOCK, SITE_LOCK], ids=lambda lock: lock.name)
def test_every_pin_has_hashes(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    entries = "\n".join(lines).replace("\\\n", " ").splitlines()
    assert len(entries) == len(locked(lock.read_text()))
    assert all(re.search(r" --hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries)


def test_site_is_built_by_what_is_asked_for() -> None:
    (asked,) = map(Requirement, PROJECTS[0]["dependency-groups"]["docs"])
    (version,) = (version for name, version in SITE if name == asked.name)
    assert asked.specifier.contains(version)


def test_image_installs_what_is_tested() -> None:
    image = locked((ROOT / "requirements" / "image.lock").read_text())
    assert set(image) <= set(PINS)
    assert {"numpy", "onnxruntime", "pillow", "pillow-heif", "uvicorn"} <= {p.name for p in image}


def test_torch_is_apart_and_brings_no_cuda() -> None:
    names = {package.name for package in locked(LOCK.read_text())}
    assert [package.name for package in TORCH] == ["torch"]
    assert not {n for n in names if n in ("torch", "triton") or n.startswith(("nvidia", "cuda"))}


def table() -> dict[str, tuple[list[str], str]]:
    """The document's rows: name to versions and licence."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|", DOCUMENT.read_text(), re.MULTILINE)
    return {name: (versions.split(", "), licence) for name, versions, licence in rows}


@pytest.mark.parametrize("package", sorted({*PINS, *SITE}), ids=lambda package: "-".join(package))
def test_licence_is_listed_and_allowed(package: Package) -> None:
    name, version = package
    assert name in table(), "scripts/licences.py was not run"
    versions, licence = table()[name]
    assert version in versions
    assert allowed(name, licence)
    if said := installed_licence(name, versions):
        assert said == licence


def test_exceptions_are_needed_and_explained() -> None:
    assert {name: table()[name][1] for name in EXCEPTIONS} == EXCEPTIONS
    assert EXCEPTIONS.keys() <= NOTES.keys() <= table().keys()


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND (Apache-2.0 OR GPL-3.0-only)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("none stated", False),
        ("", False),
    ],
)
def test_what_is_allowed(licence: str, may: bool) -> None:
    assert allowed("some-package", licence) is may


def test_exception_is_for_one_package_and_one_licence() -> None:
    assert allowed("turbojpeg", "none stated")
    assert not allowed("turbojpeg", "GPL-3.0-only")


def test_licence_is_read_in_every_way_it_is_stated() -> None:
    classifier = "License :: OSI Approved :: MIT License"
    assert stated("x", "ISC", "whole text", [classifier]) == "ISC"
    assert stated("x", None, "Apache 2.0\nwhole text", [classifier]) == "Apache-2.0"
    assert stated("x", None, None, ["Topic :: Multimedia", classifier]) == "MIT"
    assert stated("x", None, "", []) == "none stated"


@pytest.mark.parametrize("requirement", direct(), ids=str)
def test_floor_is_stated_and_bound_is_explained(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators in ({">="}, {"=="}), "an upper bound needs a reason, and a line here"
    assert all(Version(s.version) for s in requirement.specifier)
