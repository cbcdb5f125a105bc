"""Damaged HEICs are answered, or refused, as they are where libheif alone decodes them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.hostile.build import encoded

from marscrop.errors import MarscropError
from marscrop.geometry import Size
from marscrop.imaging.formats import register_heif
from marscrop.imaging.heic import decoder
from marscrop.imaging.photo import open_photo

COUNT = 400
_ASKED = Size(32, 20)
_FEW_STEPS = 2.0


def answer(content: bytes) -> Any:
    """Pixels, or the error."""
    try:
        return open_photo(content, name="it").analysis_rgb(_ASKED)
    except MarscropError as error:
        return error


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Other bytes in what describes the picture, or in what holds it; or fewer."""
    changed, data = bytearray(content), content.index(b"mdat")
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        start, stop = (20, data) if chance.random() < 0.7 else (data, len(content))
        changed[chance.randrange(start, stop)] = chance.randrange(256)
    if chance.random() < 0.1:
        del changed[chance.randrange(data, len(changed)) :]
    return bytes(changed)


@pytest.mark.filterwarnings("ignore")
def test_damage_is_answered_as_libheif_does(monkeypatch: pytest.MonkeyPatch) -> None:
    if not register_heif() or not decoder.is_usable():
        pytest.skip("libde265 cannot be called here")
    pixels = np.random.default_rng(0).integers(0, 60, (133, 203, 1)) + np.arange(203)[:, None] % 180
    image = Image.fromarray(np.broadcast_to(pixels, (133, 203, 3)).astype(np.uint8))
    photos = [encoded(image, "HEIF", quality=50, **more) for more in ({}, {"tile_size": 128})]
    decode, decoded = decoder.decode, list[Any]()

    def spy(*arguments: Any) -> Any:
        decoded.append(decode(*arguments))
        return decoded[-1]

    monkeypatch.setattr(decoder, "decode", spy)
    read = 0
    for seed in range(COUNT):
        chance = random.Random(seed)  # noqa: S311
        content = damaged(chance.choice(photos), chance)
        decoded.clear()
        given = answer(content)
        read += bool(decoded) and None not in decoded
        with monkeypatch.context() as without:
            without.setattr(decoder, "is_usable", lambda: False)
            wanted = answer(content)
        assert type(given) is type(wanted), seed
        if isinstance(given, np.ndarray):
            difference = np.abs(given.astype(int) - wanted)
            assert difference.mean() < _FEW_STEPS, seed
    assert read > COUNT // 8
