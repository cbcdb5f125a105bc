"""The facade: from a photo and ratios to crops."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from marscrop.errors import ConstraintError
from marscrop.geometry import Box, Size, centre_crop, fit_longest_edge
from marscrop.imaging.decode import DEFAULT_MAX_PIXELS, Photo, Source, open_photo
from marscrop.imaging.padding import Fill, Padding, Picture, cut
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio, RatioLike, is_pair
from marscrop.runtime.manifest import Manifest
from marscrop.runtime.session import MarsSession
from marscrop.window.anchor import AnchorLike
from marscrop.window.confidence import gather_evidence
from marscrop.window.constraints import Limits
from marscrop.window.crops import best_crop, next_crop
from marscrop.window.padded import padded_crop
from marscrop.window.refusal import refusal
from marscrop.window.regions import RegionLike

PACKAGED_MODEL: Final = Path(__file__).parent / "models" / "default"
DEFAULT_OPTIONS: Final = CropOptions()


@dataclass(frozen=True, slots=True)
class Crop:
    """One answer.

    Attributes:
        ratio: what was asked.
        box: integer pixels of the upright original, x1 and y1 exclusive. It lies inside the
            image, and its size (with `padding`, if there is some) misses the ratio by at most half
            a pixel on one side.
        confidence: probability that this crop is nearer to a photographer's than the centre crop
            is, 0..1; low means that a centre crop is as good, 0 that this is the centre crop, or
            padded, which compares with nothing. Calibrated on best crops without constraints.
        candidate: 1 for the best crop of the ratio, then 2, 3, ...
        centred: whether this is the centre crop because the best crop's confidence, which is kept
            here, was below the one asked for.
        padding: what is to be added around `box` to come to the ratio; None for a real crop.
    """

    ratio: AspectRatio
    box: Box
    confidence: float
    candidate: int = 1
    centred: bool = False
    padding: Padding | None = None

    @property
    def size(self) -> Size:
        """Of the picture that comes out: the box with its padding [px]."""
        left, top, right, bottom = self.padding.margins if self.padding else (0, 0, 0, 0)
        width, height = self.box.size
        return Size(left + width + right, top + height + bottom)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What stays of a photo that was looked at: enough for any further ratio, without its pixels.

    Attributes:
        name: of the photo, for messages.
        size: of the upright photo [px].
        features: (1, c, h, w) float32, for `Cropper.maps`.
    """

    name: str
    size: Size
    features: NDArray[np.float32]


class Cropper:
    """Finds the best-composed crop of a photo for any aspect ratio.

    The same input gives the same box. One cropper can be shared by threads.

    Attributes:
        max_pixels: larger images are refused.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        threads: int | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> None:
        """Load a model.

        Args:
            model: folder of an exported model; the packaged one by default.
            threads: for one photo; by default as many as there are cores.
            max_pixels: larger images are refused before they are decoded.

        Raises:
            ModelError: the model is missing, changed or truncated.
        """
        self._session = MarsSession(Path(model) if model is not None else PACKAGED_MODEL, threads)
        self.max_pixels = max_pixels

    @property
    def manifest(self) -> Manifest:
        """What the model is."""
        return self._session.manifest

    def crop(
        self,
        image: Source,
        ratios: RatioLike | Iterable[RatioLike],
        *,
        keep: RegionLike | Iterable[RegionLike] = (),
        avoid: RegionLike | Iterable[RegionLike] = (),
        min_size: float | None = None,
        max_candidates: int = 1,
        anchor: AnchorLike = None,
        min_confidence: float = 0.0,
        fallback: str | None = None,
        pad_fill: str | None = None,
    ) -> list[Crop]:
        """The best crop for each ratio, or the best few.

        Args:
            image: path, bytes, binary file object, PIL image, or uint8 array (h, w, 3) in RGB.
            ratios: such as "16:9", 1.5 or "square"; one or several.
            keep: boxes that must lie inside each crop, (x0, y0, x1, y1) in pixels of the upright
                original or "5%,10%,50%,80%"; one or several.
            avoid: boxes that no crop may overlap.
            min_size: smallest crop allowed, as a share of the largest one of the ratio, above 0
                and at most 1: 1 is the largest one, so that only its position is chosen. By
                default what people do: `window.search.MIN_SCALE`.
            max_candidates: crops for each ratio, at most. Each overlaps the better ones by an IoU
                of no more than `window.field.MAX_CANDIDATE_IOU`.
            anchor: "top", "bottom-left", "centre", ... or a point (x, y) in 0..1: x of the room
                that the crop leaves lies to its left, y above. A side alone pins one axis. The
                size is still chosen; boxes to keep move the crop as far as they must.
            min_confidence: below it the centre crop comes first, if it meets the constraints.
            fallback: "pad": a photo without a crop that meets the constraints is padded.
            pad_fill: what padding is filled with: a colour, "white" by default, or "blur".

        Returns:
            the crops of each ratio, best first, in the order of the ratios.

        Raises:
            RatioError: a ratio that cannot be understood.
            ConstraintError: a constraint that cannot be understood, or that the photo cannot meet.
            ConfigError: another option out of range.
            ImageError: an image that cannot be found or read.
        """
        parsed = parse_ratios(ratios)
        options = CropOptions.parse(
            keep=keep,
            avoid=avoid,
            min_size=min_size,
            max_candidates=max_candidates,
            anchor=anchor,
            min_confidence=min_confidence,
            fallback=fallback,
            pad_fill=pad_fill,
        )
        photo = open_photo(image, max_pixels=self.max_pixels)
        return self.crop_photo(photo, parsed, options) if parsed else []

    def crop_photo(
        self, photo: Photo, ratios: Sequence[AspectRatio], options: CropOptions = DEFAULT_OPTIONS
    ) -> list[Crop]:
        """`crop` for a photo that is open already, and ratios and options that are parsed."""
        return self.crop_seen(self.see(photo), ratios, options)

    def see(self, photo: Photo) -> Seen:
        """Look at a photo: most of the work, to be done once however many ratios are asked for."""
        return Seen(photo.name, photo.size, self.features(photo))

    def crop_seen(
        self, seen: Seen, ratios: Sequence[AspectRatio], options: CropOptions = DEFAULT_OPTIONS
    ) -> list[Crop]:
        """`crop_photo` for a photo that was looked at already."""
        try:
            limits = options.constraints.on(seen.size)
            maps = self.maps(seen.features, ratios)
            return [
                crop
                for logits, ratio in zip(maps, ratios, strict=True)
                for crop in self._decide(logits, limits, ratio, options)
            ]
        except ConstraintError as error:
            raise ConstraintError(f"{seen.name}: {error}") from None

    def picture(self, image: Source, crop: Crop) -> Picture:
        """A crop's pixels, with its padding.

        Args:
            image: the photo that the crop is of.
            crop: as `crop` gave it.

        Returns:
            a PIL image of `crop.size`.

        Raises:
            ImageError: an image that cannot be found or read, or does not hold the box.
        """
        photo = open_photo(image, max_pixels=self.max_pixels)
        return cut(photo.upright(), crop.box, crop.padding)

    def features(self, photo: Photo) -> NDArray[np.float32]:
        """What every ratio shares: most of the work, to be done once a photo.

        Returns:
            (1, c, h, w) float32, for `maps`.
        """
        rule = self.manifest.input
        size = fit_longest_edge(photo.size, rule.longest_edge_px, rule.multiple_px)
        return self._session.features(photo.analysis_rgb(size))

    def maps(
        self, features: NDArray[np.float32], ratios: Sequence[AspectRatio]
    ) -> NDArray[np.float32]:
        """What the network sees: for each ratio a map that covers the whole photo.

        Args:
            features: of the photo.
            ratios: at least one.

        Returns:
            (len(ratios), h, w) float32 log odds that a cell lies in the crop; h and w are a
            quarter or an eighth of the network's input size, as the model has it.
        """
        return self._session.logits(features, [ratio.value for ratio in ratios])

    def _decide(
        self, logits: NDArray[np.float32], limits: Limits, ratio: AspectRatio, options: CropOptions
    ) -> list[Crop]:
        """The crops of one ratio, best first."""
        best = best_crop(logits, limits, ratio, self.manifest.prior)
        if best is None:
            return [self._padded(logits, limits, ratio, options.padding_fill)]
        first = self._judged(logits, best, limits, ratio)
        centre = centre_crop(limits.image, ratio)
        if first.confidence < options.min_confidence and limits.allow(centre, ratio):
            first = replace(first, box=centre, centred=True)
        crops = [first]
        while len(crops) < options.max_candidates:
            taken = [crop.box for crop in crops]
            further = next_crop(logits, limits, ratio, taken)
            if further is None:
                break
            judged = self._judged(logits, further, limits, ratio)
            crops.append(replace(judged, candidate=len(crops) + 1))
        return crops

    def _judged(
        self, logits: NDArray[np.float32], box: Box, limits: Limits, ratio: AspectRatio
    ) -> Crop:
        evidence = gather_evidence(logits, box, limits.image, ratio)
        return Crop(ratio, box, self.manifest.calibration.confidence(evidence))

    def _padded(
        self, logits: NDArray[np.float32], limits: Limits, ratio: AspectRatio, fill: Fill | None
    ) -> Crop:
        part = padded_crop(logits, limits, ratio) if fill else None
        if fill is None or part is None:
            raise ConstraintError(refusal(limits, ratio))
        crop = Crop(ratio, part.box, confidence=0.0, padding=Padding(part.margins, fill))
        width, height = crop.size
        if width * height > self.max_pixels:
            raise ConstraintError(
                f"the padded {ratio} crop would have {width * height:,} pixels ({width}x{height}), "
                f"more than the limit of {self.max_pixels:,}; ask for a ratio nearer to what is "
                f"kept, or raise max_pixels"
            )
        return crop


def parse_ratios(ratios: RatioLike | Iterable[RatioLike]) -> list[AspectRatio]:
    """One ratio, or several, as a list. A pair of numbers is one ratio, (width, height)."""
    if isinstance(ratios, str | Real | AspectRatio) or is_pair(ratios):
        return [AspectRatio.parse(cast("RatioLike", ratios))]
    return [AspectRatio.parse(ratio) for ratio in cast("Iterable[RatioLike]", ratios)]
