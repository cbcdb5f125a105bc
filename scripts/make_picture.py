"""The README's picture: a photo with its crop boxes drawn, and the crops beside it.

.venv/bin/python scripts/make_picture.py examples/astronaut.jpg docs/images/astronaut.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from marscrop import Cropper

RATIOS = ("16:9", "1:1", "4:5", "9:16")
COLOURS = ("#ff5d5d", "#ffd23f", "#3fd0ff", "#8cff66")
HEIGHT, GAP, LABEL = 427, 14, 26


def main(photo: Path, target: Path) -> None:
    crops = Cropper().crop(photo, RATIOS)
    font = ImageFont.load_default(size=18)
    with Image.open(photo) as opened:
        image = opened.convert("RGB")

    drawn = image.copy()
    draw = ImageDraw.Draw(drawn)
    for crop, colour in zip(crops, COLOURS, strict=True):
        x0, y0, x1, y1 = crop.box
        draw.rectangle((x0, y0, x1 - 1, y1 - 1), outline=colour, width=3)

    tiles = [(drawn, "where marscrop crops", "#ffffff")]
    for crop, colour in zip(crops, COLOURS, strict=True):
        tiles.append((image.crop(crop.box), str(crop.ratio), colour))
    tiles = [
        (t.resize((round(t.width * HEIGHT / t.height), HEIGHT)), label, c) for t, label, c in tiles
    ]
    width = sum(t.width for t, _, _ in tiles) + GAP * (len(tiles) + 1)
    sheet = Image.new("RGB", (width, HEIGHT + 2 * GAP + LABEL), "#16181d")
    draw = ImageDraw.Draw(sheet)
    x = GAP
    for tile, label, colour in tiles:
        draw.text((x, GAP - 2), label, fill=colour, font=font)
        sheet.paste(tile, (x, GAP + LABEL))
        x += tile.width + GAP
    sheet.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
    sheet.save(target, quality=88)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
