"""The work of `marscrop web` on one photo: its files, and the HTML that shows them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ImageError
from marscrop.exchange.picture_element import WebImage, picture_element, url_of
from marscrop.geometry import Size, round_half_up
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.destination import write_whole
from marscrop.imaging.encoded_file import distinct
from marscrop.imaging.photo import Photo
from marscrop.imaging.read_options import ReadOptions
from marscrop.imaging.write_options import WriteOptions
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.window.focal_point import MIDDLE

_MEDIA_TYPES: Final = {
    ".avif": "image/avif",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True)
class WebPictures:
    """A function of a photo's path.

    Attributes:
        cropper, options, read, write: how crops are found, and their files written.
        ratios: one picture each; None for the photo's own.
        mobile: of screens no wider than `narrow_px` [CSS px]; None where they have no other.
        widths: of the files [px], ascending.
        suffixes: of their formats, the last for all browsers; None for the usual ones.
        output: folder; None for the photo's.
        base_url, sizes, alt: of the HTML.
        overwrite: whether files that are there are replaced.
        taken: real paths that must not be written to, and whose they are.
    """

    cropper: Cropper
    options: CropOptions
    read: ReadOptions
    write: WriteOptions
    ratios: Sequence[AspectRatio | None]
    mobile: AspectRatio | None
    narrow_px: int
    widths: Sequence[int]
    suffixes: tuple[str, ...] | None
    output: Path | None
    base_url: str
    sizes: str
    alt: str
    overwrite: bool
    taken: dict[str, str]

    def of(self, image: str) -> tuple[str, tuple[str, ...]]:
        """The HTML of a photo whose files are written, and what these do not keep of it.

        Raises:
            MarscropError: it cannot be read, cropped, or written; what was written stays.
        """
        photo = self.cropper.open(image, read=self.read)
        analysis = self.cropper.analyse(photo, self.options.faces, self.options)
        files, losses = CropFiles(photo, self.write), list[str]()
        ratios = [ratio or AspectRatio(*photo.size) for ratio in self.ratios]
        narrow: list[WebImage] = []
        if self.mobile:
            (crop,) = self.cropper.crop_analysed(analysis, [self.mobile], self.options)
            media = f"(max-width: {self.narrow_px}px)"
            narrow = self._images(image, photo, files, crop, self.mobile, media, losses)
        blocks = []
        crops = self.cropper.crop_analysed(analysis, ratios, self.options)
        for crop, ratio in zip(crops, self.ratios, strict=True):
            images = self._images(image, photo, files, crop, ratio, None, losses)
            # In a padded crop the photo's own places say little.
            position = (
                MIDDLE
                if crop.padding
                else self.cropper.focal_analysed(analysis, self.options, crop.box)
            )
            blocks.append(
                picture_element(
                    [*narrow, *images],
                    alt=self.alt,
                    sizes=self.sizes,
                    object_position=position.object_position,
                )
            )
        return "\n".join(blocks), distinct(losses)

    def _path(self, image: str, ratio: AspectRatio | None, size: Size, suffix: str) -> Path:
        source = Path(image)
        ending = f"_{ratio.slug}" if ratio else ""
        return (self.output or source.parent) / f"{source.stem}{ending}_{size.width}{suffix}"

    def _images(
        self,
        image: str,
        photo: Photo,
        files: CropFiles,
        crop: Crop,
        ratio: AspectRatio | None,
        media: str | None,
        losses: list[str],
    ) -> list[WebImage]:
        """One image a format; its files are written, and what they lose is added to `losses`."""
        sizes = scaled_sizes(crop.size, self.widths)
        suffixes = self.suffixes or (".avif", ".webp", ".png" if photo.has_alpha else ".jpg")
        paths = {
            (suffix, size): self._path(image, ratio, size, suffix)
            for suffix in suffixes
            for size in sizes
        }
        for path in paths.values():
            self._claim(image, path)
        for (_, size), path in paths.items():
            encoded = files.encode(crop.box, path, padding=crop.padding, size=size)
            write_whole(path, encoded.content)
            losses.extend(encoded.losses)
        return [
            WebImage(
                _MEDIA_TYPES[suffix],
                [
                    (url_of(os.fsencode(paths[suffix, size].name), self.base_url), size)
                    for size in sizes
                ],
                media,
            )
            for suffix in suffixes
        ]

    def _claim(self, image: str, path: Path) -> None:
        """Take a path for a file of this photo.

        Raises:
            ImageError: it is a photo's, another photo's file, or there already.
        """
        real = os.path.realpath(path)
        if real in self.taken:
            raise ImageError(
                image,
                f"would overwrite {path}, which belongs to {self.taken[real]}; take another "
                f"folder with -o",
            )
        if path.exists() and not self.overwrite:
            raise ImageError(image, f"{path} is there already; give --overwrite, or another -o")
        self.taken[real] = f"the pictures of {image}"


def scaled_sizes(crop: Size, widths: Sequence[int]) -> list[Size]:
    """Sizes of a crop's files [px]: those widths that it has, and its own below the largest."""
    largest = min(crop.width, widths[-1])
    wanted = sorted({*(width for width in widths if width < largest), largest})
    return [Size(w, max(1, round_half_up(w * crop.height / crop.width))) for w in wanted]
