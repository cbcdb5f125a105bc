"""Pixels of any colour space in sRGB: by lcms, or, of HDR, toned down to what a screen shows."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from marscrop.imaging.colour import profile_fits
from marscrop.imaging.colourspace.icc import icc_profile
from marscrop.imaging.colourspace.space import SRGB, ColourSpace, srgb_encoded
from marscrop.imaging.foreign import raise_foreign

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import ImageCms

Colours = bytes | ColourSpace
"""An ICC profile, or a colour space that is stated otherwise."""

_LIKE_SRGB: Final = 3
"""Steps of 255 that a profile may differ from sRGB and still be taken for it."""

_KNEE: Final = 0.8
"""Of white: what is darker keeps its light in a picture that is toned down."""

_PART_PIXELS: Final = 1 << 18


def pixels_to_srgb(pixels: NDArray[np.uint8], colours: Colours) -> NDArray[np.uint8]:
    """(h, w, 3) RGB, uint8, in sRGB; the same array where that changes nothing.

    A profile of greys is for pixels that are grey. A damaged one changes nothing: it is no reason
    to refuse a photo.
    """
    if isinstance(colours, ColourSpace) and colours.is_hdr:
        return toned_down(pixels, colours)
    profile = _profile(colours)
    mode = "L" if profile_fits(profile, "L") else "RGB"
    transform = _transform(profile, mode)
    if transform is None:
        return pixels
    image = Image.fromarray(pixels if mode == "RGB" else np.ascontiguousarray(pixels[..., 0]))
    return np.asarray(transform.apply(image))


def image_to_srgb(image: Image.Image, colours: Colours) -> Image.Image:
    """An image in sRGB and its own mode; itself where that changes nothing.

    Args:
        image: in mode L, LA, RGB, RGBA or P; of P, the palette is converted.
        colours: of its pixels; an ICC profile fits the mode. Greys come out as greys.
    """
    if image.mode == "P":
        return _palette_to_srgb(image, colours)
    if image.mode in ("LA", "RGBA"):
        *bands, alpha = image.split()
        opaque = Image.merge(image.mode[:-1], bands)
        converted = image_to_srgb(opaque, colours)
        if converted is opaque:
            return image
        converted.putalpha(alpha)
        return converted
    if isinstance(colours, ColourSpace) and colours.is_hdr:
        pixels = toned_down(np.asarray(image.convert("RGB")), colours)
        return Image.fromarray(pixels).convert(image.mode)
    grey = image.mode == "L"
    transform = _transform(_profile(colours, grey=grey), image.mode)
    if transform is None:
        return image
    converted = transform.apply(image)
    return converted.convert("L") if grey else converted


def toned_down(values: NDArray[Any], space: ColourSpace) -> NDArray[np.uint8]:
    """HDR (h, w, 3) of any unsigned type in sRGB, uint8.

    What is darker than 0.8 of white (203 cd/m2) keeps its light, what is brighter comes nearer and
    nearer to white, and keeps its hue; colours that sRGB does not have are clipped.
    """
    steps = np.iinfo(values.dtype).max
    light_of = space.to_linear(np.linspace(0, 1, steps + 1)).astype(np.float32)
    matrix = np.linalg.solve(SRGB.to_xyz(), space.chromaticities.to_xyz()).T.astype(np.float32)
    result = np.empty(values.shape, np.uint8)
    rows = max(1, _PART_PIXELS // values.shape[1])
    for top in range(0, len(values), rows):  # whole, floats would be several times the picture
        light = space.shown(light_of[values[top : top + rows]])
        brightest = light.max(axis=-1, keepdims=True)
        over = np.maximum(brightest - _KNEE, 0) / (1 - _KNEE)
        kept = np.minimum(brightest, _KNEE) + (1 - _KNEE) * over / (1 + over)
        light *= kept / np.maximum(brightest, 1e-9)
        result[top : top + rows] = np.rint(srgb_encoded(light @ matrix) * 255)
    return result


def _profile(colours: Colours, *, grey: bool = False) -> bytes:
    return colours if isinstance(colours, bytes) else icc_profile(colours, grey=grey)


def _palette_to_srgb(image: Image.Image, colours: Colours) -> Image.Image:
    palette = np.array(image.getpalette("RGB") or [], np.uint8).reshape(1, -1, 3)
    converted = pixels_to_srgb(palette, colours) if palette.size else palette
    if converted is palette:
        return image
    result = image.copy()
    alphas = image.getpalette("RGBA") if image.palette and image.palette.mode == "RGBA" else None
    if alphas is None:
        result.putpalette(converted.tobytes(), "RGB")
    else:
        rgba = np.array(alphas, np.uint8).reshape(-1, 4)
        rgba[:, :3] = converted[0]
        result.putpalette(rgba.tobytes(), "RGBA")
    return result


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """To RGB in sRGB; None where that changes nothing, or the profile is damaged."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, _srgb(), mode, "RGB")
        probe = _probe(mode)
        converted = transform.apply(probe)
    except (ImageCms.PyCMSError, OSError) as error:
        raise_foreign(error)
        return None
    before, after = (np.asarray(image.convert("RGB"), np.int16) for image in (probe, converted))
    return None if np.abs(before - after).max() <= _LIKE_SRGB else transform


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _probe(mode: str) -> Image.Image:
    """All of greys, or a lattice of 17 steps along each of RGB."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    steps = np.rint(np.linspace(0, 255, 17)).astype(np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    return Image.fromarray(lattice.reshape(17, -1, 3))
