"""Boxes of damaged files: nothing is read of them, and nothing raises."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image
from tests.unit.imaging.pictures import encoded

from marscrop.imaging.colourspace import avif_properties


@pytest.fixture
def content(scene: Image.Image) -> bytes:
    return encoded(scene.resize((32, 32)), "AVIF")


def test_properties_of_the_picture_are_read(content: bytes) -> None:
    properties = avif_properties.picture_properties(io.BytesIO(content))
    assert avif_properties.nclx_of(properties) == (1, 13, 6)
    assert avif_properties.bits_of(properties) == 8
    told = avif_properties.picture_properties(
        io.BytesIO(avif_properties.with_nclx(content, 12, 16))
    )
    assert avif_properties.nclx_of(told) == (12, 16, 6)


def test_damage_does_no_harm(content: bytes) -> None:
    chance = random.Random(17)  # noqa: S311 - no secret
    head = content[:400]
    for length in range(0, len(head), 3):
        avif_properties.nclx_of(avif_properties.picture_properties(io.BytesIO(head[:length])))
    for _ in range(3000):
        changed = bytearray(head)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(head))] = chance.randrange(256)
        properties = avif_properties.picture_properties(io.BytesIO(bytes(changed)))
        avif_properties.nclx_of(properties)
        avif_properties.bits_of(properties)
