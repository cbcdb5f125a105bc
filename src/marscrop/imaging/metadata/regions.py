"""Faces and other regions that XMP tells of, in the coordinates of the crop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from marscrop.geometry import Window
from marscrop.imaging.metadata.placement import Placement
from marscrop.imaging.metadata.xmp_packet import (
    Element,
    Field,
    Name,
    XmpPacket,
    fields_of,
    item_text,
    items,
)
from marscrop.imaging.metadata.xmp_rights import DC

_MWG: Final = "http://www.metadataworkinggroup.com/schemas/regions/"
_MP: Final = "http://ns.microsoft.com/photo/1.2/"
IPTC_EXT: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

_MWG_REGIONS: Final[Name] = (_MWG, "Regions")
_MP_REGIONS: Final[Name] = (_MP, "RegionInfo")

_LISTS_OF_NAMES: Final[frozenset[Name]] = frozenset(
    {
        (IPTC_EXT, "PersonInImage"),
        (IPTC_EXT, "PersonInImageWDetails"),
        (DC, "subject"),
        ("http://ns.adobe.com/lightroom/1.0/", "hierarchicalSubject"),
        ("http://www.digikam.org/ns/1.0/", "TagsList"),
        ("http://ns.microsoft.com/photo/1.0/", "LastKeywordXMP"),
        ("http://ns.microsoft.com/photo/1.0", "LastKeywordXMP"),
    }
)
"""Properties that may name a person: as such, or as a keyword, alone or below others."""


def move_regions(packet: XmpPacket, placement: Placement) -> frozenset[str]:
    """Move the regions that are in the crop, and leave out the others, with the people they name.

    Coordinates count along the photo as it is stored, unless the size that they name is that of
    the upright one.

    Returns:
        the names of the people who are cut off.
    """
    inside: set[str] = set()
    outside: set[str] = set()
    upright = False
    fields = list(packet.fields())
    for _, field in fields:
        if field.name == _MWG_REGIONS and field.element:
            upright = _is_upright(packet, field.element, placement)
            _move_all(packet, field, field.element, placement, upright, inside, outside)
    for _, field in fields:
        if field.name == _MP_REGIONS and field.element:
            _move_all(packet, field, field.element, placement, upright, inside, outside)
    gone = frozenset(outside - inside)
    for _, field in fields:
        if field.name in _LISTS_OF_NAMES and field.element and gone:
            _leave_out_names(packet, field, field.element, gone)
    return gone


def names_one_of(text: str, names: frozenset[str]) -> bool:
    """Whether a keyword names a person, alone or below others, as in "People|Family|Ann"."""
    return text in names or text.replace("/", "|").rpartition("|")[2] in names


def _move_all(
    packet: XmpPacket,
    regions: Field,
    element: Element,
    placement: Placement,
    upright: bool,
    inside: set[str],
    outside: set[str],
) -> None:
    left = 0
    for item in _regions(packet.content, element):
        fields = list(fields_of(packet.content, item))
        names = {f.value for f in fields if f.name[1] in ("Name", "PersonDisplayName") and f.value}
        if _moved(packet, fields, placement, upright):
            left += 1
            inside |= names
        else:
            outside |= names
            packet.remove(item.start, item.end)
    if not left:
        packet.remove(regions.start, regions.end)
        return
    for field in fields_of(packet.content, element):
        if field.name == (_MWG, "AppliedToDimensions") and field.element:
            size = placement.stored_size
            for side in fields_of(packet.content, field.element):
                if side.name[1] in ("w", "h"):
                    packet.replace(side, str(size.width if side.name[1] == "w" else size.height))


def _moved(packet: XmpPacket, fields: list[Field], placement: Placement, upright: bool) -> bool:
    """Move one region; False if it is cut off."""
    for field in fields:
        if field.name[1] == "Area" and field.element:
            return _move_area(packet, field.element, placement, upright)
        if field.name[1] == "Rectangle":
            edges = _numbers(field.value.split(","))
            if len(edges) != 4:
                return False
            x, y, w, h = edges
            placed = _placed(Window(x, y, x + w, y + h), placement, upright)
            if placed is None:
                return False
            moved = (placed.x0, placed.y0, placed.x1 - placed.x0, placed.y1 - placed.y0)
            packet.replace(field, ", ".join(map(_written, moved)))
            return True
    return True  # says no place: a person somewhere in the picture


def _move_area(packet: XmpPacket, area: Element, placement: Placement, upright: bool) -> bool:
    sides = {field.name[1]: field for field in fields_of(packet.content, area)}
    known = {name: _numbers([sides[name].value]) for name in "xywhd" if name in sides}
    values = {name: numbers[0] for name, numbers in known.items() if numbers}
    if not {"x", "y"} <= values.keys():
        return False
    photo = placement.photo if upright else placement.stored_photo
    in_pixels = "unit" in sides and sides["unit"].value == "pixel"
    across, down = photo if in_pixels else (1.0, 1.0)
    if "d" in values and "w" not in values:  # a circle, its diameter a share of the smaller side
        diameter = values["d"] * (1 if in_pixels else min(photo))
        width, height = diameter / photo.width, diameter / photo.height
    else:
        width, height = values.get("w", 0.0) / across, values.get("h", 0.0) / down
    x, y = values["x"] / across, values["y"] / down
    edges = Window(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    placed = _placed(edges, placement, upright)
    if placed is None:
        return False
    size = placement.stored_size
    wide, high = size if in_pixels else (1, 1)
    moved = {
        "x": (placed.x0 + placed.x1) / 2 * wide,
        "y": (placed.y0 + placed.y1) / 2 * high,
        "w": (placed.x1 - placed.x0) * wide,
        "h": (placed.y1 - placed.y0) * high,
        "d": max((placed.x1 - placed.x0) * size.width, (placed.y1 - placed.y0) * size.height)
        / (1 if in_pixels else min(size)),
    }
    for name in values:
        packet.replace(sides[name], _written(moved[name]))
    return True


def _placed(share: Window, placement: Placement, upright: bool) -> Window | None:
    """A region in the crop, both in shares of the width and height; None where it is cut off."""
    width, height = placement.photo if upright else placement.stored_photo
    area = Window(share.x0 * width, share.y0 * height, share.x1 * width, share.y1 * height)
    placed = placement.of_upright(area) if upright else placement.of_stored(area)
    if placed is None:
        return None
    size = placement.stored_size
    return Window(
        placed.x0 / size.width,
        placed.y0 / size.height,
        placed.x1 / size.width,
        placed.y1 / size.height,
    )


def _is_upright(packet: XmpPacket, regions: Element, placement: Placement) -> bool:
    """Whether the size that regions name is that of the upright photo, and not of the stored."""
    for field in fields_of(packet.content, regions):
        if field.name == (_MWG, "AppliedToDimensions") and field.element:
            sides = {
                s.name[1]: _numbers([s.value]) for s in fields_of(packet.content, field.element)
            }
            w, h = sides.get("w"), sides.get("h")
            if w and h:
                stored = placement.stored_photo
                differs = (w[0] > h[0]) != (stored.width > stored.height)
                return differs and stored != placement.photo
    return False


def _regions(content: bytes, element: Element) -> Iterator[Element]:
    """The regions in a structure of them: members of lists, at whatever depth they begin."""
    for child in element.children:
        found = items(child)
        yield from found
        if not found:
            yield from _regions(content, child)


def _leave_out_names(
    packet: XmpPacket, field: Field, element: Element, names: frozenset[str]
) -> None:
    members = items(element)
    gone = [item for item in members if _names(packet.content, item, names)]
    if gone and len(gone) == len(members):
        packet.remove(field.start, field.end)
    for item in gone:
        packet.remove(item.start, item.end)


def _names(content: bytes, item: Element, names: frozenset[str]) -> bool:
    if not item.children:
        return names_one_of(item_text(content, item), names)
    return any(
        text in names
        for field in fields_of(content, item)
        if field.name[1] == "PersonName"
        for text in ([field.value] if field.value else _members(content, field))
    )


def _members(content: bytes, field: Field) -> list[str]:
    return [item_text(content, item) for item in items(field.element)] if field.element else []


def _numbers(texts: list[str]) -> list[float]:
    try:
        found = [float(text) for text in texts]
    except ValueError:
        return []
    return found if all(map(math.isfinite, found)) else []


def _written(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"
