"""HTML and focal points of the JavaScript package are Python's: both are held to one table.

`python tests/contract/test_javascript_markup.py` writes it anew; js/test/markup.test.ts reads it.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Final

import pytest

from marscrop.cli.web_pictures import scaled_sizes
from marscrop.exchange.picture_element import WebImage, picture_element, url_of
from marscrop.geometry import Box, Size, centre_crop
from marscrop.window.focal_point import COMMON_RATIOS, fit_focal_point

TABLE: Final = Path(__file__).parents[2] / "js" / "test" / "markup-cases.json"

_NAMES: Final = (
    *("a b.jpg", "Zoë & co_16x9_320.avif", "50%.png"),
    *("日本.webp", "a'b\"c?.jpg", "~x-y.jpg"),
)
_BASES: Final = ("", "/img/", "https://cdn.example.com/a b/?v=1", "../ü//")


def cases() -> dict[str, list[dict[str, Any]]]:
    """What Python answers, by function."""
    rng = random.Random(21)  # noqa: S311
    return {
        "urlOf": [
            {"name": name, "base": base, "url": url_of(name.encode(), base)}
            for name in _NAMES
            for base in _BASES
        ],
        "scaledSizes": [_scaled(rng) for _ in range(40)],
        "pictureElement": [_picture(rng) for _ in range(20)],
        "fitFocalPoint": [_focal(rng) for _ in range(60)],
    }


def _scaled(rng: random.Random) -> dict[str, Any]:
    crop = Size(rng.randint(1, 4000), rng.randint(1, 4000))
    widths = sorted(rng.sample((1, 64, 320, 640, 960, 1280, 1920, 2560), rng.randint(1, 6)))
    return {"crop": crop._asdict(), "widths": widths, "sizes": _plain(scaled_sizes(crop, widths))}


def _picture(rng: random.Random) -> dict[str, Any]:
    images = [
        WebImage(
            media_type,
            [
                (url_of(rng.choice(_NAMES).encode(), rng.choice(_BASES)), Size(width, width // 2))
                for width in sorted(rng.sample((320, 640, 960), rng.randint(1, 3)))
            ],
            media,
        )
        for media_type, media in (
            *((("image/avif", "(max-width: 600px)"),) if rng.random() < 0.5 else ()),
            *((("image/webp", None),) if rng.random() < 0.7 else ()),
            ("image/jpeg", None),
        )
    ]
    words = {
        "alt": rng.choice(("", "A \"quoted\" cat & 'dog' <b>", "Katze")),
        "sizes": rng.choice(("100vw", "(min-width: 40em) 50vw, 100vw")),
    }
    position = f"{rng.randint(0, 100)}% {rng.randint(0, 100)}%"
    return {
        "images": [
            {
                "mediaType": image.media_type,
                "files": [{"url": url, "size": size._asdict()} for url, size in image.files],
                **({"media": image.media} if image.media else {}),
            }
            for image in images
        ],
        "options": {**words, "objectPosition": position},
        "html": picture_element(images, object_position=position, **words),
    }


def _focal(rng: random.Random) -> dict[str, Any]:
    photo = Size(rng.randint(40, 3000), rng.randint(40, 3000))
    picture = Box(0, 0, *photo) if rng.random() < 0.7 else _box(rng, photo)
    crops = [centre_crop(photo, ratio) for ratio in COMMON_RATIOS]
    # Photos have one place to show, about which the crops of all ratios lie.
    place = rng.random(), rng.random()
    moved = [
        crop.moved(
            *(
                round((side - length) * min(1, max(0, share + rng.gauss(0, 0.05)))) - start
                for side, length, share, start in zip(
                    photo, crop.size, place, crop[:2], strict=True
                )
            )
        )
        for crop in crops
    ]
    keep = [_box(rng, photo) for _ in range(rng.choice((0, 0, 1, 2)))]
    avoid = [_box(rng, photo) for _ in range(rng.choice((0, 0, 1)))]
    point = fit_focal_point(picture, moved, keep, avoid)
    return {
        "picture": picture,
        "crops": moved,
        "keep": keep,
        "avoid": avoid,
        "point": {
            "x": point.x,
            "y": point.y,
            "positionX": point.position_x,
            "positionY": point.position_y,
            "objectPosition": point.object_position,
        },
    }


def _box(rng: random.Random, photo: Size) -> Box:
    x0, y0 = rng.randrange(photo.width - 8), rng.randrange(photo.height - 8)
    return Box(x0, y0, rng.randint(x0 + 8, photo.width), rng.randint(y0 + 8, photo.height))


def _plain(sizes: list[Size]) -> list[dict[str, int]]:
    return [size._asdict() for size in sizes]


def _written() -> str:
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps(case, ensure_ascii=False) for case in some) + "\n]"
        for name, some in cases().items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def test_the_table_is_what_python_answers() -> None:
    if not TABLE.is_file():
        pytest.skip("the JavaScript package is not beside it")
    assert TABLE.read_text(encoding="utf-8") == _written()


if __name__ == "__main__":
    TABLE.write_text(_written(), encoding="utf-8")
