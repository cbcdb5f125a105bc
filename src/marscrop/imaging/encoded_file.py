"""The file of a crop, and what of the photo is not in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class EncodedFile(NamedTuple):
    """An encoded crop.

    Attributes:
        content: the file.
        losses: what of the photo was not kept: sentences without capital and full stop, in ASCII,
            such as "the crop has 8 bits a channel, as GIF cannot hold 16".
    """

    content: bytes
    losses: tuple[str, ...] = ()


def distinct(losses: Iterable[str]) -> tuple[str, ...]:
    """Each sentence once, in the order of the first."""
    return tuple(dict.fromkeys(losses))
