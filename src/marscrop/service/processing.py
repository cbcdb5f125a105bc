"""The work on a photo for a request: from bytes to crops, a picture or a map. All of it blocks."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final, NamedTuple

import numpy as np

from marscrop.cropper import Cropper, looks_for_faces
from marscrop.crops import Crop, Seen
from marscrop.errors import ImageError
from marscrop.geometry import Box, Size
from marscrop.imaging.crops import CropFiles
from marscrop.imaging.decode import Photo, open_photo
from marscrop.imaging.shares import grey_png
from marscrop.options import CropOptions, FaceRule
from marscrop.pipeline import Pipeline
from marscrop.ratio import AspectRatio
from marscrop.service.cache import AnalysisCache, photo_key
from marscrop.service.limits import ServiceLimits
from marscrop.service.negotiation import choose_suffix
from marscrop.service.query import CropsQuery, PictureQuery
from marscrop.service.refusals import Refusal, bad_request, of_error

UNNAMED: Final = "photo"


class PhotoCrops(NamedTuple):
    """Crops of a photo, and what the photo is called from now on."""

    photo: str
    size: Size
    crops: list[Crop]


class EncodedCrop(NamedTuple):
    """An encoded crop.

    Attributes:
        content: the file.
        suffix: of its format.
        photo: size of the upright photo [px].
        crop: what was cut; its confidence is None where the client chose the box.
    """

    content: bytes
    suffix: str
    photo: Size
    box: Box
    confidence: float | None


class PhotoProcessor:
    """Finds crops, cuts them and draws maps. Safe to share between threads."""

    def __init__(self, cropper: Cropper, limits: ServiceLimits) -> None:
        self._cropper = cropper
        self._limits = limits
        self.cache = AnalysisCache(limits.photos_kept)
        # So many pixels are decoded at once by all workers together; a larger photo goes alone.
        self._room = Pipeline(limits.workers).room

    def crops(self, query: CropsQuery, content: bytes, name: str | None) -> PhotoCrops:
        """The crops of a photo that was sent."""
        key, seen = self._see(content, name, query.options.faces)
        return PhotoCrops(
            key, seen.size, self._cropper.crop_seen(seen, query.ratios, query.options)
        )

    def crops_again(self, query: CropsQuery) -> PhotoCrops:
        """The crops of a photo that was sent before."""
        seen = self._recall(query.photo or "")
        crops = self._cropper.crop_seen(seen, query.ratios, query.options)
        return PhotoCrops(query.photo or "", seen.size, crops)

    def map(self, ratio: AspectRatio, content: bytes, name: str | None) -> bytes:
        """What the network sees for a ratio in a photo that was sent, as a PNG."""
        return self._map(self._see(content, name, "ignore")[1], ratio)

    def map_again(self, ratio: AspectRatio, photo: str) -> bytes:
        """The same of a photo that was sent before."""
        return self._map(self._recall(photo), ratio)

    def picture(
        self, query: PictureQuery, content: bytes, name: str | None, accept: str | None
    ) -> EncodedCrop:
        """A crop's pixels."""
        photo = self._open(content, name)
        suffix = query.suffix or choose_suffix(accept, has_alpha=photo.has_alpha)
        crop, box, confidence = None, None, None
        if query.box is None:
            options = query.crop.options
            with self._room(self._cropper.analysis_pixels(photo, options)):
                (crop,) = self._cropper.crop_photo(photo, query.crop.ratios, options)
            box, confidence = crop.box, crop.confidence
        else:
            box = query.box.on(photo.size)
        size = query.size(crop.size if crop else box.size)
        self._check_output(size)
        with self._room(photo.size.width * photo.size.height):
            encoded = CropFiles(photo).encode(
                box,
                f"crop{suffix}",
                quality=query.quality,
                padding=crop.padding if crop else None,
                size=size,
                exif=photo.exif() if query.keep_exif else None,
            )
        return EncodedCrop(encoded, suffix, photo.size, box, confidence)

    def _see(self, content: bytes, name: str | None, faces: FaceRule) -> tuple[str, Seen]:
        key = photo_key(content)
        seen = self.cache.get(key)
        if seen is None or (seen.faces is None and looks_for_faces(faces)):
            photo = self._open(content, name)
            with self._room(self._cropper.analysis_pixels(photo, CropOptions(faces=faces))):
                seen = self._cropper.see(photo, faces)
            self.cache.put(key, replace(seen, name=UNNAMED))
        return key, replace(seen, name=name or UNNAMED)

    def _recall(self, key: str) -> Seen:
        seen = self.cache.get(key)
        if seen is None:
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                "photo_not_kept",
                "this photo is not in memory, or not any more; send the image again",
                ("photos_kept", self._limits.photos_kept),
            )
        return seen

    def _map(self, seen: Seen, ratio: AspectRatio) -> bytes:
        (logits,) = self._cropper.maps(seen.features, [ratio])
        return grey_png(1 / (1 + np.exp(-logits.astype(np.float64))))

    def _open(self, content: bytes, name: str | None) -> Photo:
        """A photo within the limits, from its header."""
        try:
            photo = open_photo(
                content,
                name=name or UNNAMED,
                max_pixels=self._limits.max_pixels,
                max_decoded_bytes=self._limits.max_decoded_bytes,
            )
        except ImageError as error:
            raise of_error(error, opening=True) from None
        photo.check_memory(self._cropper.analysis_bytes(photo))
        return photo

    def _check_output(self, size: Size | None) -> None:
        """The side that was not asked for may be too long too."""
        limit = self._limits.max_output_px
        if size is not None and max(size) > limit:
            raise bad_request(
                f"a picture's sides may have {limit} pixels; this one would be "
                f"{size.width} x {size.height}",
                ("max_output_px", limit),
            )
