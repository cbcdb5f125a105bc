"""The facade: from a photo and ratios to crops."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from marscrop.cores import usable_cores
from marscrop.crops import Crop, Seen
from marscrop.errors import ConstraintError, MissingExtraError
from marscrop.faces.centerface import installed as can_find_faces
from marscrop.faces.detector import OVERSAMPLING as FACE_OVERSAMPLING
from marscrop.faces.detector import Face, FaceDetector
from marscrop.faces.detector import input_size as face_input_size
from marscrop.faces.protection import limits_with_faces
from marscrop.geometry import Box, Size, centre_crop, fit_longest_edge
from marscrop.imaging.decode import (
    DEFAULT_MAX_DECODED_BYTES,
    DEFAULT_MAX_PIXELS,
    Photo,
    open_photo,
)
from marscrop.imaging.lossless import BlockGrid
from marscrop.imaging.padding import Fill, Padding, Picture, cut
from marscrop.imaging.sources import Source
from marscrop.options import CropOptions, FaceRule
from marscrop.ratio import AspectRatio, RatioLike, is_pair
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest
from marscrop.runtime.model import MarsModel
from marscrop.spelling import Mention
from marscrop.window.anchor import AnchorLike
from marscrop.window.candidates import best_crop, next_crop
from marscrop.window.confidence import gather_evidence
from marscrop.window.conflict import explain_conflict
from marscrop.window.constraints import Limits
from marscrop.window.padded_crop import padded_crop
from marscrop.window.regions import RegionLike

DEFAULT_OPTIONS: Final = CropOptions()


class Cropper:
    """Finds the best-composed crop of a photo for any aspect ratio.

    The same input gives the same box. One cropper can be shared by threads.

    Attributes:
        threads: that work on one photo.
        max_pixels: larger images are refused.
        max_decoded_bytes: so are images that take more memory while their crops are found.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        threads: int | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        max_decoded_bytes: int = DEFAULT_MAX_DECODED_BYTES,
    ) -> None:
        """Load a model.

        Args:
            model: folder of an exported model; the packaged one by default.
            threads: for one photo; by default as many as there are cores.
            max_pixels: larger images are refused before they are decoded.
            max_decoded_bytes: so are files that take more memory while their crops are found. A
                JPEG takes little, whatever its size, unless it is progressive.

        Raises:
            ModelError: the model is missing, changed or truncated.
        """
        self._session = MarsModel(Path(model) if model is not None else PACKAGED_MODEL, threads)
        self.threads = threads or usable_cores()
        self._detector: FaceDetector | None = None
        self._loading = threading.Lock()
        self.max_pixels = max_pixels
        self.max_decoded_bytes = max_decoded_bytes

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
        faces: str = "auto",
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
            faces: "auto": crops keep faces whole, or leave them out whole, if the extra `faces` is
                installed; "keep": it is an error if it is not; "ignore". What else is asked goes
                before faces.

        Returns:
            the crops of each ratio, best first, in the order of the ratios.

        Raises:
            RatioError: a ratio that cannot be understood.
            OptionError: an option that cannot be understood, or is out of range.
            ConstraintError: what the photo cannot meet.
            ImageError: an image that cannot be found or read; `LimitError`: that is too large.
            MissingExtraError: faces to keep and no detector installed.
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
            faces=faces,
        )
        photo = self.open(image)
        return self.crop_photo(photo, parsed, options) if parsed else []

    def open(self, image: Source, name: str | None = None) -> Photo:
        """A photo's header, read within this cropper's limits.

        Args:
            image: as `crop` has it.
            name: for messages; by default the path, or what else it was given as.

        Raises:
            ImageError: an image that cannot be found or read; `LimitError`: with too many pixels.
        """
        return open_photo(
            image,
            name=name,
            max_pixels=self.max_pixels,
            max_decoded_bytes=self.max_decoded_bytes,
        )

    def crop_photo(
        self, photo: Photo, ratios: Sequence[AspectRatio], options: CropOptions = DEFAULT_OPTIONS
    ) -> list[Crop]:
        """`crop` for a photo that is open already, and ratios and options that are parsed."""
        return self.crop_seen(self.see(photo, options.faces), ratios, options)

    def see(self, photo: Photo, faces: FaceRule = "auto") -> Seen:
        """Look at a photo: most of the work, to be done once however many ratios are asked for.

        Args:
            photo: that is open already.
            faces: whether to look for them, as `crop` has it.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
            MissingExtraError: faces to keep and no detector installed.
        """
        found = tuple(self.faces(photo)) if looks_for_faces(faces) else None
        return Seen(photo.name, photo.size, self.features(photo), found)

    def crop_seen(
        self, seen: Seen, ratios: Sequence[AspectRatio], options: CropOptions = DEFAULT_OPTIONS
    ) -> list[Crop]:
        """`crop_photo` for a photo that was looked at already.

        Raises:
            MissingExtraError: faces are to be kept and nobody looked for them.
        """
        if options.faces == "keep" and seen.faces is None:
            raise MissingExtraError(
                "faces cannot be kept, as they were not looked for; that needs the detector",
                "faces",
            ).about(seen.name)
        faces = () if options.faces == "ignore" else seen.faces or ()
        try:
            limits = options.constraints.on(seen.size)
            maps = self.maps(seen.features, ratios)
            return [
                crop
                for logits, ratio in zip(maps, ratios, strict=True)
                for crop in self._decide(logits, limits, faces, ratio, options)
            ]
        except ConstraintError as error:
            error.about(seen.name)
            raise

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
        photo = self.open(image)
        return cut(photo.upright(), crop.box, crop.padding)

    def lossless(self, image: Source, crop: Crop) -> tuple[bytes, Crop]:
        """A crop of a JPEG without encoding it again; needs the extra `lossless`.

        The box keeps its size and moves onto the grid of the JPEG's blocks, by less than a block
        of 8 or 16 pixels.

        Args:
            image: the JPEG that the crop is of: path, bytes or file object.
            crop: as `crop` gave it, not padded.

        Returns:
            the JPEG, stored as the photo is (with its EXIF orientation), and the crop with the box
            that it shows.

        Raises:
            ImageError: an image that is no JPEG, or that cannot be cropped this way.
            ConstraintError: a padded crop.
        """
        photo = self.open(image)
        grid = BlockGrid.of(photo)
        moved = on_grid(grid, crop)
        return grid.cut(moved.box), moved

    def analysis_pixels(self, photo: Photo, options: CropOptions = DEFAULT_OPTIONS) -> int:
        """How many pixels of 4 bytes are in memory at once while a photo's crops are found."""
        return -(-self.analysis_bytes(photo, options) // 4)

    def analysis_bytes(self, photo: Photo, options: CropOptions = DEFAULT_OPTIONS) -> int:
        """Memory that a photo takes at once while its crops are found, beside the networks."""
        needed = photo.analysis_bytes(self.input_size(photo))
        if looks_for_faces(options.faces):
            needed = max(needed, photo.analysis_bytes(face_input_size(photo), FACE_OVERSAMPLING))
        return needed

    def features(self, photo: Photo) -> NDArray[np.float32]:
        """What every ratio shares: most of the work, to be done once a photo.

        Returns:
            (1, c, h, w) float32, for `maps`.
        """
        rgb = photo.analysis_rgb(self.input_size(photo), threads=self.threads)
        return self._session.features(rgb)

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

    def faces(self, photo: Photo) -> list[Face]:
        """The faces of a photo, in pixels of the upright original, surest first.

        Raises:
            MissingExtraError: no detector is installed.
            ModelError: it is damaged.
        """
        return self._face_detector().in_photo(photo)

    def prepare(self, faces: FaceRule = "auto") -> None:
        """Load what is else loaded by the first photo, so that what is damaged shows at once.

        Args:
            faces: whether they will be looked for, as `crop` has it.

        Raises:
            MissingExtraError: faces to keep and no detector installed.
            ModelError: the detector is damaged.
        """
        if looks_for_faces(faces):
            self._face_detector()

    def input_size(self, photo: Photo) -> Size:
        """The size that the network sees a photo at [px]."""
        rule = self.manifest.input
        return fit_longest_edge(photo.size, rule.longest_edge_px, rule.multiple_px)

    def _face_detector(self) -> FaceDetector:
        with self._loading:
            if self._detector is None:
                self._detector = FaceDetector(self.threads)
            return self._detector

    def _decide(
        self,
        logits: NDArray[np.float32],
        asked: Limits,
        faces: Sequence[Face],
        ratio: AspectRatio,
        options: CropOptions,
    ) -> list[Crop]:
        """The crops of one ratio, best first."""
        best = None
        for limits in limits_with_faces(asked, faces, ratio):
            best = best_crop(logits, limits, ratio, self.manifest.prior)
            if best is not None:
                break
        if best is None:
            return [self._padded(logits, asked, ratio, options.padding_fill)]
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
            raise ConstraintError(explain_conflict(limits, ratio))
        crop = Crop(ratio, part.box, confidence=0.0, padding=Padding(part.margins, fill))
        width, height = crop.size
        if width * height > self.max_pixels:
            raise ConstraintError(
                (
                    f"the padded {ratio} crop would have {width * height:,} pixels "
                    f"({width}x{height}), more than the limit of {self.max_pixels:,}; ask for a "
                    f"ratio nearer to what is kept, or raise ",
                    Mention("max_pixels"),
                )
            )
        return crop


def looks_for_faces(rule: FaceRule) -> bool:
    """Whether a cropper told so looks for faces."""
    return rule == "keep" or (rule == "auto" and can_find_faces())


def on_grid(grid: BlockGrid, crop: Crop, options: CropOptions = DEFAULT_OPTIONS) -> Crop:
    """The crop with the nearest box that begins on a JPEG's grid and meets the constraints.

    Raises:
        ConstraintError: there is none, or the crop is padded.
    """
    if crop.padding:
        raise ConstraintError("a padded crop cannot be made without encoding again", grid.name)
    limits = options.constraints.on(grid.size)
    boxes = grid.boxes_near(crop.box)
    allowed = next((box for box in boxes if limits.allow(box, crop.ratio)), None)
    if allowed is None:
        raise ConstraintError(
            (
                f"no {crop.ratio} crop that begins on the JPEG's grid of "
                f"{grid.block.width}x{grid.block.height} pixels meets the constraints; leave out ",
                Mention("lossless"),
            ),
            grid.name,
        )
    return replace(crop, box=allowed)


def parse_ratios(ratios: RatioLike | Iterable[RatioLike]) -> list[AspectRatio]:
    """One ratio, or several, as a list. A pair of numbers is one ratio, (width, height)."""
    if isinstance(ratios, str | Real | AspectRatio) or is_pair(ratios):
        return [AspectRatio.parse(cast("RatioLike", ratios))]
    return [AspectRatio.parse(ratio) for ratio in cast("Iterable[RatioLike]", ratios)]
