"""How a crop's file says which colours its numbers mean, and what becomes of those it cannot say.

Kept as the photo says it where the format can; else told by an ICC profile; else converted to sRGB,
which is what a file means that says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from PIL import Image

from marscrop.imaging.colour import is_deep, is_grey, profile_fits
from marscrop.imaging.colourspace import avif_properties, png_chunks
from marscrop.imaging.colourspace.convert import image_to_srgb, toned_down
from marscrop.imaging.colourspace.icc import icc_profile
from marscrop.imaging.colourspace.space import ColourSpace
from marscrop.imaging.colourspace.stated import Statement
from marscrop.imaging.output_format import AVIF, GIF, HEIF, PNG, OutputFormat

_RGB_IN_FULL_RANGE: Final = b"\0\1"
_BT_2020: Final = 9
_BT_601: Final = 6
_MODES: Final = frozenset({"L", "LA", "P", "RGB", "RGBA"})
_CONVERTIBLE: Final = frozenset({b"GRAY", b"RGB "})


@dataclass(frozen=True, slots=True)
class Saying:
    """How a file says its colours.

    Attributes:
        icc: by a profile that is embedded.
        png_chunks: by these, by kind.
        cicp: by the numbers of primaries and transfer, in AVIF and HEIC.
    """

    icc: bytes | None = None
    png_chunks: Mapping[bytes, bytes] = field(default_factory=dict)
    cicp: tuple[int, int] | None = None

    def arguments(self, wanted: OutputFormat) -> dict[str, Any]:
        """For Pillow's encoder."""
        found: dict[str, Any] = {} if self.icc is None else {"icc_profile": self.icc}
        if self.cicp is not None and wanted is HEIF:
            primaries, transfer = self.cicp
            found |= {
                "color_primaries": primaries,
                "transfer_characteristics": transfer,
                "matrix_coefficients": _BT_2020 if primaries == _BT_2020 else _BT_601,
                "full_range_flag": 1,
            }
        return found

    def added_to(self, content: bytes, wanted: OutputFormat) -> bytes:
        """The file that Pillow's encoder gave, with what no argument tells it."""
        if self.cicp is not None and wanted is AVIF:
            return avif_properties.with_nclx(content, *self.cicp)
        if wanted is PNG and self.png_chunks:
            return png_chunks.with_chunks(content, self.png_chunks)
        return content


def says_hdr(wanted: OutputFormat) -> bool:
    """Whether a format can say HDR."""
    return wanted in (PNG, AVIF, HEIF)


def saying(
    wanted: OutputFormat, mode: str, profile: bytes | None, stated: Statement
) -> Saying | None:
    """How a file of a format can say what the photo says; None where it cannot.

    Args:
        wanted: the format.
        mode: Pillow's, of the pixels in it.
        profile: of the upright photo, see `Statement.profile`.
        stated: by the photo.
    """
    space = stated.space
    if wanted is GIF:
        return Saying() if profile is None and space is None else None
    if space is not None and not (is_grey(mode) or is_deep(mode)):
        profile = None if space.is_hdr else icc_profile(space)  # its greys may have become colours
    if profile is not None and not profile_fits(profile, mode):
        return None
    if space is not None and space.is_coarse_in_srgb and wanted.quality is not None:
        return None  # lossy encoders spare where sRGB is fine: of such numbers, shadows would break
    if wanted is PNG:
        return _in_png(profile, stated)
    numbers = stated.cicp or _numbers(space)
    if wanted in (AVIF, HEIF) and numbers and (space is not None or profile is None):
        return Saying(cicp=numbers)
    return None if space is not None and space.is_hdr else Saying(profile)


def in_srgb(
    image: Image.Image, profile: bytes | None, stated: Statement
) -> tuple[Image.Image, tuple[str, ...]]:
    """A crop converted to sRGB, in its own mode, and what is lost by that.

    Args:
        image: in a mode of the format.
        profile, stated: as for `saying`.
    """
    space = stated.space
    if space is not None and space.is_hdr:
        return image_to_srgb(image, space), (hdr_loss(space),)
    if profile is None or profile[16:20] not in _CONVERTIBLE or image.mode not in _MODES:
        return image, ()  # of CMYK, its conversion to RGB has used the profile
    own = "L" if is_grey(image.mode) else "RGB"
    if profile_fits(profile, own):
        return image_to_srgb(image, profile), ()
    if own == "L":  # of a colour profile: shades of equal red, green and blue
        return image_to_srgb(image.convert("RGB"), profile).convert(image.mode), ()
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    converted = image_to_srgb(image.convert("L"), profile).convert("RGB")
    if alpha is not None:
        converted.putalpha(alpha)
    return converted, ()


def strip_toned_down(strip: Image.Image, space: ColourSpace) -> Image.Image:
    """A strip of an HDR picture in sRGB, in its own mode, L or RGB."""
    return Image.fromarray(toned_down(np.asarray(strip.convert("RGB")), space)).convert(strip.mode)


def hdr_loss(space: ColourSpace) -> str:
    """What is said of HDR in a format that has none, as in `EncodedFile.losses`."""
    return f"HDR ({space.name}) was toned down to sRGB"


def _in_png(profile: bytes | None, stated: Statement) -> Saying:
    chunks = dict(stated.png_chunks)
    if profile is not None:
        # Of what the photo said by chunks, a profile of ours would say nothing new.
        if chunks and stated.space is not None:
            profile = None
        else:
            chunks.pop(b"sRGB", None)  # a file has one or the other
    numbers = stated.cicp or _numbers(stated.space)
    if not chunks and stated.space is not None and numbers:
        chunks[b"cICP"] = bytes(numbers) + _RGB_IN_FULL_RANGE
    return Saying(profile, chunks)


def _numbers(space: ColourSpace | None) -> tuple[int, int] | None:
    if space is None or space.primaries is None or space.transfer is None:
        return None
    return space.primaries, space.transfer
