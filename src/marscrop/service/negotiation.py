"""The format of an answer, by the client's Accept header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from marscrop.service.refusals import Refusal

MEDIA_TYPES: Final = {
    ".avif": "image/avif",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}
"""By suffix."""


@dataclass(frozen=True, slots=True)
class _Range:
    """An entry of the header: "image/webp;q=0.8", "image/*", "*/*"."""

    kind: str
    subkind: str
    quality: float

    def precision(self, media_type: str) -> int:
        """How closely it names a type: 3 by name, 2 its kind, 1 anything, 0 not at all."""
        kind, subkind = media_type.split("/")
        if (self.kind, self.subkind) == (kind, subkind):
            return 3
        if self.subkind != "*":
            return 0
        return {kind: 2, "*": 1}.get(self.kind, 0)


def accepted_suffixes(accept: str | None, *, has_alpha: bool = False) -> tuple[str, ...]:
    """The suffixes of the formats that a client likes best, all equally.

    Those it names, and JPEG, or PNG if the photo is transparent, where a wildcard allows that as
    much: who says that anything will do may still not know AVIF.

    Args:
        accept: the header; None if there is none.
        has_alpha: whether JPEG would lose transparency: then it is taken only alone.

    Returns:
        one at least, in the order of `MEDIA_TYPES`.

    Raises:
        Refusal: 406, none of ours is accepted.
    """
    ranges = _parse(accept) or [_Range("*", "*", 1.0)]
    plain = ".png" if has_alpha else ".jpg"
    liked: dict[str, tuple[float, int]] = {}
    for suffix, media_type in MEDIA_TYPES.items():
        named = max(ranges, key=lambda r: (r.precision(media_type), r.quality))
        precision = named.precision(media_type)
        if precision and named.quality > 0:
            liked[suffix] = named.quality, precision
    if not liked:
        raise Refusal(
            HTTPStatus.NOT_ACCEPTABLE,
            "not_acceptable",
            f"the Accept header must allow one of {', '.join(MEDIA_TYPES.values())}; "
            f"got {accept!r}",
        )
    most = max(quality for quality, _ in liked.values())
    best = {suffix: precision for suffix, (quality, precision) in liked.items() if quality == most}
    found = [suffix for suffix, precision in best.items() if precision == 3 or suffix == plain]
    if has_alpha and len(found) > 1 and ".jpg" in found:
        found.remove(".jpg")
    return tuple(found) or (max(best, key=lambda suffix: best[suffix]),)


def _parse(accept: str | None) -> list[_Range]:
    """The header's entries; those that make no sense are passed over, as is usual."""
    found = []
    for entry in (accept or "").split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        kind, slash, subkind = media_type.partition("/")
        quality = _quality(parameters)
        if slash and kind and subkind and quality is not None:
            found.append(_Range(kind, subkind, quality))
    return found


def _quality(parameters: list[str]) -> float | None:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
            return quality if 0 <= quality <= 1 else None
    return 1.0
