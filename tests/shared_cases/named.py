"""The cases written by hand: options and ratios that are refused, limits that none meets."""

from __future__ import annotations

from typing import Any, Final

from tests.shared_cases.questions import CELL_PX, Case, input_size

from marscrop.geometry import Size

_BAD_RATIOS: Final = (
    *("sqare", "16", "0:9", "-1:2", "1:101", "1:", "", "16:9:4", "storry", "orginal", "abc"),
    *("1e3", "0x64", "64x0", 0, -2, 1000.5, 101),
)
_BAD_OPTIONS: Final[tuple[dict[str, Any], ...]] = (
    {"keep": "1,2,3"},
    {"keep": "10,20,5,40"},
    {"keep": "10%,20%,50,80%"},
    {"keep": [[10, 20, 30]]},
    {"avoid": [1, 2, 3]},
    {"avoid": "5%,10%,5%,80%"},
    {"min_size": 0},
    {"min_size": 1.5},
    {"min_size": "big"},
    {"zoom": "close"},
    {"max_candidates": 0},
    {"max_candidates": 21},
    {"max_candidates": 2.5},
    {"anchor": "top-bottom"},
    {"anchor": "middle"},
    {"anchor": "0.5,1.5"},
    {"anchor": "a,b"},
    {"anchor": "0.1,0.2,0.3"},
    {"anchor": [2, 0.5]},
    {"anchor": 'it\'s "here"'},
    {"min_confidence": -0.1},
    {"min_confidence": 2},
    {"fallback": "crop"},
    {"pad_fill": "white"},
    {"pad_fill": "sky", "fallback": "pad"},
    {"pad_fill": "#12345", "fallback": "pad"},
    {"faces": "never"},
    {"keep_borders": "yes"},
)
_CONFLICTS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"keep": [700, 10, 900, 50]}, "1:1"),
    ({"keep": "0%,0%,100%,10%"}, "1:2"),
    ({"keep": [[0, 0, 50, 50], [590, 0, 640, 50]]}, "2:3"),
    ({"keep": "0%,0%,10%,100%"}, "3:1"),
    ({"keep": [[0, 0, 10, 10], [0, 470, 10, 480]]}, "16:9"),
    ({"avoid": "0%,0%,100%,100%"}, "1:1"),
    ({"avoid": [[0, 0, 320, 480], [320, 0, 640, 480]]}, "1:1"),
    ({"keep": [100, 100, 200, 200], "avoid": [150, 150, 160, 160]}, "1:1"),
    ({"keep": [[0, 0, 50, 50], [200, 200, 250, 250]], "avoid": [90, 90, 99, 99]}, "1:1"),
    ({"avoid": [300, 200, 340, 280], "min_size": 0.9}, "1:1"),
    ({"avoid": [300, 200, 340, 280], "min_size": 0.9, "anchor": "centre"}, "4:3"),
    ({"avoid": [0, 0, 640, 240], "anchor": "0.5,0"}, "16:9"),
    ({"avoid": [0, 0, 640, 240], "keep": [10, 250, 20, 470]}, "9:16"),
    ({"avoid": [5, 5, 600, 450], "anchor": "top-left", "min_size": 0.123456789}, "og"),
)


def named_cases() -> list[Case]:
    """Every case, with seeds from a million on."""
    cases: list[Case] = [
        *(_case(ratios=[ratio]) for ratio in _BAD_RATIOS),
        *(_case(options=options) for options in _BAD_OPTIONS),
        *(_case(options=options, ratios=[ratio]) for options, ratio in _CONFLICTS),
        *(
            _case(options={**options, "fallback": "pad"}, ratios=[ratio])
            for options, ratio in _CONFLICTS
        ),
        _case(options={"zoom": "tight"}),
        _case(options={"faces": "keep"}),
        _case(picture=[40, 40, 600, 440]),
        _case(picture=[40, 40, 600, 440], options={"keep": [0, 0, 50, 50]}),
        _case(
            picture=[40, 40, 600, 440],
            part=[40, 40, 600, 440],
            options={"keep": [41, 50, 590, 100], "avoid": [0, 90, 640, 480]},
            ratios=["1:1"],
        ),
        _case(
            options={"keep": "0%,0%,100%,100%", "fallback": "pad"},
            ratios=["1:90"],
            max_pixels=1_000_000,
        ),
        *(_focal(size, options) for size in ((640, 480), (333, 1000)) for options in _FOCAL),
        _focal((640, 480), {}, picture=[40, 0, 600, 480], part=[40, 0, 600, 480]),
        _focal((640, 480), {}, inside=[10, 20, 300, 400]),
        _focal((1, 1), {}),
    ]
    return [{"seed": 1_000_000 + 100 * i, **case} for i, case in enumerate(cases)]


_FOCAL: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"keep": "5%,5%,20%,30%"},
    {"avoid": ["0%,0%,30%,100%"], "zoom": "tight", "max_candidates": 3},
    {"keep": [0, 0, 320, 30], "avoid": [[50, 100, 200, 200]]},
    {"avoid": ["0%,0%,100%,100%"]},
)


def _focal(size: tuple[int, int], options: dict[str, Any], **more: Any) -> Case:
    scene = {"seed": 7, "rows": 1, "columns": 2, "heads": [], "subjects": []}
    case = _case(size=[*size], options=options, focal=True, **more)
    columns, rows = (side // 2 for side in case["cells"])
    peaks = [[rows // 3, columns // 3, 900, 0, 0, 1000, 900]]
    scene = {**scene, "rows": rows, "columns": columns, "heads": peaks, "subjects": peaks}
    return {**case, "scene": scene}


def _case(**told: Any) -> Case:
    case = {"size": [640, 480], "ratios": ["4:5"], **told}
    part = case.get("part") or [0, 0, *case["size"]]
    seen = input_size(Size(part[2] - part[0], part[3] - part[1]))
    return {**case, "cells": [seen.width // CELL_PX, seen.height // CELL_PX]}
