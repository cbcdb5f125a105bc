"""The cases that the table asks, from seeds: photos as networks see them or as pixels, options."""

from __future__ import annotations

import math
import random
from typing import Any, Final

from tests.javascript.pictures import Made
from tests.shared_cases.generator import FINE

from marscrop.geometry import Size, fit_longest_edge

_LABELS: Final = (
    *("1:1", "4:5", "5:4", "3:4", "4:3", "2:3", "3:2", "9:16", "16:9", "21:9", "2.39:1", "1:3"),
    *("3:1", "4:1", "1:4", "square", "story", "og", "a4", "original", "1200x630", "64x64px"),
    *("1.618", "0.31", "7.5", "1:12", "15:1", "100:1", "1:100", "851:315", "1080x1920@2x"),
)
_SIZES: Final = (
    *((640, 480), (480, 640), (6000, 4000), (3000, 4000), (4032, 3024), (1920, 1080), (999, 333)),
    *((501, 501), (1, 1), (2, 3), (7, 5), (17, 640), (3000, 64), (333, 499), (8191, 5461)),
    *((1025, 769), (100, 100), (37, 41)),
)
_ANCHORS: Final = (
    *("top", "bottom", "left", "right", "centre", "center", "top-left", "bottom-right"),
    *("top-centre", "0.5,0.33", "0.25, 1"),
)
CELL_PX: Final = 4
"""Of the networks' input, along a side of a map's cell; a subject map's has twice as many."""

_KINDS: Final = ("letterbox", "pillarbox", "framed", "cutout", "dark cutout", "pale cutout", "flat")

Case = dict[str, Any]


def input_size(size: Size) -> Size:
    """What a network sees of a photo [px]."""
    return fit_longest_edge(size, 192, 16)


def random_case(seed: int) -> Case:
    """A case of any kind; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    size = Size(*_some_size(chance))
    case: Case = {"seed": seed, "size": [*size]}
    part = _some_part(chance, size) if chance.random() < 0.12 else None
    if part:
        case["picture"] = part
    options = _some_options(chance, size)
    looked = part if part and not options.get("keep_borders") and "keep" not in options else None
    if looked:
        case["part"] = looked
        size = Size(looked[2] - looked[0], looked[3] - looked[1])
    seen = input_size(size)
    case["cells"] = [seen.width // CELL_PX, seen.height // CELL_PX]
    if chance.random() < 0.7:
        case["scene"] = _some_scene(chance, seen)
    if options.get("faces") == "keep" and chance.random() < 0.97:
        case["faces"] = [_some_face(chance, size) for _ in range(chance.randrange(5))]
    if chance.random() < 0.08:
        case["opaque"] = _some_part(chance, size)
    if chance.random() < 0.03:
        case["flat"] = True
    case["ratios"] = [_some_ratio(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    case["options"] = options
    return case


def random_photo(seed: int) -> Case:
    """A case of a picture's pixels, which the networks are shown; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    sides = sorted((chance.randint(20, 700), chance.randint(200, 700)))
    width, height = sides if chance.random() < 0.4 else sides[::-1]
    kind = chance.choice(("plain",) * 5 + _KINDS)
    channels = 4 if "cutout" in kind else chance.choice((1, 3, 3, 4))
    made = Made(kind, width, height, channels, seed % 97)
    options = _some_options(chance, Size(width, height))
    if options.get("faces") == "keep":
        options["faces"] = "ignore"
    case: Case = {"seed": seed, "photo": made._asdict(), "options": options}
    if chance.random() < 0.1:
        return {**case, "focal": True}
    return {**case, "ratios": [_some_ratio(chance) for _ in range(chance.choice((1, 2, 3)))]}


def _some_size(chance: random.Random) -> tuple[int, int]:
    if chance.random() < 0.3:
        return chance.choice(_SIZES)
    if chance.random() < 0.15:
        return chance.randint(1, 40), chance.randint(1, 40)
    longer = int(math.exp(chance.uniform(math.log(60), math.log(9000))))
    shorter = max(1, int(longer * chance.uniform(0.12 if chance.random() < 0.1 else 0.5, 1)))
    return (longer, shorter) if chance.random() < 0.6 else (shorter, longer)


def _some_ratio(chance: random.Random) -> str | float:
    kind = chance.random()
    if kind < 0.75:
        return chance.choice(_LABELS)
    if kind < 0.9:
        return f"{chance.randint(1, 40)}:{chance.randint(1, 40)}"
    return round(math.exp(chance.uniform(-1.5, 1.5)), 3)


def _some_part(chance: random.Random, size: Size) -> list[int]:
    """A box that lies inside a photo and is most of it [px]."""
    x0, y0 = chance.randint(0, size.width // 6), chance.randint(0, size.height // 6)
    x1 = size.width - chance.randint(0, (size.width - 1) // 6)
    y1 = size.height - chance.randint(0, (size.height - 1) // 6)
    return [x0, y0, max(x0 + 1, x1), max(y0 + 1, y1)]


def _some_box(chance: random.Random, size: Size, most: float) -> list[int] | str:
    """A box in a photo, of up to a share of its sides; in pixels or percent."""
    width, height = (max(1, int(side * chance.uniform(0.01, most))) for side in size)
    x0, y0 = chance.randint(0, size.width - width), chance.randint(0, size.height - height)
    box = [x0, y0, x0 + width, y0 + height]
    if chance.random() < 0.7:
        return box
    shares = (100 * edge / size[i % 2] for i, edge in enumerate(box))
    return ",".join(f"{share:.2f}%" for share in shares)


def _some_options(chance: random.Random, size: Size) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if chance.random() < 0.3:
        count = chance.choice((1, 1, 2, 3))
        options["keep"] = [_some_box(chance, size, 0.5 / count) for _ in range(count)]
    if chance.random() < 0.3:
        count = chance.choice((1, 1, 2, 4))
        options["avoid"] = [_some_box(chance, size, 0.4) for _ in range(count)]
    if chance.random() < 0.3:
        options["min_size"] = chance.choice((1, 0.9, 0.5, 0.1, 0.01, round(chance.random(), 3)))
        options["min_size"] = options["min_size"] or 1
    if chance.random() < 0.4:
        options["zoom"] = chance.choice(("none", "natural", "tight", "tight"))
    if chance.random() < 0.2:
        options["max_candidates"] = chance.randint(2, 5)
    if chance.random() < 0.2:
        options["anchor"] = chance.choice((*_ANCHORS, [0.2, 0.9], [1, 0]))
    if chance.random() < 0.25:
        options["min_confidence"] = chance.choice((1, 0.9, 0.5, round(chance.random(), 3)))
    if chance.random() < 0.4:
        options["fallback"] = "pad"
        if chance.random() < 0.3:
            options["pad_fill"] = chance.choice(("blur", "#1e90ff", "Black", "rgb(1, 2, 3)"))
    if chance.random() < 0.3:
        options["faces"] = chance.choice(("auto", "ignore", "keep", "keep"))
    if chance.random() < 0.1:
        options["keep_borders"] = True
    return options


def _some_scene(chance: random.Random, seen: Size) -> dict[str, Any]:
    columns, rows = seen.width // (2 * CELL_PX), seen.height // (2 * CELL_PX)
    return {
        "seed": chance.randrange(1 << 32),
        "rows": rows,
        "columns": columns,
        "heads": _some_peaks(chance, rows, columns, chance.choice((0, 1, 2, 6)), 4),
        "subjects": _some_peaks(chance, rows, columns, chance.choice((0, 1, 1, 3)), 12),
    }


def _some_peaks(
    chance: random.Random, rows: int, columns: int, count: int, most: int
) -> list[list[int]]:
    return [
        [
            chance.randrange(rows),
            chance.randrange(columns),
            chance.randint(FINE // 20, FINE),
            chance.randint(-FINE // 2, FINE // 2),
            chance.randint(-FINE // 2, FINE // 2),
            int(FINE * math.log(chance.uniform(0.5, most))),
            int(FINE * math.log(chance.uniform(0.5, most))),
        ]
        for _ in range(count)
    ]


def _some_face(chance: random.Random, size: Size) -> list[float]:
    """Edges [px], in quarters of a pixel, and a score."""
    side = chance.uniform(0.02, 0.4) * min(size)
    x, y = (chance.uniform(-0.05, 1) * length for length in size)
    edges = (x, y, x + side, y + 1.3 * side)
    return [*(round(4 * edge) / 4 for edge in edges), chance.randint(300, 1000) / 1000]
