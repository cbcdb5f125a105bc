"""Pages of photos with crops drawn on them, so that a person can count what is wrong with them.

    python research/benchmarks/contact_sheets.py RESULT.json OUT [--data FOLDER]
        [--before RESULT.json]

RESULT.json is by `subjects_kept.py`, for held-out photos. Of each source the same fifteen photos
are shown, whatever the result: those whose names have the smallest SHA-1. A row is a photo,
numbered from 1, and a column a ratio. What our crop leaves away is dark; the centre crop is dashed
in cyan, and our earlier crop outlined in magenta. `OUT/photos.txt` has the number of each photo.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from marscrop.geometry import Box, Size
from marscrop.imaging.photo import open_photo
from marscrop_research.evaluation.photo_crops import CENTRE, OURS, PhotoCrops, read_result
from marscrop_research.subjects.sources import FCDB, FIXATIONS, VOC, SourcePhoto, find_photos

SOURCES = (*FIXATIONS, FCDB, VOC)
PHOTOS_A_SOURCE = 15
RATIOS = ("1:1", "4:5", "16:9", "9:16", "3:1")
ROWS = 12
CELL = Size(304, 228)
GAP_PX = 8
CAPTION_PX = 20
LIGHT_LEFT = 0.3
"""Of what our crop leaves away."""
DASH_PX = 9
OURS_COLOUR, CENTRE_COLOUR, BEFORE_COLOUR = "yellow", "cyan", "magenta"


def choose(photos: Sequence[SourcePhoto]) -> list[SourcePhoto]:
    """Fifteen held-out ones of each source, source by source."""

    def digest(photo: SourcePhoto) -> bytes:
        return hashlib.sha1(photo.path.name.encode(), usedforsecurity=False).digest()

    return [
        photo
        for source in SOURCES
        for photo in sorted((p for p in photos if p.held_out and p.source == source), key=digest)[
            :PHOTOS_A_SOURCE
        ]
    ]


def cell(
    small: Image.Image, ours: Box, centre: Box, before: Box | None, scale: float
) -> Image.Image:
    """A small photo with its crops, whose boxes are in pixels of the large one."""
    shown = _edges(ours, scale, small)
    light = Image.new("L", small.size, round(255 * LIGHT_LEFT))
    ImageDraw.Draw(light).rectangle(shown, fill=255)
    drawn = Image.composite(small, Image.new("RGB", small.size), light)
    draw = ImageDraw.Draw(drawn)
    if before is not None:
        draw.rectangle(_edges(before, scale, small), outline=BEFORE_COLOUR, width=2)
    draw.rectangle(shown, outline=OURS_COLOUR)
    _dashes(draw, _edges(centre, scale, small))
    return drawn


def page(rows: Sequence[tuple[int, SourcePhoto, PhotoCrops, PhotoCrops | None]]) -> Image.Image:
    """A row a photo: its number, itself, our crops and perhaps the earlier ones."""
    width, height = CELL.width + GAP_PX, CELL.height + CAPTION_PX + GAP_PX
    sheet = Image.new("RGB", (len(RATIOS) * width + GAP_PX, len(rows) * height + GAP_PX), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(CAPTION_PX - 5)
    for row, (number, photo, crops, before) in enumerate(rows):
        scale = min(CELL.width / crops.size.width, CELL.height / crops.size.height)
        shown = Size(round(crops.size.width * scale), round(crops.size.height * scale))
        small = open_photo(photo.path).upright().convert("RGB").resize(shown)
        for column, ratio in enumerate(RATIOS):
            x, y = GAP_PX + column * width, GAP_PX + row * height
            draw.text((x, y), f"{number}  {ratio}  {photo.source}", "black", font)
            boxes = crops.boxes[ratio]
            earlier = before.boxes[ratio][OURS] if before else None
            drawn = cell(small, boxes[OURS], boxes[CENTRE], earlier, scale)
            sheet.paste(drawn, (x, y + CAPTION_PX))
    return sheet


def _edges(box: Box, scale: float, image: Image.Image) -> tuple[int, int, int, int]:
    """The outermost pixels of a box on a small photo, as Pillow draws them: all inclusive."""
    x0, y0, x1, y1 = (round(edge * scale) for edge in box)
    return x0, y0, max(x0, min(x1, image.width) - 1), max(y0, min(y1, image.height) - 1)


def _dashes(draw: ImageDraw.ImageDraw, edges: tuple[int, int, int, int]) -> None:
    x0, y0, x1, y1 = edges
    for x in range(x0, x1, 2 * DASH_PX):
        for y in (y0, y1):
            draw.line((x, y, min(x + DASH_PX, x1), y), CENTRE_COLOUR, 2)
    for y in range(y0, y1, 2 * DASH_PX):
        for x in (x0, x1):
            draw.line((x, y, x, min(y + DASH_PX, y1)), CENTRE_COLOUR, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path, metavar="RESULT.json")
    parser.add_argument("out", type=Path, help="folder of the pages")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--before", type=Path, metavar="RESULT.json", help="an earlier result")
    options = parser.parse_args()

    result = read_result(options.result)
    before = read_result(options.before) if options.before else {}
    options.out.mkdir(parents=True, exist_ok=True)
    rows = [
        (number, photo, result[photo.key], before.get(photo.key))
        for number, photo in enumerate(choose(find_photos(options.data)), 1)
    ]
    for start in range(0, len(rows), ROWS):
        target = options.out / f"page{start // ROWS + 1}.png"
        page(rows[start : start + ROWS]).save(target)
        print(target)
    names = "".join(f"{number} {photo.key}\n" for number, photo, *_ in rows)
    (options.out / "photos.txt").write_text(names, encoding="utf-8")


if __name__ == "__main__":
    main()
