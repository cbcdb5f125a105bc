"""Our reader of JPEGs against libjpeg, on JPEGs with crafted tables, segments, values and damage.

    PYTHONPATH=. .venv/bin/python tests/hostile/fuzz_same_pixels.py [COUNT] [SEED]

Reads COUNT JPEGs with each of `THREADS` and by Pillow. Prints how many came out the same and how
many were left to Pillow; ends with the seed and the bytes of the first one that did not.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.hostile.fuzz_native import damaged, seed_photos
from tests.unit.imaging.jpeg.crafted import BLOCK, JFIF, Codes, Jpeg, segment
from tests.unit.imaging.jpeg.reading import decoded, expected

from marscrop.errors import ImageError
from marscrop.imaging.jpeg import eighth
from marscrop.imaging.jpeg.markers import APP0, APP14, COM, DHT, DQT, DRI

THREADS = (1, 2, 8)
BYTES_A_THREAD = 20
"""Of data, so that small pictures too are read by several threads."""

SAME, LEFT, REFUSED = "the same", "left to Pillow", "refused by Pillow, too"

_LAYOUTS = [(1, 1), (2, 1), (2, 2)]
_RARE_LAYOUTS = [(1, 2), (4, 1), (3, 2), (0, 1), (2, 5)]
_EXTENDED_SIZES = 15


def drawn(chance: random.Random) -> Jpeg:
    """One that is right, but that no encoder would write."""
    colours = chance.random() < 0.7
    jpeg = Jpeg(size=(chance.randint(1, 70), chance.randint(1, 70)))
    layouts = _RARE_LAYOUTS if chance.random() < 0.1 else _LAYOUTS
    jpeg.sampling = [chance.choice(layouts)]
    if colours:
        jpeg.ids, jpeg.sampling = b"\1\2\3", [*jpeg.sampling, (1, 1), (1, 1)]
    tables = chance.randint(1, len(jpeg.ids))
    largest_step = chance.choice((1, 5, 30, 255))
    jpeg.steps = {
        number: bytes(chance.randint(1, largest_step) for _ in range(BLOCK))
        for number in range(tables)
    }
    jpeg.codes = {}
    for number in range(tables):
        sizes = chance.sample(range(_EXTENDED_SIZES + 1), chance.randint(1, 16))
        jpeg.codes[number] = Codes.drawn(sizes, chance)
        symbols = chance.sample(range(1, 256), chance.choice((1, 5, 30, 200)))
        symbols.insert(chance.randrange(4), 0)
        jpeg.codes[0x10 | number] = Codes.drawn(symbols, chance)
    jpeg.interval = chance.choice((0, 0, 1, 2, 5, 9))
    if 0 not in jpeg.sampling[0]:
        jpeg.draw(chance, chance.choice((3, 5, 7, _EXTENDED_SIZES)))
    return jpeg


def _another_table(jpeg: Jpeg, chance: random.Random) -> None:
    """Of any class, number, precision and length; used by some component, or by none."""
    key = chance.choice((0, 1, 3, 4, 0x10, 0x13, 0x14, 0x20, 0x35, chance.randrange(256)))
    if chance.random() < 0.5:
        cut = chance.choice((0, 0, 1, BLOCK))
        jpeg.last += segment(DQT, bytes((key,)) + chance.randbytes(BLOCK - cut))
    else:
        codes = Codes.drawn(chance.sample(range(256), chance.randint(0, 12)), chance)
        jpeg.last += segment(DHT, bytes((key,)) + codes.payload + bytes(chance.choice((0, 0, 1))))


def _another_symbol(jpeg: Jpeg, chance: random.Random) -> None:
    """One code more, maybe of ones alone."""
    key = chance.choice(list(jpeg.codes))
    symbols = list(jpeg.codes[key].symbols)
    length = chance.choice([bits for bits, some in enumerate(symbols) if some])
    symbols[length] += bytes((chance.randrange(256),))
    jpeg.codes[key] = Codes(tuple(symbols))


def _full_codes(jpeg: Jpeg, chance: random.Random) -> None:
    """As many codes as there can be, the last one of ones alone."""
    key = chance.choice(list(jpeg.codes))
    symbols = list(jpeg.codes[key].symbols)
    free = (1 << 16) - sum(len(some) << (16 - bits) for bits, some in enumerate(symbols, 1))
    for bits in range(16, 0, -1):
        if free >> (16 - bits) & 1:
            symbols[bits - 1] += bytes((chance.randrange(16),))
    jpeg.codes[key] = Codes(tuple(symbols))


def _other_colours(jpeg: Jpeg, chance: random.Random) -> None:
    """What says of which colours the components are, at odds with each other, whole or short."""
    jfif, adobe = JFIF, b"Adobe\0\x64\0\0\0\0" + bytes((chance.randrange(4),))
    named = [
        segment(APP0, jfif[: chance.choice((4, 5, 7, 13, 14, 14))]),
        segment(APP14, adobe[: chance.choice((5, 11, 12, 12))]),
        segment(APP0, chance.choice((b"JFXX\0", b"jfif\0")) + bytes(9)),
    ]
    jpeg.first = b"".join(chance.sample(named, chance.randint(0, 3)))
    if len(jpeg.ids) > 1:
        jpeg.ids = chance.choice((b"\1\2\3", b"RGB", b"\0\1\2", b"\1\1\2", b"abc"))


def _other_segments(jpeg: Jpeg, chance: random.Random) -> None:
    code = chance.choice((DRI, COM, 0xDC, 0xDE, 0xDF, 0xE5, 0xF0, 0xC8, 0xCC, 0x02))
    payload = chance.choice((b"", b"\0\0", b"\0\3", b"\0\1\0", chance.randbytes(9)))
    if code == DRI and len(payload) == 2 and chance.random() < 0.7:
        jpeg.interval = chance.randint(1, 5)  # other than the data have it
    jpeg.last += segment(code, payload)


def _other_steps(jpeg: Jpeg, chance: random.Random) -> None:
    """Other than those that the values were made for."""
    step = chance.choice((0, 128, 255))
    jpeg.steps[chance.choice(list(jpeg.steps))] = bytes((step,)) * BLOCK


def _other_size(jpeg: Jpeg, chance: random.Random) -> None:
    width, height = jpeg.size
    jpeg.size = chance.choice(
        ((width + 8, height), (width, height + 8), (height, width), (max(1, width - 8), height))
    )


def _moved_markers(jpeg: Jpeg, chance: random.Random) -> None:
    """Intervals in another order, or with bytes of each other."""
    if len(jpeg.data) < 2 or chance.random() < 0.5:
        chance.shuffle(jpeg.data)
    else:
        place, moved = chance.randrange(len(jpeg.data) - 1), chance.randint(0, 3)
        both = jpeg.data[place] + jpeg.data[place + 1]
        border = max(0, len(jpeg.data[place]) + chance.choice((-moved, moved)))
        jpeg.data[place : place + 2] = [both[:border], both[border:]]


def _damaged_data(jpeg: Jpeg, chance: random.Random) -> None:
    place = chance.randrange(len(jpeg.data))
    part = bytearray(jpeg.data[place] or b"\0")
    how = chance.randrange(3)
    if how == 0:
        part[chance.randrange(len(part))] = chance.randrange(256)
    elif how == 1:
        del part[chance.randrange(len(part)) :]
    else:
        part += chance.randbytes(chance.randint(1, 3))
    jpeg.data[place] = bytes(part)


CHANGES: list[Callable[[Jpeg, random.Random], None]] = [
    _another_table,
    _another_symbol,
    _full_codes,
    _other_colours,
    _other_segments,
    _other_steps,
    _other_size,
    _moved_markers,
    _damaged_data,
]


def made(seed: int, photos: list[bytes]) -> bytes:
    """A JPEG: an encoder's with random bytes changed, or a drawn one, right or with changes."""
    chance = random.Random(seed)  # noqa: S311
    if chance.random() < 0.25:
        return damaged(chance.choice(photos), chance)
    jpeg = drawn(chance)
    for change in chance.choices(CHANGES, k=chance.choice((0, 1, 1, 2))):
        change(jpeg, chance)
    return jpeg.content()


def compared(content: bytes) -> str:
    """`SAME`, `LEFT` or `REFUSED`.

    Raises:
        AssertionError: ours gives pixels that Pillow does not.
    """
    try:
        wanted = expected(content)
    except (ImageError, OSError):  # of its header
        return REFUSED
    found: Any = [decoded(content, threads) for threads in THREADS]
    for threads, pixels in zip(THREADS, found, strict=True):
        assert pixels is None or wanted is not None, f"Pillow refuses it, {threads} threads do not"
        if pixels is not None:
            np.testing.assert_array_equal(pixels, wanted, f"with {threads} threads")
    if wanted is None:
        return REFUSED
    return LEFT if any(pixels is None for pixels in found) else SAME


def main() -> None:
    count, first = (int(value) for value in [*sys.argv[1:], "10000", "0"][:2])
    eighth._LEAST_BYTES_A_THREAD = BYTES_A_THREAD  # type: ignore[misc]
    photos, outcomes = seed_photos(), Counter[str]()
    for seed in range(first, first + count):
        content = made(seed, photos)
        try:
            outcomes[compared(content)] += 1
        except AssertionError as error:
            sys.exit(f"seed {seed}: {error}\n{content.hex()}")
    print(", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common()))


if __name__ == "__main__":
    main()
