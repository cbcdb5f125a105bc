"""A crop in several widths and formats as HTML: a `<picture>` that browsers choose from."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from marscrop.geometry import Size

_SAFE: Final = "/:?=&%#~+!$'()*;@[]"
"""Characters that a folder's URL may have as they are; names of files are quoted whole."""


@dataclass(frozen=True, slots=True)
class WebImage:
    """A crop in one format.

    Attributes:
        media_type: of the format, such as "image/avif".
        files: URL and size [px] of each file, at least one, the smallest first.
        media: the media query for which it is shown; None for always.
    """

    media_type: str
    files: Sequence[tuple[str, Size]]
    media: str | None = None


def picture_element(
    images: Sequence[WebImage], *, alt: str, sizes: str, object_position: str
) -> str:
    """The element, of which browsers take the first image that they can show.

    Args:
        images: the last is the one for browsers that know no other, without a media query.
        alt: what the picture shows, in words; empty for pictures that only decorate.
        sizes: how wide it is laid out, as `sizes` of HTML.
        object_position: what of it is shown by a layout of another ratio.
    """
    *sources, last = images
    lines = ["<picture>"]
    for image in sources:
        media = [("media", image.media)] if image.media else []
        lines.append(f"  <source {_attributes([*media, *_shared(image, sizes)])}>")
    shared = dict(_shared(last, sizes))
    del shared["type"]
    style = f"object-fit: cover; object-position: {object_position}"
    url, _ = last.files[-1]
    attributes = [
        ("src", url),
        *shared.items(),
        ("alt", alt),
        ("loading", "lazy"),
        ("decoding", "async"),
        ("style", style),
    ]
    lines += [f"  <img {_attributes(attributes)}>", "</picture>"]
    return "\n".join(lines)


def url_of(name: bytes, base: str = "") -> str:
    """The URL of a file in a folder.

    Args:
        name: of the file, as the filesystem has it.
        base: the folder's URL; by default the URL is relative to the page.
    """
    folder = f"{base.rstrip('/')}/" if base else ""
    return quote(folder, safe=_SAFE) + quote(name, safe="")


def _shared(image: WebImage, sizes: str) -> list[tuple[str, str]]:
    _, largest = image.files[-1]
    return [
        ("type", image.media_type),
        ("srcset", ", ".join(f"{url} {size.width}w" for url, size in image.files)),
        ("sizes", sizes),
        ("width", str(largest.width)),
        ("height", str(largest.height)),
    ]


def _attributes(pairs: Sequence[tuple[str, str]]) -> str:
    return " ".join(f'{name}="{html.escape(value)}"' for name, value in pairs)
