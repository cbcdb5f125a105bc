"""EXIF orientation: what a photo still needs to be upright, and turning it."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile

from marscrop.geometry import Box, Size, Window
from marscrop.imaging.foreign import raise_foreign
from marscrop.imaging.signatures import PNG

if TYPE_CHECKING:
    from numpy.typing import NDArray

UPRIGHT: Final = 1
"""The EXIF orientation of a picture that is stored as it is seen."""

ORIENTATIONS: Final = range(1, 9)

_Edge = TypeVar("_Edge", int, float)
_Edges = tuple[_Edge, _Edge, _Edge, _Edge]

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MIRRORS_X: Final = frozenset({2, 3, 6, 7})
_MIRRORS_Y: Final = frozenset({3, 4, 7, 8})
_SWAPS_SIDES: Final = frozenset({5, 6, 7, 8})

_OF_PIXELS: Final = ("icc_profile", "transparency")


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1..8, that `image` has left to apply once it is loaded.

    Reads headers only. An orientation that is missing, unknown or unreadable is 1. It is also 1
    for TIFF, which Pillow turns by itself while loading (its `size` is upright from the start),
    and for HEIC, which libheif turns.
    """
    return left_of(stored_orientation(image), image)


def left_of(stored: int, image: Image.Image) -> int:
    """`orientation_of`, where `stored_orientation` is known."""
    return UPRIGHT if image.format in ("TIFF", "HEIF") else stored


def stored_orientation(image: Image.Image) -> int:
    """The orientation that the file names, 1..8; 1 where it is missing, unknown or unreadable.

    Reads headers only. Differs from `orientation_of` for TIFF and HEIC, which are turned while
    they are loaded. A HEIC's is what its own properties do to the pixels, whatever EXIF says.
    """
    if image.format == "HEIF":
        from marscrop.imaging.heif_orientation import heif_orientation

        file = getattr(image, "fp", None)
        found = heif_orientation(file) if file is not None and not file.closed else None
        return found or UPRIGHT
    try:
        # Not image.getexif(): for a PNG without EXIF before its pixels, that decodes the pixels.
        exif = Image.Image.getexif(image)
        orientation = exif.get(ExifTags.Base.Orientation)
        file = image.fp if isinstance(image, ImageFile) and image.format == "PNG" else None
        if orientation is None and file is not None:
            orientation = _late_png_exif(file).get(ExifTags.Base.Orientation)
    except Exception as error:  # broken EXIF raises almost anything: no reason to refuse the photo
        raise_foreign(error)
        return UPRIGHT
    return int(orientation) if orientation in _TURNS else UPRIGHT


def swaps_sides(orientation: int) -> bool:
    """Whether the upright picture has the stored one's width as its height."""
    return orientation in _SWAPS_SIDES


def keeps_rows(orientation: int) -> bool:
    """Whether the upright picture has the stored one's rows, in their order, perhaps mirrored."""
    return orientation not in _SWAPS_SIDES | _MIRRORS_Y


def turned_size(size: tuple[int, int], orientation: int) -> Size:
    """Of the upright picture, from that of the stored one; or the other way round."""
    width, height = size
    return Size(height, width) if swaps_sides(orientation) else Size(width, height)


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """`image` as it is seen: a new image, or the same one when it is upright already."""
    if orientation == UPRIGHT:
        return image
    return image.transpose(_TURNS[orientation])


def turned_array(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Pixels (h, w, c) as they are seen: a view of the same."""
    if orientation in _SWAPS_SIDES:
        pixels = pixels.swapaxes(0, 1)
    if orientation in _MIRRORS_X:
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in _MIRRORS_Y else pixels


def turned_window(window: Window, size: tuple[int, int], orientation: int) -> Window:
    """Where a window of a stored image lies once it is turned [px].

    Args:
        window: of the stored image; its edges may be fractional.
        size: whole width and height of the stored image [px].
        orientation: EXIF orientation, 1..8.
    """
    x0, y0, x1, y1 = _swapped(window) if swaps_sides(orientation) else window
    full_width, full_height = turned_size(size, orientation)
    width, height = x1 - x0, y1 - y0
    x0 = full_width - x1 if orientation in _MIRRORS_X else x0
    y0 = full_height - y1 if orientation in _MIRRORS_Y else y0
    return Window(x0, y0, x0 + width, y0 + height)


def as_stored(image: Image.Image) -> Image.Image:
    """A copy of an image's pixels as they are, without the tags that would have it turned."""
    plain = image.copy()
    plain.info = {name: image.info[name] for name in _OF_PIXELS if name in image.info}
    return plain


def stored_box(box: Box, upright: Size, orientation: int) -> Box:
    """Where a box of the upright picture lies in the stored one [px].

    Args:
        box: half-open.
        upright: size of the whole picture as it is seen.
        orientation: EXIF orientation, 1..8.
    """
    return Box(*_stored(box, upright, orientation))


def upright_box(box: Box, upright: Size, orientation: int) -> Box:
    """The inverse of `stored_box`."""
    return Box(*_upright(box, upright, orientation))


def stored_window(window: Window, upright: Size, orientation: int) -> Window:
    """`stored_box`, of real edges."""
    return Window(*_stored(window, upright, orientation))


def upright_window(window: Window, upright: Size, orientation: int) -> Window:
    """`upright_box`, of real edges."""
    return Window(*_upright(window, upright, orientation))


def _stored(edges: _Edges[_Edge], upright: Size, orientation: int) -> _Edges[_Edge]:
    mirrored = _mirrored(edges, upright, orientation)
    return _swapped(mirrored) if swaps_sides(orientation) else mirrored


def _upright(edges: _Edges[_Edge], upright: Size, orientation: int) -> _Edges[_Edge]:
    turned_back = _swapped(edges) if swaps_sides(orientation) else edges
    return _mirrored(turned_back, upright, orientation)


def _swapped(edges: _Edges[_Edge]) -> _Edges[_Edge]:
    x0, y0, x1, y1 = edges
    return y0, x0, y1, x1


def _mirrored(edges: _Edges[_Edge], upright: Size, orientation: int) -> _Edges[_Edge]:
    x0, y0, x1, y1 = edges
    if orientation in _MIRRORS_X:
        x0, x1 = upright.width - x1, upright.width - x0
    if orientation in _MIRRORS_Y:
        y0, y1 = upright.height - y1, upright.height - y0
    return x0, y0, x1, y1


def _late_png_exif(file: IO[bytes]) -> Image.Exif:
    """The EXIF of a PNG that keeps it after its pixels, as exiftool writes it; else empty.

    Hops from chunk to chunk without decoding, and leaves the file where it was.
    """
    exif = Image.Exif()
    position = file.tell()
    file.seek(len(PNG))
    while len(header := file.read(8)) == 8:
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        if kind == b"eXIf":
            exif.load(b"Exif\0\0" + file.read(length))
            break
        file.seek(length + len(b"CRC."), io.SEEK_CUR)
    file.seek(position)
    return exif
