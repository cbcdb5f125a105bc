"""The items of a file, which are its pictures and what belongs to them (ISO/IEC 14496-12, 8.11)."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Final, NamedTuple

from marscrop.imaging.isobmff.boxes import BoxError, Numbers, contents

_MOST_ENTRIES: Final = 1 << 16
"""Of a list, so that a box of zeros costs no seconds."""


class Extent(NamedTuple):
    """Where some of an item's bytes are, one after the other.

    Attributes:
        in_meta: counted from the content of the box `idat`, not from the file's beginning.
        place: of the first of them.
        length: how many there are; 0 for all up to the end.
    """

    in_meta: bool
    place: int
    length: int


class Link(NamedTuple):
    """That an item has a property.

    Attributes:
        place: of the property's number, in the content of the box `ipma`.
        size: of that number [bytes]; its highest bit says whether the property is essential.
        item: that has it.
        number: of the property, from 1; 0 for none.
    """

    place: int
    size: int
    item: int
    number: int


class Items:
    """The items that a box of metadata lists.

    Attributes:
        primary: the item that is the file's picture.
        data: what the box `idat` holds.
    """

    def __init__(self, meta: bytes) -> None:
        """Items.

        Args:
            meta: what `boxes.meta` gives.

        Raises:
            BoxError: it names no primary item.
        """
        self._parts: dict[bytes, bytes] = {}
        for kind, content in contents(meta):
            self._parts.setdefault(kind, content)
        numbers = Numbers(self._part(b"pitm"))
        self.primary = numbers.next(4 if numbers.next(4) >> 24 else 2)
        self.data = self._parts.get(b"idat", b"")

    def kind(self, item: int) -> bytes:
        """Its four characters, such as b"av01" or b"grid".

        Raises:
            BoxError: none are said.
        """
        if item not in self._kinds:
            raise BoxError(f"item {item} is of no kind")
        return self._kinds[item]

    def parts(self, whole: int) -> list[int]:
        """The items that one is made of, at least one.

        Raises:
            BoxError: it is made of none.
        """
        content = self._part(b"iref")
        numbers = Numbers(content)
        size = 4 if numbers.next(4) >> 24 else 2
        for kind, reference in contents(content, numbers.position):
            part = Numbers(reference)
            if kind == b"dimg" and part.next(size) == whole and (count := part.next(2)):
                return [part.next(size) for _ in range(count)]
        raise BoxError(f"item {whole} is made of nothing")

    def properties(self, item: int) -> list[tuple[bytes, bytes]]:
        """Kind and content of its properties, in the order in which they apply.

        Raises:
            BoxError: they are damaged.
        """
        stored, numbers = self._properties
        found = numbers.get(item, [])
        if max(found, default=0) > len(stored):
            raise BoxError(f"item {item} has a property that is not there")
        return [stored[number - 1] for number in found]

    def extents(self, item: int) -> list[Extent]:
        """Where its data are, at least one stretch, in their order.

        Raises:
            BoxError: that is not said, or is not in this file.
        """
        if item not in self._extents:
            raise BoxError(f"item {item} is nowhere")
        return self._extents[item]

    # Each list is read once, as a picture may have a thousand parts.

    @functools.cached_property
    def _kinds(self) -> dict[int, bytes]:
        """By item, up to where the list is damaged."""
        found: dict[int, bytes] = {}
        with contextlib.suppress(BoxError):
            content = self._part(b"iinf")
            numbers = Numbers(content)
            numbers.next(4 if numbers.next(4) >> 24 else 2)
            for kind, entry in contents(content, numbers.position):
                if kind == b"infe" and entry and entry[0] >= 2:
                    part = Numbers(entry, 4)
                    item = part.next(2 if entry[0] == 2 else 4)
                    found.setdefault(item, entry[part.position + 2 : part.position + 6])
        return found

    @functools.cached_property
    def _properties(self) -> tuple[list[tuple[bytes, bytes]], dict[int, list[int]]]:
        """All that are stored, and by item the numbers of its own, counted from 1."""
        inner = list(contents(self._part(b"iprp")))
        stored = [one for kind, part in inner if kind == b"ipco" for one in contents(part)]
        numbers: dict[int, list[int]] = {}
        for kind, part in inner:
            for link in links(part) if kind == b"ipma" else ():
                if link.number:
                    numbers.setdefault(link.item, []).append(link.number)
        return stored, numbers

    @functools.cached_property
    def _extents(self) -> dict[int, list[Extent]]:
        """By item, up to where the list is damaged or longer than any file needs."""
        found: dict[int, list[Extent]] = {}
        with contextlib.suppress(BoxError):
            for item, extents in self._places():
                found.setdefault(item, extents)
        return found

    def _places(self) -> Iterator[tuple[int, list[Extent]]]:
        numbers = Numbers(self._part(b"iloc"))
        version = numbers.next(4) >> 24
        sizes = numbers.next(2)
        of_place, of_length, of_base, of_index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        of_number = 4 if version == 2 else 2
        told = 0
        for _ in range(min(numbers.next(of_number), _MOST_ENTRIES)):
            number = numbers.next(of_number)
            method = numbers.next(2) & 15 if version else 0
            numbers.next(2)
            base = numbers.next(of_base)
            extents = []
            for _ in range(numbers.next(2)):
                told += 1
                if told > _MOST_ENTRIES:
                    raise BoxError("too many extents")
                numbers.next(of_index if version else 0)
                place = numbers.next(of_place)
                extents.append(Extent(method == 1, base + place, numbers.next(of_length)))
            if extents and method in (0, 1):
                yield number, extents

    def _part(self, kind: bytes) -> bytes:
        if kind not in self._parts:
            raise BoxError(f"no box {kind.decode('latin-1')}")
        return self._parts[kind]


def links(ipma: bytes) -> Iterator[Link]:
    """Which items have which properties.

    Args:
        ipma: what the box of that kind holds.

    Raises:
        BoxError: it ends too early, or says more than any file needs.
    """
    numbers = Numbers(ipma)
    head = numbers.next(4)
    of_item, of_number = (4 if head >> 24 else 2), (2 if head & 1 else 1)
    told = 0
    for _ in range(min(numbers.next(4), _MOST_ENTRIES)):
        item = numbers.next(of_item)
        for _ in range(numbers.next(1)):
            told += 1
            if told > _MOST_ENTRIES:
                raise BoxError("too many properties")
            place = numbers.position
            number = numbers.next(of_number) & (0x7FFF if of_number == 2 else 0x7F)
            yield Link(place, of_number, item, number)
