"""The facade: from a photo and ratios to crops."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, fit_longest_edge, snap
from marscrop.imaging.decode import DEFAULT_MAX_PIXELS, Photo, Source, open_photo
from marscrop.ratio import AspectRatio, RatioLike, is_pair
from marscrop.runtime.manifest import Manifest
from marscrop.runtime.session import MarsSession
from marscrop.window.confidence import gather_evidence
from marscrop.window.search import search_window

PACKAGED_MODEL: Final = Path(__file__).parent / "models" / "default"


@dataclass(frozen=True, slots=True)
class Crop:
    """One answer.

    Attributes:
        ratio: what was asked.
        box: integer pixels of the upright original, x1 and y1 exclusive. It lies inside the
            image, and its size misses the ratio by at most half a pixel on one side.
        confidence: probability that this crop is nearer to a photographer's than the centre crop
            is, 0..1; low means that a centre crop is as good, 0 that this is the centre crop.
    """

    ratio: AspectRatio
    box: Box
    confidence: float


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

    def crop(self, image: Source, ratios: RatioLike | Iterable[RatioLike]) -> list[Crop]:
        """The best crop for each ratio.

        Args:
            image: path, bytes, binary file object, PIL image, or uint8 array (h, w, 3) in RGB.
            ratios: such as "16:9", 1.5 or "square"; one or several.

        Returns:
            one crop a ratio, in the order asked.

        Raises:
            RatioError: a ratio that cannot be understood.
            ImageError: an image that cannot be found or read.
        """
        parsed = parse_ratios(ratios)
        photo = open_photo(image, max_pixels=self.max_pixels)
        return self.crop_photo(photo, parsed) if parsed else []

    def crop_photo(self, photo: Photo, ratios: Sequence[AspectRatio]) -> list[Crop]:
        """`crop` for a photo that is open already, and ratios that are parsed."""
        maps = self.maps(photo, ratios)
        return [self._decide(m, photo, ratio) for m, ratio in zip(maps, ratios, strict=True)]

    def maps(self, photo: Photo, ratios: Sequence[AspectRatio]) -> NDArray[np.float32]:
        """What the network sees: for each ratio a map that covers the whole photo.

        Returns:
            (len(ratios), h, w) float32 log odds that a cell lies in the crop; h and w are a
            quarter of the network's input size.
        """
        rule = self._session.manifest.input
        size = fit_longest_edge(photo.size, rule.longest_edge_px, rule.multiple_px)
        features = self._session.features(photo.analysis_rgb(size))
        return self._session.logits(features, [ratio.value for ratio in ratios])

    def _decide(self, logits: NDArray[np.float32], photo: Photo, ratio: AspectRatio) -> Crop:
        found = search_window(logits, photo.size, ratio)
        evidence = gather_evidence(logits, found, photo.size, ratio)
        return Crop(
            ratio=ratio,
            box=snap(found.window, photo.size, ratio),
            confidence=self._session.manifest.calibration.confidence(evidence),
        )


def parse_ratios(ratios: RatioLike | Iterable[RatioLike]) -> list[AspectRatio]:
    """One ratio, or several, as a list. A pair of numbers is one ratio, (width, height)."""
    if isinstance(ratios, str | Real | AspectRatio) or is_pair(ratios):
        return [AspectRatio.parse(cast("RatioLike", ratios))]
    return [AspectRatio.parse(ratio) for ratio in cast("Iterable[RatioLike]", ratios)]
