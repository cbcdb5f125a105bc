"""Pixels in a mode that an output format holds, and what that costs them."""

from __future__ import annotations

from PIL import Image

from marscrop.imaging import colour
from marscrop.imaging.output_format import GIF, OutputFormat


def in_mode_of(
    wanted: OutputFormat, image: Image.Image, profile: bytes | None
) -> tuple[Image.Image, tuple[str, ...]]:
    """`image` itself where the format holds its mode, else converted with the least loss.

    Args:
        wanted: format to be written.
        image: the crop.
        profile: its ICC profile, if it has one.

    Returns:
        the image, and sentences on what the format cannot hold, as in `EncodedFile.losses`.
    """
    losses = []
    if colour.is_deep(image.mode) and image.mode not in wanted.modes:
        deep = colour.to_16_bits(image) if "I;16" in wanted.modes else None
        if deep is None:
            losses.append(f"the crop has 8 bits a channel, as {wanted.name} cannot hold more")
        image = colour.to_8_bits(image) if deep is None else deep
    elif colour.has_alpha(image) and not _holds_alpha(wanted, image):
        if "RGBA" in wanted.modes:
            image = colour.to_rgba(image)
        else:
            losses.append(f"transparency was laid over white, as {wanted.name} cannot hold it")
            image = colour.over_white(image)
    if image.mode not in wanted.modes:
        if image.mode == "CMYK":
            image = colour.cmyk_to_rgb(image, profile)
        else:
            grey = colour.is_grey(image.mode) and "L" in wanted.modes
            image = image.convert("L" if grey else "RGB")
    return image, tuple(losses)


def _holds_alpha(wanted: OutputFormat, image: Image.Image) -> bool:
    """Whether the format holds the transparency of `image` as it is."""
    if wanted is GIF and image.mode == "P":  # one entry of the palette, and none half transparent
        return isinstance(image.info.get("transparency"), int)
    return image.mode in wanted.modes and image.mode in wanted.keyed | {"LA", "RGBA"}
