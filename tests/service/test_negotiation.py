from __future__ import annotations

import pytest

from marscrop.service.negotiation import accepted_suffixes
from marscrop.service.refusals import Refusal

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
OLD_SAFARI = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"


@pytest.mark.parametrize(
    ("accept", "suffixes"),
    [
        (None, ".jpg"),
        ("", ".jpg"),
        ("*/*", ".jpg"),
        ("image/*", ".jpg"),
        (CHROME, ".avif .webp .jpg"),
        (OLD_SAFARI, ".webp .png"),
        ("image/jpeg", ".jpg"),
        ("image/webp, image/jpeg", ".webp .jpg"),
        ("image/webp, */*;q=0.9", ".webp"),
        ("image/jpeg, image/avif", ".avif .jpg"),
        ("image/avif;q=0.1, image/jpeg;q=0.9", ".jpg"),
        ("image/avif;q=0, image/*", ".jpg"),
        ("image/avif;q=0, image/jpeg;q=0, image/png;q=0, */*", ".webp"),
        ("*/*;q=0.9, image/webp;q=0.5", ".jpg"),
        ("IMAGE/WEBP ; Q=1", ".webp"),
        ("text/html, application/json;q=0.9, image/webp;q=0.001", ".webp"),
        ("image/webp;q=2, image/jpeg;q=0.1", ".jpg"),  # no quality: passed over
        ("nonsense, /, image/, ;;, image/png", ".png"),
    ],
)
def test_the_best_liked_formats_are_taken(accept: str | None, suffixes: str) -> None:
    assert accepted_suffixes(accept) == tuple(suffixes.split())


def test_transparency_is_kept_where_another_format_will_do() -> None:
    assert accepted_suffixes("*/*", has_alpha=True) == (".png",)
    assert accepted_suffixes(CHROME, has_alpha=True) == (".avif", ".webp", ".png")
    assert accepted_suffixes("image/jpeg, image/webp", has_alpha=True) == (".webp",)
    assert accepted_suffixes("image/jpeg", has_alpha=True) == (".jpg",)


@pytest.mark.parametrize("accept", ["text/html", "image/avif;q=0", "*/*;q=0", "image/gif"])
def test_none_of_ours_is_refused(accept: str) -> None:
    with pytest.raises(Refusal) as refused:
        accepted_suffixes(accept)
    assert refused.value.status == 406
    assert repr(accept) in refused.value.message
