"""What decoding is counted as."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image
from tests.hostile.build import planar_jpeg
from tests.unit.imaging.pictures import (
    encoded,
    exif_with,
    in_mode,
    smooth,
)

from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo

ROWS = 40
"""Bytes for each row or column, at most, beside the pixels."""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 251 * 170 * 4),
        ({"progressive": True}, 251 * 170 * 4 + 1003 * 677 * 3),  # 4:2:0, two bytes each
        ({"progressive": True, "subsampling": 0}, 251 * 170 * 4 + 1003 * 677 * 6),
    ],
    ids=["baseline", "progressive", "full chroma"],
)
def test_a_jpeg_is_counted_as_what_its_decoder_keeps(
    options: dict[str, Any], expected: int
) -> None:
    photo = open_photo(encoded(Image.fromarray(smooth(1003, 677)), "JPEG", **options))
    assert 0 <= photo.analysis_bytes(Size(100, 64)) - expected < 1003 * ROWS


def test_a_baseline_jpeg_in_several_scans_is_kept_whole_too() -> None:
    photo = open_photo(planar_jpeg(1600, 800))
    found = photo.analysis_bytes(Size(100, 50)) - 6 * 1600 * 800 - 4 * 200 * 100
    assert 0 <= found < 1600 * ROWS
    assert not photo.analysis_rgb(Size(100, 50)).std()


@pytest.mark.parametrize(
    ("mode", "container", "turn", "bytes_each"),
    [
        ("RGB", "PNG", 1, 4),
        ("RGB", "PNG", 6, 4 + 4),  # and turned
        ("RGBA", "PNG", 1, 4 + 4),  # and over white
        ("RGBA", "PNG", 6, 4 + 4 + 4),
        ("L", "PNG", 1, 1 + 4),
        ("I;16", "PNG", 1, 2 + 4),
        ("RGB", "WEBP", 1, 4 + 12),
        ("RGB", "JPEG2000", 1, 4 + 15),
    ],
)
def test_other_formats_are_counted_in_full(
    scene: Image.Image, mode: str, container: str, turn: int, bytes_each: int
) -> None:
    options = {"exif": exif_with(turn)} if turn != 1 else {}
    photo = open_photo(encoded(in_mode(scene, mode), container, **options))
    found = photo.analysis_bytes(Size(16, 16)) - 201 * 135 * bytes_each
    assert 0 <= found <= 201 * ROWS
