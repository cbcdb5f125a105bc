"""Pixels in a mode that an output format holds, and what that costs them."""

from __future__ import annotations

from PIL import Image

from marscrop.imaging import colour
from marscrop.imaging.output_format import GIF, OutputFormat


def at_8_bits_for(
    wanted: OutputFormat, image: Image.Image, *, redrawn: bool
) -> tuple[Image.Image, tuple[str, ...]]:
    """A whole photo of deep grey at 8 bits where its crop has to be; itself else.

    The whole, as its values may say what is black and white: crops of it are as bright as it is.

    Args:
        wanted: format of the crop.
        image: the photo.
        redrawn: whether the crop is padded or scaled.

    Returns:
        the image, and what is lost, as in `EncodedFile.losses`.
    """
    if not colour.is_deep(image.mode):
        return image, ()
    stays = image.mode in wanted.modes or (
        "I;16" in wanted.modes and colour.to_16_bits(image) is not None
    )
    if stays and not redrawn:
        return image, ()
    low, high = colour.value_span(image)
    why = "as it is padded or scaled" if stays else f"as {wanted.name} cannot hold more"
    loss = f"the crop has 8 bits a channel, {why}: values from {low:g} to {high:g} became 0 to 255"
    return colour.to_8_bits(image), (loss,)


def in_mode_of(
    wanted: OutputFormat, image: Image.Image, profile: bytes | None
) -> tuple[Image.Image, tuple[str, ...]]:
    """`image` itself where the format holds its mode, else converted with the least loss.

    Args:
        wanted: format to be written.
        image: the crop, of what `at_8_bits_for` gave.
        profile: its ICC profile, if it has one.

    Returns:
        the image, and sentences on what the format cannot hold, as in `EncodedFile.losses`.
    """
    losses = []
    if colour.is_deep(image.mode) and image.mode not in wanted.modes:
        deep = colour.to_16_bits(image)
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
