"""Boxes of damaged files: nothing is read of them, and nothing raises."""

from __future__ import annotations

import random

import pytest
from PIL import Image
from tests.unit.imaging.pictures import encoded

from marscrop.imaging.colourspace import isobmff


@pytest.fixture
def content(scene: Image.Image) -> bytes:
    return encoded(scene.resize((32, 32)), "AVIF")


def test_properties_of_the_picture_are_read(content: bytes) -> None:
    properties = isobmff.picture_properties(content)
    assert isobmff.nclx_of(properties) == (1, 13, 6)
    assert isobmff.bits_of(properties) == 8
    told = isobmff.picture_properties(isobmff.with_nclx(content, 12, 16))
    assert isobmff.nclx_of(told) == (12, 16, 6)


def test_damage_does_no_harm(content: bytes) -> None:
    chance = random.Random(17)  # noqa: S311 - no secret
    head = content[:400]
    for length in range(0, len(head), 3):
        isobmff.nclx_of(isobmff.picture_properties(head[:length]))
    for _ in range(3000):
        changed = bytearray(head)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(head))] = chance.randrange(256)
        properties = isobmff.picture_properties(bytes(changed))
        isobmff.nclx_of(properties)
        isobmff.bits_of(properties)
