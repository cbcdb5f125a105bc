"""What extras need, from metadata of packages that are made here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from marscrop.doctor import extras
from marscrop.doctor.extras import Extra, examine_extras

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """`install("a", "1.0", requires=["b; extra == 'x'"])`: a package that wins over a real one."""
    monkeypatch.syspath_prepend(tmp_path)

    def installed(
        name: str, version: str, *, requires: tuple[str, ...] = (), provides: tuple[str, ...] = ()
    ) -> Path:
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        lines = [f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {need}" for need in requires]
        lines += [f"Provides-Extra: {extra}" for extra in provides]
        (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", *lines, ""]))
        (folder / "RECORD").write_text(f"{name}/__init__.py,,\n{name}-{version}.dist-info/METADATA")
        module = tmp_path / name / "__init__.py"
        module.parent.mkdir()
        module.write_text("raise RuntimeError('imported')")
        return module

    return installed


def only(found: list[Extra]) -> Extra:
    (extra,) = found
    return extra


def test_every_extra_of_the_project_is_told() -> None:
    names = metadata.metadata("marscrop").get_all("Provides-Extra")
    assert [extra.name for extra in examine_extras()] == names


def test_an_extra_is_complete_without_being_imported(install: Install) -> None:
    install("marscrop", "9", requires=("aa>=2 ; extra == 'some'", "numpy"), provides=("some",))
    install("aa", "2.1")
    found = only(examine_extras())
    assert found == Extra("some", ())
    assert found.as_table() == {"complete": True}


def test_what_is_missing_or_too_old_is_named_with_the_command(install: Install) -> None:
    needs = ("aa>=2; extra == 'some'", "bb==1.5; extra == 'some'", "cc; extra == 'other'")
    install("marscrop", "9", requires=needs, provides=("some",))
    install("aa", "1.9")
    assert only(examine_extras()).as_table() == {
        "complete": False,
        "missing": ["aa>=2 (1.9 is installed)", "bb==1.5"],
        "install": "pip install '.[some]'",
    }


def test_extras_of_what_it_needs_are_followed(install: Install) -> None:
    install("marscrop", "9", requires=("aa[more]; extra == 'some'",), provides=("some",))
    install("aa", "1", requires=("bb; extra == 'more'", "cc; extra == 'less'"))
    assert only(examine_extras()).missing == ("bb",)


def test_a_requirement_of_another_system_is_not_missed(install: Install) -> None:
    need = "aa; extra == 'some' and sys_platform == 'nowhere'"
    install("marscrop", "9", requires=(need,), provides=("some",))
    assert only(examine_extras()).complete


def test_a_package_without_its_files_is_not_there(install: Install) -> None:
    install("marscrop", "9", requires=("aa; extra == 'some'",), provides=("some",))
    install("aa", "1").unlink()
    assert only(examine_extras()).missing == ("aa (aa/__init__.py is gone)",)


def test_an_extra_that_does_not_load_is_no_complete_one(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError("libsome.so:\n cannot open")

    monkeypatch.setitem(extras._ATTEMPTS, "some", broken)
    install("marscrop", "9", requires=("aa; extra == 'some'",), provides=("some",))
    install("aa", "1")
    assert only(examine_extras()).as_table() == {
        "complete": False,
        "missing": [],
        "install": "pip install '.[some]'",
        "problem": "libsome.so: cannot open",
    }
