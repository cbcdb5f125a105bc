"""Tables of what crops hold, and the file of crops that they are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from marscrop.geometry import Box, Size, Window
from marscrop_research.evaluation.photo_crops import (
    CENTRE,
    EARLIER,
    OURS,
    PhotoCrops,
    read_result,
    write_result,
)
from marscrop_research.evaluation.shares_table import Shares
from marscrop_research.evaluation.subjects_kept import is_whole, share_inside

LEFT, RIGHT = Box(0, 0, 50, 50), Box(50, 0, 100, 50)
SOURCES = {"osie": ("osie",), "all": ("osie", "crowd"), "none": ("other",)}


def crops(**boxes: Box) -> PhotoCrops:
    return PhotoCrops(Size(100, 50), {"1:1": boxes})


def add(shares: Shares, source: str, photo: str, found: PhotoCrops, fit: bool = True) -> None:
    thing = Window(10, 10, 20, 20)
    shares.add(source, photo, found, "1:1", fit, lambda box: share_inside(thing, box))


def rows(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[3:]]


def test_means_and_differences_of_each_source() -> None:
    shares = Shares([OURS, CENTRE])
    add(shares, "osie", "a", crops(marscrop=LEFT, centre=RIGHT))
    add(shares, "crowd", "b", crops(marscrop=LEFT, centre=LEFT))
    table = list(shares.table("Whole [%]", is_whole, SOURCES, {"1:1": ("1:1",)}))
    assert "Whole [%]" in table[0]
    assert rows(table) == [
        ["osie", "1:1", "1", "100%", "100.0", "0.0", "+100.0 [+100.0, +100.0]"],
        ["all", "1:1", "2", "100%", "100.0", "50.0", "+50.0 [+0.0, +100.0]"],
    ]


def test_things_that_fit_and_others_apart() -> None:
    shares = Shares([OURS, CENTRE])
    add(shares, "osie", "a", crops(marscrop=LEFT, centre=LEFT))
    add(shares, "osie", "b", crops(marscrop=RIGHT, centre=RIGHT), fit=False)
    for fit, expected in ((True, "100.0"), (False, "0.0")):
        table = list(shares.table("", is_whole, SOURCES, {"1:1": ("1:1",)}, fit))
        assert [row[4] for row in rows(table)] == [expected, expected]


def test_a_method_counts_where_it_has_a_crop() -> None:
    shares = Shares([OURS, EARLIER, CENTRE])
    add(shares, "osie", "a", crops(marscrop=LEFT, earlier=RIGHT, centre=LEFT))
    add(shares, "osie", "b", crops(marscrop=RIGHT, centre=LEFT))
    add(shares, "crowd", "c", crops(marscrop=RIGHT, centre=LEFT))
    sources = {"osie": ("osie",), "crowd": ("crowd",)}
    osie, crowd = rows(list(shares.table("", is_whole, sources, {"1:1": ("1:1",)})))
    assert osie[4:8] == ["50.0", "0.0 (1)", "100.0", "+100.0 [+100.0, +100.0]"]
    assert crowd[4:8] == ["0.0", "-", "100.0", "-"]


def test_crops_come_back_from_their_file(tmp_path: Path) -> None:
    found = {"osie/a.jpg": crops(marscrop=LEFT, centre=RIGHT)}
    write_result(tmp_path / "result.json", {"faces": "ignore"}, found)
    again = read_result(tmp_path / "result.json")
    assert again == found
    assert np.asarray(again["osie/a.jpg"].boxes["1:1"][OURS]).tolist() == [0, 0, 50, 50]
