"""Real photos, damaged at random, the same way each time."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.hostile.corpus import Case
from tests.hostile.seeds import seeds


def mutations(seed: int, count: int) -> Iterator[Case]:
    """Every format in turn, each time damaged in one of several ways."""
    names = sorted(seeds())
    for number in range(count):
        chance = random.Random(f"{seed} {number}")  # noqa: S311
        name = names[number % len(names)]
        damage = chance.choice(_DAMAGES)
        content = damage(bytearray(seeds()[name]), chance)
        yield Case(f"{damage.__name__.strip('_')}{number}-{name}", bytes(content))


def _flip_bits(content: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.choice((1, 2, 8, 40))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return content


def _set_header_field(content: bytearray, chance: random.Random) -> bytearray:
    """Extreme numbers where sizes, counts and offsets are."""
    for _ in range(chance.choice((1, 1, 3))):
        size = chance.choice((1, 2, 4))
        value = chance.choice((0, 1, 0x7F, 0x80, 0xFF)).to_bytes(1, "big") * size
        if chance.random() < 0.3:
            value = chance.randbytes(size)
        start = chance.randrange(min(len(content) - size, 400))
        content[start : start + size] = value
    return content


def _truncate(content: bytearray, chance: random.Random) -> bytearray:
    return content[: chance.randrange(len(content))]


def _double_part(content: bytearray, chance: random.Random) -> bytearray:
    start, stop = sorted(chance.sample(range(len(content)), 2))
    return content[:stop] + content[start:stop] * chance.choice((1, 1, 2, 50)) + content[stop:]


def _drop_part(content: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(len(content))
    del content[start : start + chance.choice((1, 2, 7, 100))]
    return content


def _fill_part(content: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(len(content))
    stop = min(len(content), start + chance.choice((4, 40, 400)))
    content[start:stop] = bytes([chance.choice((0, 0xFF, 0x41))]) * (stop - start)
    return content


def _splice(content: bytearray, chance: random.Random) -> bytearray:
    """The beginning of one photo and the end of another."""
    other = seeds()[chance.choice(sorted(seeds()))]
    return content[: chance.randrange(len(content))] + other[chance.randrange(len(other)) :]


_DAMAGES = (
    _flip_bits,
    _flip_bits,
    _set_header_field,
    _set_header_field,
    _truncate,
    _double_part,
    _drop_part,
    _fill_part,
    _splice,
)
