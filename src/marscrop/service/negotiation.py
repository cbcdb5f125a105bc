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
"""By suffix, the smallest files first: the order among those that a client likes equally."""


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


def choose_suffix(accept: str | None, *, has_alpha: bool = False) -> str:
    """The suffix of the format that a client likes best.

    A format that is named beats one that a wildcard allows as much: who only says that anything
    will do gets a JPEG, or a PNG if the photo is transparent.

    Args:
        accept: the header; None if there is none.
        has_alpha: whether JPEG would lose transparency.

    Raises:
        Refusal: 406, none of ours is accepted.
    """
    ranges = _parse(accept) or [_Range("*", "*", 1.0)]
    plain = ".png" if has_alpha else ".jpg"
    best, best_rank = None, (0.0, 0, False)
    for suffix, media_type in MEDIA_TYPES.items():
        named = max(ranges, key=lambda r: (r.precision(media_type), r.quality))
        precision = named.precision(media_type)
        if precision == 0 or named.quality <= 0:
            continue
        rank = (named.quality, precision, precision < 3 and suffix == plain)
        if rank > best_rank:
            best, best_rank = suffix, rank
    if best is None:
        raise Refusal(
            HTTPStatus.NOT_ACCEPTABLE,
            "not_acceptable",
            f"the Accept header must allow one of {', '.join(MEDIA_TYPES.values())}; "
            f"got {accept!r}",
        )
    return best


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
