from __future__ import annotations

import pytest

from marscrop.errors import OptionError
from marscrop.window.anchor import FREE, Anchor


@pytest.mark.parametrize(
    ("written", "x", "y"),
    [
        (None, None, None),
        ("top", None, 0),
        ("bottom", None, 1),
        ("left", 0, None),
        ("Right", 1, None),
        ("top-left", 0, 0),
        ("left-top", 0, 0),
        ("bottom-right", 1, 1),
        ("centre", 0.5, 0.5),
        ("center", 0.5, 0.5),
        ("top-centre", 0.5, 0),
        ("centre-left", 0, 0.5),
        ("0.25, 1", 0.25, 1),
        ((0.5, 0.33), 0.5, 0.33),
        ([0, 1], 0, 1),
    ],
)
def test_anchor_in_any_notation(written: object, x: float | None, y: float | None) -> None:
    anchor = Anchor.parse(written)  # type: ignore[arg-type]
    assert (anchor.x, anchor.y) == (x, y)
    assert Anchor.parse(anchor) is anchor


@pytest.mark.parametrize(
    "written",
    [
        *("", "middle", "top-bottom", "left-right", "top-left-centre", "centre-centre", "top left"),
        *("1.5,0", "a,b", "0.5,0.5,0.5", "nan,0", (0.5,), (2, 0), (0.5, "x"), 7),
    ],
)
def test_anything_else_is_refused_with_what_was_expected(written: object) -> None:
    with pytest.raises(OptionError, match=r"^anchor must be top, bottom, .*; got "):
        Anchor.parse(written)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "label"),
    [
        (" Top-left ", "Top-left"),
        (" 0.25, 1", "0.25, 1"),
        ((0.5, 0.33), "0.5,0.33"),
        ([0, 1], "0,1"),
    ],
)
def test_keeps_what_was_written(written: object, label: str) -> None:
    assert Anchor.parse(written).label == label  # type: ignore[arg-type]


def test_message_says_what_came() -> None:
    with pytest.raises(OptionError, match=r"; got '2,0'$"):
        Anchor.parse((2, 0))
    with pytest.raises(OptionError, match=r"; got \(2, None\)$"):
        Anchor(2)


def test_free_pins_nothing() -> None:
    assert (FREE.x, FREE.y) == (None, None)
