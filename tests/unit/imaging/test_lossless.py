"""Crops of JPEGs that keep every coefficient."""

from __future__ import annotations

import io
import shutil
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import encoded, exif_with, smooth, stored_as

from marscrop.errors import ImageError
from marscrop.geometry import Box, Size
from marscrop.imaging import lossless, orientation
from marscrop.imaging.lossless import BlockGrid
from marscrop.imaging.photo import open_photo

UPRIGHT = Size(203, 139)
BOX = Box(41, 23, 151, 98)
KINDS: dict[str, dict[str, Any]] = {
    "4:4:4": {"subsampling": "4:4:4"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:2:0": {"subsampling": "4:2:0"},
    "progressive": {"subsampling": "4:2:0", "progressive": True},
    "grey": {},
}
BLOCKS = {"4:4:4": (8, 8), "4:2:2": (16, 8), "grey": (8, 8)}


def tools() -> list[Any]:
    """Each way to do it, skipped where it is not installed."""
    try:
        import turbojpeg

        missing = not hasattr(turbojpeg, "transform")
    except ImportError:
        missing = True
    program = shutil.which("jpegtran")
    return [
        pytest.param(
            "package", marks=pytest.mark.skipif(missing, reason="the extra is not installed")
        ),
        pytest.param(
            "program", marks=pytest.mark.skipif(not program, reason="jpegtran is not installed")
        ),
    ]


@pytest.fixture(params=tools())
def tool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the two tools, the other one hidden."""
    if request.param == "package":
        monkeypatch.setattr(shutil, "which", lambda name: None)
    else:
        monkeypatch.setitem(__import__("sys").modules, "turbojpeg", None)
    return str(request.param)


def jpeg(kind: str, turn: int = 1, **options: Any) -> bytes:
    upright = Image.fromarray(smooth(*UPRIGHT))
    stored = stored_as(upright.convert("L") if kind == "grey" else upright, turn)
    return encoded(stored, "JPEG", quality=90, exif=exif_with(turn), **KINDS[kind], **options)


def pixels(content: bytes) -> Any:
    """As a viewer shows them."""
    return np.asarray(open_photo(content).upright()).astype(int)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_inside_the_box_every_pixel_is_the_photos(tool: str, kind: str, turn: int) -> None:
    content = jpeg(kind, turn)
    grid = BlockGrid.of(open_photo(content))
    box = grid.boxes_near(BOX)[0]
    cropped = grid.cut(box).content

    assert open_photo(cropped).size == BOX.size == box.size
    expected = pixels(content)[box.y0 : box.y1, box.x0 : box.x1]
    found = pixels(cropped)
    # Thinned colours are smoothed over two pixels, which at the edges are no longer there.
    edge = 0 if kind in ("4:4:4", "grey") else 2
    inner = slice(edge, -edge or None)
    assert (found[inner, inner] == expected[inner, inner]).all()


def test_progressive_stays_progressive(tool: str) -> None:
    grid = BlockGrid.of(open_photo(jpeg("progressive")))
    with Image.open(io.BytesIO(grid.cut(grid.boxes_near(BOX)[0]).content)) as image:
        assert image.info.get("progressive")


@pytest.mark.parametrize("kind", KINDS)
def test_block_is_that_of_the_sampling(kind: str) -> None:
    assert BlockGrid.of(open_photo(jpeg(kind))).block == BLOCKS.get(kind, (16, 16))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize(
    "box", [BOX, Box(0, 0, 203, 139), Box(202, 138, 203, 139), Box(16, 16, 64, 64)]
)
def test_boxes_near_begin_on_the_grid_less_than_a_block_away(turn: int, box: Box) -> None:
    grid = BlockGrid.of(open_photo(jpeg("4:2:0", turn)))
    boxes = grid.boxes_near(box)
    assert 1 <= len(boxes) <= 4
    distances = []
    for near in boxes:
        assert near.size == box.size
        assert Box(0, 0, *UPRIGHT).holds(near)
        stored = orientation.stored_box(near, UPRIGHT, turn)
        assert (stored.x0 % 16, stored.y0 % 16) == (0, 0)
        assert max(abs(near.x0 - box.x0), abs(near.y0 - box.y0)) < 16
        distances.append(abs(near.x0 - box.x0) + abs(near.y0 - box.y0))
    assert distances == sorted(distances)


@pytest.mark.parametrize("turn", range(1, 9))
def test_stored_box_holds_the_same_pixels(turn: int) -> None:
    upright = smooth(*UPRIGHT)
    stored = np.asarray(stored_as(Image.fromarray(upright), turn))
    box = orientation.stored_box(BOX, UPRIGHT, turn)
    part = Image.fromarray(stored[box.y0 : box.y1, box.x0 : box.x1])
    expected = upright[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    assert (np.asarray(orientation.turned(part, turn)) == expected).all()
    assert orientation.upright_box(box, UPRIGHT, turn) == BOX


def test_other_formats_are_refused() -> None:
    photo = open_photo(encoded(Image.fromarray(smooth(40, 30)), "PNG"))
    with pytest.raises(ImageError, match=r"^<bytes>: only a JPEG .* this is PNG"):
        BlockGrid.of(photo)


def test_without_a_tool_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "turbojpeg", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ImageError, match=r"pip install '\.\[lossless\]'"):
        lossless.find_transform()
