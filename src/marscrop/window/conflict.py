"""The reason why no crop meets the limits, in words: what, with which numbers, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from marscrop.geometry import Box, Size, largest_window, size_within
from marscrop.ratio import AspectRatio
from marscrop.spelling import Mention, Text
from marscrop.window.anchor import FREE
from marscrop.window.constraints import Limits
from marscrop.window.padded_crop import clear_rectangles

_PADDING: Final = Mention("fallback", "pad")


def explain_conflict(limits: Limits, ratio: AspectRatio) -> Text:
    """The conflict between limits that no crop of `ratio` meets, and what to change."""
    return _contradiction(limits) or _too_small(limits, ratio) or _in_the_way(limits, ratio)


def _contradiction(limits: Limits) -> str | None:
    """The conflict that no crop of any shape could meet, padded or not, if there is one."""
    hull = limits.hull
    keeps, avoids = _listed("keep", limits.keep, limits), _listed("avoid", limits.avoid, limits)
    if hull is None:
        if clear_rectangles(limits):
            return None
        leave = "leaves" if len(limits.avoid) == 1 else "leave"
        return f"{avoids} {leave} nothing of a {_text(limits.image)} photo; ask for smaller boxes"
    for avoided in limits.avoid:
        for kept in limits.keep:
            if kept.overlaps(avoided):
                return (
                    f"keep box {_box(kept, limits)} overlaps avoid box {_box(avoided, limits)}, so "
                    f"that no crop holds one and misses the other; change one of them"
                )
        if hull.overlaps(avoided):
            return (
                f"avoid box {_box(avoided, limits)} lies between {keeps}, so that "
                f"no crop holds these and misses that; change one of them"
            )
    return None


def _too_small(limits: Limits, ratio: AspectRatio) -> Text | None:
    """The conflict of boxes to keep that are larger than any crop, if they are."""
    hull = limits.hull
    largest = largest_window(limits.image, ratio)
    if hull is None:
        return None
    photo = _text(limits.image)
    who = f"keep boxes span {_box(hull, limits)},"
    if len(limits.keep) == 1:
        who = f"keep box {_box(hull, limits)} is"
    if hull.size.width > largest.width:
        return (
            f"{who} {hull.size.width} px wide, but the widest {ratio} crop of a {photo} photo is "
            f"{largest.width} px; ask for a wider ratio, or ",
            _PADDING,
        )
    if hull.size.height > largest.height:
        return (
            f"{who} {hull.size.height} px high, but the highest {ratio} crop of a {photo} photo is "
            f"{largest.height} px; ask for a taller ratio, or ",
            _PADDING,
        )
    return None


def _in_the_way(limits: Limits, ratio: AspectRatio) -> Text:
    """The conflict of boxes to avoid that leave no room for the smallest crop allowed."""
    smallest = size_within(limits.smallest(ratio), limits.image, ratio)
    room = f"no {ratio} crop of at least {_text(smallest)} px"
    held = f"holds {_listed('keep', limits.keep, limits)} and " if limits.keep else ""
    pinned = f" with anchor {limits.anchor.label}" if limits.anchor != FREE else ""
    fact = (
        f"{room} {held}stays clear of {_listed('avoid', limits.avoid, limits)} in a "
        f"{_text(limits.image)} photo{pinned}"
    )
    smaller = ("a smaller ", Mention("min_size"), f" than {limits.min_size:g}, ")
    return (
        f"{fact}; ask for ",
        *(smaller if _bound_by_size(limits, ratio) else ()),
        *(("another anchor, ",) if limits.anchor != FREE else ()),
        "smaller boxes, another ratio, or ",
        _PADDING,
    )


def _bound_by_size(limits: Limits, ratio: AspectRatio) -> bool:
    """Whether min_size, and not a box to keep, decides how small a crop may be."""
    unkept = Limits(limits.image, min_size=limits.min_size)
    return limits.smallest(ratio) == unkept.smallest(ratio)


def _listed(kind: str, boxes: Sequence[Box], limits: Limits) -> str:
    noun = "box" if len(boxes) == 1 else "boxes"
    return f"{kind} {noun} {', '.join(_box(box, limits) for box in boxes)}"


def _box(box: Box, limits: Limits) -> str:
    """In pixels of the photo."""
    return str(tuple(box.moved(*limits.corner)))


def _text(size: Size) -> str:
    return f"{size.width}x{size.height}"
