"""Which colour space a file states otherwise than by an ICC profile."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from marscrop.imaging.colour import is_deep, is_grey, profile_fits
from marscrop.imaging.foreign import raise_foreign

if TYPE_CHECKING:  # most photos state nothing
    from marscrop.imaging.colourspace.space import ColourSpace

_RGB_MODES: Final = frozenset({"P", "PA", "RGB", "RGBA", "RGBa", "RGBX"})
_UNCALIBRATED: Final = 65535
_ADOBE_INTEROPERABILITY: Final = "R03"
_NARROWEST_GAMMA, _WIDEST_GAMMA = 0.1, 10.0
_PNG_UNIT: Final = 100_000


class Statement(NamedTuple):
    """What a file says of its colours, beside an ICC profile.

    Attributes:
        space: that it states; None for sRGB, or where it says nothing, or nothing that counts
            beside its ICC profile.
        replaces_icc: whether it counts more than the file's ICC profile.
        cicp: the numbers of primaries and transfer that an AVIF or a HEIC gives, sRGB's too.
        png_chunks: that said so in a PNG, by kind.
    """

    space: ColourSpace | None = None
    replaces_icc: bool = False
    cicp: tuple[int, int] | None = None
    png_chunks: Mapping[bytes, bytes] = MappingProxyType({})

    def profile(self, embedded: bytes | None, mode: str) -> bytes | None:
        """The ICC profile that says what the file says, as well as one can.

        Args:
            embedded: that the file has.
            mode: Pillow's, of its pixels.

        Returns:
            None for sRGB, and for HDR, which needs `space`.
        """
        if self.space is None:
            return None if self.replaces_icc else embedded
        if self.space.is_hdr:
            return None
        from marscrop.imaging.colourspace.icc import icc_profile

        return icc_profile(self.space, grey=is_grey(mode) or is_deep(mode))

    def of_pixels(self, embedded: bytes | None, mode: str) -> bytes | ColourSpace | None:
        """What RGB pixels that were made of the file's by `to_rgb` have to be converted from.

        Args:
            embedded, mode: as for `profile`.

        Returns:
            None for sRGB, and for CMYK, which is RGB of no known kind by then.
        """
        if self.space is not None:
            return self.space
        if embedded is None or self.replaces_icc:
            return None
        if is_grey(mode) or is_deep(mode):
            return embedded if profile_fits(embedded, "L") else None
        return embedded if mode in _RGB_MODES and profile_fits(embedded, "RGB") else None


NOTHING: Final = Statement()


def stated_colour(image: Image.Image) -> Statement:
    """What an opened file says, from its header alone."""
    if not isinstance(image, ImageFile):
        return NOTHING
    if image.format == "PNG" and image.fp is not None:
        return _of_png(image, image.fp)
    if "icc_profile" in image.info:
        return NOTHING
    if isinstance(image, JpegImageFile):
        return _adobe_rgb() if _is_adobe(image) else NOTHING
    if image.format == "HEIF":
        numbers: Any = image.info.get("nclx_profile") or {}
        return _of_cicp(
            numbers.get("color_primaries", 2), numbers.get("transfer_characteristics", 2)
        )
    if image.format == "AVIF" and image.fp is not None:
        from marscrop.imaging.colourspace import avif_properties

        position = image.fp.tell()
        nclx = avif_properties.nclx_of(avif_properties.picture_properties(image.fp))
        image.fp.seek(position)
        return _of_cicp(nclx.primaries, nclx.transfer) if nclx else NOTHING
    return NOTHING


def _adobe_rgb() -> Statement:
    from marscrop.imaging.colourspace.space import ADOBE_RGB

    return Statement(ADOBE_RGB)


def _of_cicp(primaries: int, transfer: int) -> Statement:
    from marscrop.imaging.colourspace.space import ColourSpace

    numbers = int(primaries), int(transfer)
    space = ColourSpace.of_cicp(*numbers)
    return Statement(None if space is None or space.is_srgb else space, cicp=numbers)


def _of_png(image: Image.Image, file: IO[bytes]) -> Statement:
    """By the precedence of PNG's third edition, 4.3: cICP, iCCP, sRGB, gAMA and cHRM."""
    from marscrop.imaging.colourspace import png_chunks

    chunks = png_chunks.small_chunks(file, png_chunks.COLOUR)
    space = _of_cicp_chunk(chunks.get(b"cICP", b""))
    if space is not None:
        return Statement(None if space.is_srgb else space, True, png_chunks=chunks)
    if "icc_profile" in image.info or len(chunks.get(b"sRGB", b"")) == 1:
        return Statement(png_chunks=chunks)
    space = _of_gamma(chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b""))
    return Statement(None if space is None or space.is_srgb else space, png_chunks=chunks)


def _of_cicp_chunk(chunk: bytes) -> ColourSpace | None:
    from marscrop.imaging.colourspace.space import ColourSpace

    if len(chunk) != 4:
        return None
    primaries, transfer, matrix, is_full = chunk
    if matrix != 0 or not is_full:  # of RGB there is no other matrix, and we know no narrow range
        return None
    return ColourSpace.of_cicp(primaries, transfer)


def _of_gamma(gama: bytes, chrm: bytes) -> ColourSpace | None:
    """The space of a PNG's gAMA and cHRM; None where both are missing or make no sense."""
    from marscrop.imaging.colourspace.space import (
        POWER,
        SRGB,
        SRGB_CURVE,
        Chromaticities,
        ColourSpace,
    )

    curve, exponent, names = SRGB_CURVE, 0.0, []
    chromaticities = SRGB
    if len(gama) == 4:
        gamma = int.from_bytes(gama, "big") / _PNG_UNIT
        if _NARROWEST_GAMMA <= gamma <= _WIDEST_GAMMA:
            curve, exponent = POWER, 1 / gamma
            names.append(f"gamma {gamma:.5g}")
    if len(chrm) == 32:
        white, red, green, blue = struct.iter_unpack(">LL", chrm)
        stated = Chromaticities(
            *((x / _PNG_UNIT, y / _PNG_UNIT) for x, y in (red, green, blue, white))
        )
        try:
            stated.to_xyz()
        except ValueError:  # a damaged chunk is no reason to refuse the photo
            pass
        else:
            chromaticities = stated
            names.append("chromaticities")
    return (
        ColourSpace(f"PNG {' and '.join(names)}", chromaticities, curve, exponent)
        if names
        else None
    )


def _is_adobe(image: JpegImageFile) -> bool:
    """Whether DCF says Adobe RGB: an uncalibrated space, and interoperability R03."""
    if b"R03" not in image.info.get("exif", b""):  # spares ordinary photos the parsing
        return False
    try:
        exif = Image.Image.getexif(image)
        colours = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        index = exif.get_ifd(ExifTags.IFD.Interop).get(1)
    except Exception as error:  # broken EXIF raises almost anything
        raise_foreign(error)
        return False
    return colours == _UNCALIBRATED and str(index).rstrip("\0") == _ADOBE_INTEROPERABILITY
