"""What a worker does for a request: from bytes to crops, a picture or a map. All of it blocks."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final, NamedTuple

import numpy as np

from marscrop.analysis import Analysis
from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ImageError, LimitError
from marscrop.faces.rule import FaceRule, looks_for_faces
from marscrop.geometry import Box, Size
from marscrop.imaging.crops import CropFiles
from marscrop.imaging.decode import Photo, open_photo
from marscrop.imaging.shares import grey_png
from marscrop.memory_budget import PIXEL_BYTES, MemoryBudget
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.service.kept import KeptPhotos, key_of
from marscrop.service.negotiation import choose_suffix
from marscrop.service.question import PictureQuestion, Question
from marscrop.service.refusals import Refusal, not_an_image
from marscrop.service.settings import Settings

UNNAMED: Final = "photo"


class Found(NamedTuple):
    """Crops of a photo, and what the photo is called from now on."""

    photo: str
    size: Size
    crops: list[Crop]


class Picture(NamedTuple):
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


class Tasks:
    """Safe to share between threads."""

    def __init__(self, cropper: Cropper, settings: Settings) -> None:
        self._cropper = cropper
        self._settings = settings
        self.kept = KeptPhotos(settings.photos_kept)
        self._memory = MemoryBudget()  # of all workers together

    def crops(self, question: Question, content: bytes, name: str | None) -> Found:
        """The crops of a photo that was sent."""
        key, seen = self._see(content, name, question.options.faces)
        return Found(
            key, seen.size, self._cropper.crop_analysed(seen, question.ratios, question.options)
        )

    def crops_again(self, question: Question) -> Found:
        """The crops of a photo that was sent before."""
        seen = self._recall(question.photo or "")
        crops = self._cropper.crop_analysed(seen, question.ratios, question.options)
        return Found(question.photo or "", seen.size, crops)

    def map(self, ratio: AspectRatio, content: bytes, name: str | None) -> bytes:
        """What the network sees for a ratio in a photo that was sent, as a PNG."""
        return self._map(self._see(content, name, "ignore")[1], ratio)

    def map_again(self, ratio: AspectRatio, photo: str) -> bytes:
        """The same of a photo that was sent before."""
        return self._map(self._recall(photo), ratio)

    def picture(
        self, question: PictureQuestion, content: bytes, name: str | None, accept: str | None
    ) -> Picture:
        """A crop's pixels."""
        photo = self._open(content, name)
        suffix = question.suffix or choose_suffix(accept, has_alpha=photo.has_alpha)
        crop, box, confidence = None, None, None
        if question.box is None:
            options = question.crop.options
            with self._memory.hold(self._cropper.analysis_bytes(photo, options)):
                (crop,) = self._cropper.crop_photo(photo, question.crop.ratios, options)
            box, confidence = crop.box, crop.confidence
        else:
            box = question.box.on(photo.size)
        size = question.size(crop.size if crop else box.size)
        self._check_output(size)
        with self._memory.hold(PIXEL_BYTES * photo.size.width * photo.size.height):
            encoded = CropFiles(photo).encode(
                box,
                f"crop{suffix}",
                quality=question.quality,
                padding=crop.padding if crop else None,
                size=size,
                exif=photo.exif() if question.keep_exif else None,
            )
        return Picture(encoded, suffix, photo.size, box, confidence)

    def _see(self, content: bytes, name: str | None, faces: FaceRule) -> tuple[str, Analysis]:
        key = key_of(content)
        seen = self.kept.get(key)
        if seen is None or (seen.faces is None and looks_for_faces(faces)):
            photo = self._open(content, name)
            with self._memory.hold(self._cropper.analysis_bytes(photo, CropOptions(faces=faces))):
                seen = self._cropper.analyse(photo, faces)
            self.kept.put(key, replace(seen, name=UNNAMED))
        return key, replace(seen, name=name or UNNAMED)

    def _recall(self, key: str) -> Analysis:
        seen = self.kept.get(key)
        if seen is None:
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                "photo_not_kept",
                "this photo is not in memory, or not any more; send the image again",
                ("photos_kept", self._settings.photos_kept),
            )
        return seen

    def _map(self, seen: Analysis, ratio: AspectRatio) -> bytes:
        (logits,) = self._cropper.maps(seen.features, [ratio])
        return grey_png(1 / (1 + np.exp(-logits.astype(np.float64))))

    def _open(self, content: bytes, name: str | None) -> Photo:
        """A photo within the limits, from its header."""
        try:
            photo = open_photo(
                content,
                name=name or UNNAMED,
                max_pixels=self._settings.max_pixels,
                max_decoded_bytes=self._settings.max_decoded_bytes,
            )
        except LimitError:
            raise
        except ImageError as error:
            if isinstance(error.__cause__, MemoryError):
                raise
            raise not_an_image(error) from None
        photo.check_memory(self._cropper.analysis_bytes(photo))
        return photo

    def _check_output(self, size: Size | None) -> None:
        """The side that was not asked for may be too long too."""
        limit = self._settings.max_output_px
        if size is not None and max(size) > limit:
            raise Refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "bad_request",
                f"a picture's sides may have {limit} pixels; this one would be "
                f"{size.width} x {size.height}",
                ("max_output_px", limit),
            )
