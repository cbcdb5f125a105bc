"""Hostile files on disk, and what every front must make of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.hostile.corpus import FAMILIES, Case

from marscrop.imaging.photo_suffixes import PHOTO_SUFFIXES

FEW_MIB = 64
"""A limit that lets no test take long; the defaults are for the command line's test."""

BOXES_ONLY = frozenset({"bombs", "floods"})
"""Families of which no crops are written: those take what the whole photo takes."""


def written(folder: Path, families: Iterable[str]) -> list[Path]:
    """The families as files, under names that differ and that folders are searched for."""
    paths = []
    for family in families:
        for case in FAMILIES[family]():
            suffix = "" if Path(case.name).suffix in PHOTO_SUFFIXES else ".jpg"
            path = folder / family.replace(" ", "-") / f"{case.name}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(case.content)
            paths.append(path)
    assert len(set(paths)) == len(paths)
    return paths


@pytest.fixture(scope="session")
def corpus() -> dict[str, list[Case]]:
    """The families made by hand, made once."""
    return {family: list(make()) for family, make in FAMILIES.items()}
