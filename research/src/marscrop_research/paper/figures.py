"""The paper's Figure 5 for any photo, and the map as the ratio sweeps.

Needs the packaged model only, not the [train] extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ImageError
from marscrop.geometry import Box, Size
from marscrop.imaging.photo import Photo
from marscrop.ratio import AspectRatio

_TILE_PX: Final = 320
_GAP_PX: Final = 12
_LABEL_PX: Final = 26
_PAPER: Final = "#ffffff"
_INK: Final = "#1a1a1a"
_BOX: Final = "#ff4d4d"
_SWEEP_MS: Final = 90


def draw_figure(cropper: Cropper, photo: Photo, ratios: Sequence[AspectRatio]) -> Image.Image:
    """Figure 5: for each ratio a row of photo with box, map, masked photo, and crop.

    Args:
        cropper: whose network is shown.
        photo: any.
        ratios: a row each.

    Returns:
        RGB image.
    """
    picture = _thumbnail(photo)
    maps = cropper.maps(cropper.features(photo), ratios)
    rows = [
        _row(picture, _probability(logits), _scaled_box(crop, photo.size, picture), str(crop.ratio))
        for logits, crop in zip(maps, cropper.crop_photo(photo, ratios), strict=True)
    ]
    sheet = Image.new("RGB", (max(r.width for r in rows), sum(r.height for r in rows)), _PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def draw_sweep(cropper: Cropper, photo: Photo, steps: int) -> list[Image.Image]:
    """The masked photo with its box, for ratios from 1:4 to 4:1 in equal steps of log ratio.

    Args:
        cropper: whose network is shown.
        photo: any.
        steps: number of ratios, at least 2.

    Returns:
        one RGB image a ratio, all of one size.
    """
    values = np.exp(np.linspace(np.log(0.25), np.log(4), steps))
    ratios = [AspectRatio(v, 1, f"{v:.2f}:1" if v >= 1 else f"1:{1 / v:.2f}") for v in values]
    picture = _thumbnail(photo)
    frames = []
    for logits, crop in zip(
        cropper.maps(cropper.features(photo), ratios),
        cropper.crop_photo(photo, ratios),
        strict=True,
    ):
        masked = _masked(picture, _probability(logits))
        framed = _outlined(masked, _scaled_box(crop, photo.size, picture))
        frames.append(_labelled([framed], str(crop.ratio)))
    return frames


def save_sweep(frames: Sequence[Image.Image], path: Path) -> None:
    """Write frames as an animation (.gif, .webp) or, for any other suffix, as one strip.

    Raises:
        ImageError: the file cannot be written.
    """
    try:
        if path.suffix.lower() in (".gif", ".webp"):
            there_and_back = [*frames, *frames[-2:0:-1]]
            there_and_back[0].save(
                path, save_all=True, append_images=there_and_back[1:], duration=_SWEEP_MS, loop=0
            )
            return
        strip = Image.new("RGB", (sum(f.width for f in frames), frames[0].height), _PAPER)
        left = 0
        for frame in frames:
            strip.paste(frame, (left, 0))
            left += frame.width
        strip.save(path)
    except (OSError, ValueError) as error:
        raise ImageError(path, f"the figure cannot be written ({error})") from None


def _row(
    picture: Image.Image, probability: NDArray[np.float32], box: Box, label: str
) -> Image.Image:
    grey = Image.fromarray(np.rint(probability * 255).astype(np.uint8)).convert("RGB")
    tiles = [
        _outlined(picture, box),
        grey.resize(picture.size, Image.Resampling.BILINEAR),
        _masked(picture, probability),
        picture.crop(box),
    ]
    return _labelled(tiles, label)


def _labelled(tiles: Sequence[Image.Image], label: str) -> Image.Image:
    """Tiles side by side, each centred in a square cell's width, under a label."""
    height = max(t.height for t in tiles)
    width = max(t.width for t in tiles)
    row = Image.new(
        "RGB",
        ((width + _GAP_PX) * len(tiles) + _GAP_PX, height + _LABEL_PX + _GAP_PX),
        _PAPER,
    )
    ImageDraw.Draw(row).text((_GAP_PX, 4), label, fill=_INK, font=ImageFont.load_default(size=16))
    for index, tile in enumerate(tiles):
        left = _GAP_PX + index * (width + _GAP_PX) + (width - tile.width) // 2
        row.paste(tile, (left, _LABEL_PX + (height - tile.height) // 2))
    return row


def _thumbnail(photo: Photo) -> Image.Image:
    scale = min(1.0, _TILE_PX / max(photo.size))
    size = Size(max(1, round(photo.size.width * scale)), max(1, round(photo.size.height * scale)))
    return Image.fromarray(photo.analysis_rgb(size))


def _probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _masked(picture: Image.Image, probability: NDArray[np.float32]) -> Image.Image:
    """The picture, fading to black where the map is low."""
    mask = Image.fromarray(np.rint(probability * 255).astype(np.uint8))
    mask = mask.resize(picture.size, Image.Resampling.BILINEAR)
    return Image.composite(picture, Image.new("RGB", picture.size), mask)


def _outlined(picture: Image.Image, box: Box) -> Image.Image:
    drawn = picture.copy()
    x0, y0, x1, y1 = box
    ImageDraw.Draw(drawn).rectangle((x0, y0, x1 - 1, y1 - 1), outline=_BOX, width=3)
    return drawn


def _scaled_box(crop: Crop, size: Size, picture: Image.Image) -> Box:
    """A crop's box in the thumbnail's pixels, at least one pixel wide and high."""
    across, down = picture.width / size.width, picture.height / size.height
    x0, y0, x1, y1 = crop.box
    left, top = (
        min(round(x0 * across), picture.width - 1),
        min(round(y0 * down), picture.height - 1),
    )
    return Box(left, top, max(left + 1, round(x1 * across)), max(top + 1, round(y1 * down)))
