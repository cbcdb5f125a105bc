"""Limits on the picture that comes out: its sides, how far it is enlarged, its memory.

The photo's own size says nothing about it: four kilobytes can ask for a picture of 67 megapixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from marscrop.geometry import Size
from marscrop.imaging.cost import mebibytes
from marscrop.memory_budget import PIXEL_BYTES
from marscrop.service.limits import ServiceLimits
from marscrop.service.refusals import bad_request

USUAL_ENLARGEMENT: Final = 2.0
"""Times a crop's own pixels along a side that a picture may have without being asked to."""

_ENCODER_BYTES: Final[Mapping[str, int]] = {".avif": 28, ".webp": 28, ".jpg": 2, ".png": 5}
"""By suffix, what an encoder and its file take of a pixel, beside the picture: measured on noise at
quality 100, the most; WebP of transparent noise alone takes 39."""


def output_bytes(size: Size, suffix: str) -> int:
    """Memory that a picture of `size` [px] and its encoder take at once, about and at most."""
    return size.width * size.height * (PIXEL_BYTES + _ENCODER_BYTES[suffix])


def check_size(own: Size, wanted: Size, enlargement: float, limits: ServiceLimits) -> None:
    """Hold a size that was asked for against the limits.

    Args:
        own: of the crop as it is cut, with its padding [px].
        wanted: of what comes out [px].
        enlargement: at most, along a side.
        limits: of the service.

    Raises:
        Refusal: 422, a side that is too long (it may be the one that was not asked for), or more
            enlargement than that.
    """
    longest = limits.max_output_px
    if max(wanted) > longest:
        raise bad_request(
            f"a picture's sides may have {longest} pixels; this one would be "
            f"{wanted.width} x {wanted.height}",
            ("max_output_px", longest),
        )
    # The smaller of the two, as rounding to whole pixels can make the other one seem more.
    times = min(wanted.width / own.width, wanted.height / own.height)
    if times > enlargement:
        needed, most = math.ceil(times * 100) / 100, limits.max_enlargement
        advice = f", or give enlarge={needed:g}" if needed <= most else ""
        raise bad_request(
            f"the crop has {own.width} x {own.height} pixels, of which {wanted.width} x "
            f"{wanted.height} would be {needed:g} times as many along a side, more than "
            f"{enlargement:g} times; ask for a smaller picture{advice}",
            ("max_enlargement", most),
        )


def affordable(suffixes: tuple[str, ...], size: Size, limits: ServiceLimits) -> tuple[str, ...]:
    """Those formats whose encoder takes no more than the limit for a picture of `size` [px].

    Raises:
        Refusal: 422, there is none.
    """
    most = limits.max_encoded_bytes
    found = tuple(suffix for suffix in suffixes if output_bytes(size, suffix) <= most)
    if not found:
        suffix = min(suffixes, key=lambda one: output_bytes(size, one))
        needed = output_bytes(size, suffix)
        raise bad_request(
            f"a picture of {size.width} x {size.height} pixels needs about {mebibytes(needed)} to "
            f"be encoded as {suffix[1:]}, more than the limit of {mebibytes(most)}; ask for a "
            f"smaller one, or for a JPEG",
            ("max_encoded_bytes", most),
        )
    return found
