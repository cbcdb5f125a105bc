"""The work on a photo for a request: from bytes to crops, a picture or a map. All of it blocks."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from marscrop.analysis import Analysis
from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ImageError
from marscrop.faces.rule import looks_for_faces
from marscrop.geometry import Box, Size
from marscrop.imaging.animation.encoding import keeps_frames
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.encoding import fits_strips
from marscrop.imaging.greymap import grey_png
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.read_options import ReadOptions
from marscrop.memory_budget import PIXEL_BYTES, MemoryBudget
from marscrop.options import DEFAULT_OPTIONS, CropOptions
from marscrop.service.cache import AnalysisCache, photo_key
from marscrop.service.limits import ServiceLimits
from marscrop.service.negotiation import accepted_suffixes
from marscrop.service.output import affordable, check_size, output_bytes
from marscrop.service.query import CropsQuery, PictureQuery
from marscrop.service.refusals import Refusal, of_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.window.focal_point import FocalPoint

UNNAMED: Final = "photo"


class PhotoCrops(NamedTuple):
    """Crops of a photo, what it is called from now on, and its focal point if that was asked."""

    photo: str
    size: Size
    crops: list[Crop]
    focal: FocalPoint | None


class EncodedCrop(NamedTuple):
    """An encoded crop.

    Attributes:
        content: the file.
        suffix: of its format.
        photo: size of the upright photo [px].
        box: that was cut.
        confidence: None where the client chose the box.
        losses: what of the photo is not in it.
    """

    content: bytes
    suffix: str
    photo: Size
    box: Box
    confidence: float | None
    losses: tuple[str, ...]


class PhotoProcessor:
    """Finds crops, cuts them and draws maps. Safe to share between threads."""

    def __init__(self, cropper: Cropper, limits: ServiceLimits) -> None:
        self._cropper = cropper
        self._limits = limits
        self.cache = AnalysisCache(limits.photos_kept)
        self._memory = MemoryBudget()  # of all workers together

    def crops(self, query: CropsQuery, content: bytes | None, name: str | None) -> PhotoCrops:
        """The crops of a photo that was sent, or of `query.photo` where none was."""
        key, analysis = self._analysis(query, content, name, query.options)
        crops = self._cropper.crop_analysed(analysis, query.ratios, query.options)
        focal = self._cropper.focal_analysed(analysis, query.options) if query.focal else None
        return PhotoCrops(key, analysis.size, crops, focal)

    def map(self, query: CropsQuery, content: bytes | None, name: str | None) -> bytes:
        """What the network sees in it for the one ratio, as a PNG."""
        _, analysis = self._analysis(query, content, name, None)
        ratios = [ratio.in_photo(*analysis.size) for ratio in query.ratios]
        (logits,) = self._cropper.maps(analysis.features, ratios)
        values = 1 / (1 + np.exp(-logits.astype(np.float64)))
        part = analysis.part
        return grey_png(values if part is None else _on_photo(values, part, analysis.size))

    def picture(
        self, query: PictureQuery, content: bytes, name: str | None, accept: str | None
    ) -> EncodedCrop:
        """A crop's pixels."""
        photo = self._open(content, name, query.crop.reading)
        asked = query.suffix
        suffixes = (
            accepted_suffixes(accept, has_alpha=photo.has_alpha) if asked is None else (asked,)
        )
        crop, box, confidence = None, None, None
        if query.box is None:
            options = query.crop.options
            with self._memory.hold(self._cropper.analysis_bytes(photo, options)):
                (crop,) = self._cropper.crop_photo(photo, query.crop.ratios, options)
            box, confidence = crop.box, crop.confidence
        else:
            box = query.box.on(photo.size)
        own = crop.size if crop else box.size
        size = query.size(own)
        if size is not None:
            check_size(own, size, query.enlargement, self._limits)
        padding = crop.padding if crop else None
        needed = PIXEL_BYTES * photo.size.width * photo.size.height
        animated = tuple(one for one in suffixes if keeps_frames(photo, f"crop{one}"))
        suffixes = animated or suffixes
        by_strips: tuple[str, ...] = ()
        if padding is None and size in (None, own):  # then some formats need no picture whole
            by_strips = tuple(one for one in suffixes if fits_strips(photo, box, f"crop{one}"))
        if by_strips and not animated:
            suffixes = by_strips[:1]
        else:
            out, several = size or own, bool(animated)
            suffixes = affordable(suffixes, out, self._limits, animated=several)
            most = max(output_bytes(out, one, animated=several) for one in suffixes)
            needed += PIXEL_BYTES * own.width * own.height + most
        with self._memory.hold(needed):
            files = CropFiles(photo, query.write)
            suffix = files.smallest(box, suffixes, padding=padding, size=size)
            encoded = files.encode(box, f"crop{suffix}", padding=padding, size=size)
        return EncodedCrop(encoded.content, suffix, photo.size, box, confidence, encoded.losses)

    def _analysis(
        self,
        query: CropsQuery,
        content: bytes | None,
        name: str | None,
        options: CropOptions | None,
    ) -> tuple[str, Analysis]:
        """What is known of a photo, with its key; without options, whatever is."""
        if content is None:
            return query.photo or "", self._recall(query.photo or "", options)
        key = photo_key(content, query.reading)
        analysis = self.cache.get(key)
        if analysis is None or not (options is None or analysis.serves(options)):
            asked = options or DEFAULT_OPTIONS
            photo = self._open(content, name, query.reading)
            with self._memory.hold(self._cropper.analysis_bytes(photo, asked)):
                analysis = self._cropper.analyse(photo, asked.faces, asked)
            self.cache.put(key, replace(analysis, name=UNNAMED))
        return key, replace(analysis, name=name or UNNAMED)

    def _recall(self, key: str, options: CropOptions | None) -> Analysis:
        """What is known of a photo that was sent before.

        Raises:
            Refusal: 404, it is not known, or not enough of it.
        """
        analysis = self.cache.get(key)
        if analysis is None:
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                "photo_not_kept",
                "this photo is not in memory, or not any more; send the image again",
                ("photos_kept", self._limits.photos_kept),
            )
        if options is not None and not analysis.serves(options):
            lacking = "its borders were looked at otherwise"
            if analysis.faces is None and looks_for_faces(options.faces):
                lacking = "faces were not looked for"
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                "photo_not_kept",
                f"{lacking} in this photo, of which no pixels are in memory; send the image again",
            )
        return analysis

    def _open(self, content: bytes, name: str | None, read: ReadOptions) -> Photo:
        """A photo within the limits, from its header."""
        try:
            photo = open_photo(
                content,
                name=name or UNNAMED,
                max_pixels=self._limits.max_pixels,
                max_decoded_bytes=self._limits.max_decoded_bytes,
                read=read,
            )
        except ImageError as error:
            raise of_error(error, opening=True) from None
        photo.check_memory(self._cropper.analysis_bytes(photo))
        return photo


def _on_photo(values: NDArray[np.float64], part: Box, photo: Size) -> NDArray[np.float64]:
    """A map of a part of a photo as one of the photo, 0 outside the part."""
    rows, columns = values.shape
    width, height = photo
    across = (np.arange(-(-columns * width // part.size.width)) + 0.5) * part.size.width / columns
    down = (np.arange(-(-rows * height // part.size.height)) + 0.5) * part.size.height / rows
    x = np.floor((across - part.x0) * columns / part.size.width).astype(int)
    y = np.floor((down - part.y0) * rows / part.size.height).astype(int)
    inside = ((y >= 0) & (y < rows))[:, None] & ((x >= 0) & (x < columns))
    found: NDArray[np.float64] = np.where(
        inside, values[np.clip(y, 0, rows - 1)][:, np.clip(x, 0, columns - 1)], 0.0
    )
    return found
