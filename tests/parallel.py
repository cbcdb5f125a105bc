"""How tests are shared out where several processes run them (`scripts/test`, pytest-xdist).

A file's tests stay together, in order: they share fixtures. So do those of some folders.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pytest

TOGETHER: Final = ("research/tests/parity", "research/tests/unit/distil")
"""Folders whose files share networks that take half a minute to train and export."""

FIRST: Final = (
    *TOGETHER,
    *("tests/hostile", "tests/faults", "research/tests/unit/training", "research/tests/faults"),
    *("tests/properties", "tests/service", "tests/determinism"),
)
"""Folders that take longest: what is long must not come last."""


def unit_of(nodeid: str) -> str:
    """What a test stays together with: its folder or its file."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """In place of xdist's `--dist loadfile`."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class UnitScheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    return UnitScheduling(config, log)


def prepare(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a process among several: every test under a name of its own, and the longest first."""
    if not hasattr(config, "workerinput"):
        return
    seen: Counter[str] = Counter(item.nodeid for item in items)
    for item in items:
        if seen[item.nodeid] > 1:  # schemathesis names all alike, of which xdist would run one
            seen[item.nodeid] -= 1
            item._id = item.id.with_params(str(seen[item.nodeid]))
    assert len({item.nodeid for item in items}) == len(items)
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    places = (n for n, folder in enumerate(FIRST) if item.nodeid.startswith(f"{folder}/"))
    return next(places, len(FIRST))
