"""The facade: a photo and ratios in, crops out. Each method joins steps that others do.

`crop` is the whole way: open, analyse, map, decide. Those who ask more than once about a photo
keep its `Analysis` and repeat the last two.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

import numpy as np

from marscrop.analysis import Analysis, wanted_part
from marscrop.cores import usable_cores
from marscrop.crop import Crop
from marscrop.decision import check_zoom, decide, flat_crops, in_photo, moved_to_grid
from marscrop.errors import ConstraintError, ModelError, OptionError
from marscrop.faces.rule import FaceRule, looks_for_faces
from marscrop.geometry import Box, Size, fit_longest_edge
from marscrop.imaging.cost import DEFAULT_MAX_PIXELS
from marscrop.imaging.photo import (
    DEFAULT_MAX_DECODED_BYTES,
    Photo,
    open_photo,
)
from marscrop.imaging.read_options import AS_A_WHOLE, READ_OPTIONS, ReadKeywords, ReadOptions
from marscrop.imaging.sight import PhotoPart, look
from marscrop.imaging.source import Source
from marscrop.imaging.write_options import MetadataPolicy
from marscrop.options import DEFAULT_OPTIONS, CropOptions, Keywords
from marscrop.ratio import AspectRatio, RatioLike, parse_ratios
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest
from marscrop.runtime.model import MarsModel
from marscrop.spelling import Mention
from marscrop.subjects.subject_map import SubjectMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.faces.detector import Face, FaceDetector
    from marscrop.imaging.padding import Picture
    from marscrop.many_photos import PhotoCrops
    from marscrop.window.focal_point import FocalPoint


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
        self._folder = Path(model) if model is not None else PACKAGED_MODEL
        self._session = MarsModel(self._folder, threads)
        self.threads = threads or usable_cores()
        self._detector: FaceDetector | None = None
        self._sequential: Cropper | None = None
        self._loading = threading.Lock()
        self.max_pixels = max_pixels
        self.max_decoded_bytes = max_decoded_bytes

    @property
    def manifest(self) -> Manifest:
        """What the model is."""
        return self._session.manifest

    def crop(
        self,
        image: Source | Photo,
        ratios: RatioLike | Iterable[RatioLike],
        options: CropOptions | None = None,
        **overrides: Unpack[Keywords],
    ) -> list[Crop]:
        """The best crop for each ratio, or the best few.

        Args:
            image: path, bytes, binary file object, PIL image, photo that `open` gave, or uint8
                array: (h, w, 3) in RGB, (h, w, 4) in RGBA, (h, w) or (h, w, 1) in greys.
            ratios: such as "16:9", 1.5 or "square"; one or several.
            options: what else is asked, as `CropOptions.parse` gave it.
            **overrides: options by name, which go before those; `marscrop.options` is their table,
                and `ReadOptions` has those of reading, such as frame=0.
                Boxes are (x0, y0, x1, y1) in pixels of the upright photo, or "5%,10%,50%,80%".

        Returns:
            the crops of each ratio, best first, in the order of the ratios.

        Raises:
            RatioError: a ratio that cannot be understood.
            OptionError: an option that cannot be understood, or is out of its range; `zoom="tight"`
                where the model sees no subjects.
            ConstraintError: what the photo cannot meet.
            ImageError: an image that cannot be found or read; `LimitError`: that is too large.
            MissingExtraError: faces to keep and no detector installed.
        """
        parsed = parse_ratios(ratios)
        photo, asked = self._asked(image, options, overrides)
        return self.crop_photo(photo, parsed, asked) if parsed else []

    def crop_many(
        self,
        images: Iterable[Source | Photo],
        ratios: RatioLike | Iterable[RatioLike],
        options: CropOptions | None = None,
        *,
        workers: int | None = None,
        **overrides: Unpack[Keywords],
    ) -> Iterator[PhotoCrops]:
        """The crops of each of many photos, in the order of the photos, as they are found.

        Photos are taken as they are needed, so that there may be any number of them, and few are
        in memory at once. One that fails is a result with an `error`, and the rest is done. Who
        stops early, by `break` or `close`, waits only for what is begun.

        Args:
            images: each as `crop` has it.
            ratios, options, **overrides: as `crop` has them, for all photos.
            workers: photos at once; by default `threads`.

        Raises:
            OptionError, MissingExtraError: at once, what no photo could have.
        """
        from marscrop.many_photos import crops_of_each

        parsed = parse_ratios(ratios)
        read, asked = _parse_written(options, overrides)
        self.prepare(asked)
        count = workers or self.threads
        # Many photos at once use the cores better than many threads on one.
        cropper = self if count == 1 else self._with_one_thread()
        return crops_of_each(
            images,
            lambda image: cropper.open(image, read=read),
            lambda photo: cropper.analysis_bytes(photo, asked),
            lambda photo: cropper.crop_photo(photo, parsed, asked) if parsed else [],
            count,
        )

    def _with_one_thread(self) -> Cropper:
        if self.threads == 1:
            return self
        with self._loading:
            if self._sequential is None:
                limits = self.max_pixels, self.max_decoded_bytes
                self._sequential = Cropper(
                    self._folder, threads=1, max_pixels=limits[0], max_decoded_bytes=limits[1]
                )
            return self._sequential

    def _asked(
        self, image: Source | Photo, options: CropOptions | None, overrides: Keywords
    ) -> tuple[Photo, CropOptions]:
        """A photo and the options of its crops, as they were written."""
        read, asked = _parse_written(options, overrides)
        return self.open(image, read=read), asked

    def open(
        self,
        image: Source | Photo,
        name: str | None = None,
        read: ReadOptions | None = None,
        **overrides: Unpack[ReadKeywords],
    ) -> Photo:
        """A photo's header, read within this cropper's limits.

        Args:
            image: as `crop` has it. A photo that is open already comes back as it is.
            name: for messages; by default the path, or a word for what else it was given as.
            read: how it is read, as `ReadOptions.parse` gave it.
            **overrides: the same by name, which goes before that, such as frame=0.

        Raises:
            ImageError: an image that cannot be found or read; `LimitError`: with too many pixels.
            OptionError: a frame that it does not have; options for a photo that is open already.
        """
        asked = ReadOptions.parse(read, **overrides)
        if isinstance(image, Photo):
            if asked != AS_A_WHOLE:
                raise OptionError(
                    "is open already; how it is read is said where it is opened"
                ).about(image.name)
            return image
        return open_photo(
            image,
            name=name,
            max_pixels=self.max_pixels,
            max_decoded_bytes=self.max_decoded_bytes,
            read=asked,
        )

    def crop_photo(
        self,
        photo: Source | Photo,
        ratios: Sequence[AspectRatio],
        options: CropOptions = DEFAULT_OPTIONS,
    ) -> list[Crop]:
        """`crop` for ratios and options that are parsed."""
        return self.crop_analysed(self.analyse(photo, options.faces, options), ratios, options)

    def analyse(
        self,
        photo: Source | Photo,
        faces: FaceRule = "auto",
        options: CropOptions = DEFAULT_OPTIONS,
    ) -> Analysis:
        """What the networks see in a photo: most of the work, the same for all ratios.

        Args:
            photo: as `crop` has it.
            faces: whether to look for them, as `crop` has it.
            options: which tell whether borders are looked at: see `Analysis.serves`.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
            MissingExtraError: faces to keep and no detector installed.
        """
        photo = self.open(photo)
        if looks_for_faces(faces):
            self._face_detector()  # what is missing is told before the photo is decoded
        found = [self._analyse(view, faces, options) for view in photo.views()]
        if len({one.part for one in found}) > 1:  # bars that come and go are part of the picture
            whole = replace(options, keep_borders=True)
            views = (self._analyse(view, faces, whole) for view in photo.views())
            found = [replace(one, picture=None) for one in views]
        return Analysis.together(found)

    def _analyse(self, photo: Photo, faces: FaceRule, options: CropOptions) -> Analysis:
        """`analyse` for a still."""
        sight = look(
            photo,
            self._fitted_size,
            lambda picture: wanted_part(photo.size, picture, options),
            self.threads,
        )
        seen = PhotoPart(photo, sight.part) if sight.part else photo
        found = tuple(self.faces(seen)) if looks_for_faces(faces) else None
        features, outputs = self._session.features_and_subjects(sight.rgb)
        subjects = None if outputs is None else SubjectMap.of(outputs, seen.size)
        return Analysis(
            name=photo.name,
            size=photo.size,
            features=features,
            faces=found,
            subjects=subjects,
            picture=sight.picture,
            part=sight.part,
            opaque=sight.opaque,
            is_flat=sight.is_flat,
        )

    def crop_analysed(
        self,
        analysis: Analysis,
        ratios: Sequence[AspectRatio],
        options: CropOptions = DEFAULT_OPTIONS,
    ) -> list[Crop]:
        """`crop_photo` for a photo that was analysed already.

        Raises:
            ConstraintError: what the photo cannot meet.
            OptionError: faces are to be kept that nobody looked for, or a subject framed that the
                model does not see.
        """
        if options.faces == "keep" and analysis.faces is None:
            raise OptionError(
                (Mention("faces", "keep"), " must be said when the photo is analysed, too"),
                "faces",
                "keep",
            ).about(analysis.name)
        if not analysis.serves(options):
            raise OptionError(
                (
                    *(Mention("keep_borders"), ", or a box to ", Mention("keep")),
                    " that reaches into a border, must be told when the photo is analysed, too",
                ),
                "keep_borders",
                options.keep_borders,
            ).about(analysis.name)
        faces = (analysis.faces or ()) if options.faces == "keep" else ()
        subjects = analysis.subjects
        check_zoom(options, sees_subjects=subjects is not None)
        if subjects is not None and options.faces == "ignore":
            subjects = subjects.without_heads()
        try:
            limits = options.constraints.on(analysis.size)
            if analysis.part:
                limits = limits.within(analysis.part)
            maps = self.maps(analysis.features, ratios)
            return [
                in_photo(crop, analysis.part)
                for logits, ratio in zip(maps, ratios, strict=True)
                for crop in (analysis.is_flat and flat_crops(limits, ratio))
                or decide(
                    logits,
                    limits,
                    faces,
                    subjects,
                    ratio,
                    options,
                    self.manifest,
                    self.max_pixels,
                    analysis.opaque,
                )
            ]
        except ConstraintError as error:
            error.about(analysis.name)
            raise

    def focal_point(
        self,
        image: Source | Photo,
        options: CropOptions | None = None,
        **overrides: Unpack[Keywords],
    ) -> FocalPoint:
        """The point from which CSS and content management systems get nearly our crops.

        Args:
            image, options, **overrides: as `crop` has them. The point keeps and avoids what they
                say as far as the largest crop of each ratio can; zoom does not count.

        Raises:
            as `crop`.
        """
        photo, asked = self._asked(image, options, overrides)
        return self.focal_analysed(self.analyse(photo, asked.faces, asked), asked)

    def focal_analysed(
        self,
        analysis: Analysis,
        options: CropOptions = DEFAULT_OPTIONS,
        within: Box | None = None,
    ) -> FocalPoint:
        """`focal_point` for a photo that was analysed already; errors as of `crop_analysed`.

        Args:
            analysis: of the photo.
            options: that hold for its crops.
            within: a crop of it, for the focal point of that crop as a picture of its own.
        """
        from marscrop.window.focal_point import COMMON_RATIOS, bars_around, fit_focal_point

        limits = options.constraints.on(analysis.size)
        largest = replace(
            options, zoom="none", max_candidates=1, min_confidence=0.0, fallback="pad"
        )
        try:
            crops = self.crop_analysed(analysis, COMMON_RATIOS, largest)
        except ConstraintError:  # some ratio cannot be had; the fit still heeds what is asked
            free = replace(largest, keep=(), avoid=(), keep_borders=analysis.part is None)
            crops = self.crop_analysed(analysis, COMMON_RATIOS, free)
        boxes = [crop.box for crop in crops]
        picture = within or Box(0, 0, *analysis.size)
        bars = bars_around(analysis.part, analysis.size) if analysis.part else []
        return fit_focal_point(picture, boxes, limits.keep, [*limits.avoid, *bars])

    def picture(self, image: Source | Photo, crop: Crop, **read: Unpack[ReadKeywords]) -> Picture:
        """A crop's pixels, with its padding.

        Args:
            image: the photo that the crop is of.
            crop: as `crop` gave it.
            **read: as `crop` had it: which frame, say.

        Returns:
            a PIL image of `crop.size`; HDR is toned down to sRGB.

        Raises:
            ImageError: an image that cannot be found or read, or does not hold the box.
        """
        from marscrop.imaging.padding import cut
        from marscrop.imaging.screen import upright_picture

        photo = self.open(image, **read)
        return cut(upright_picture(photo).image, crop.box, crop.padding)

    def lossless(
        self,
        image: Source | Photo,
        crop: Crop,
        *,
        metadata: MetadataPolicy = "rights",
        **read: Unpack[ReadKeywords],
    ) -> tuple[bytes, Crop]:
        """A crop of a JPEG without encoding it again; needs the extra `lossless`.

        The box keeps its size and moves onto the grid of the JPEG's blocks, by less than a block
        of 8 or 16 pixels.

        Args:
            image: the JPEG that the crop is of, as `crop` has it.
            crop: as `crop` gave it, not padded.
            metadata: what is kept of the photo's: "none", "rights" or "all".
            **read: as `crop` had it.

        Returns:
            the JPEG, stored as the photo is (with its EXIF orientation), and the crop with the box
            that it shows.

        Raises:
            ImageError: an image that is no JPEG, or that cannot be cropped this way.
            ConstraintError: a padded crop.
        """
        from marscrop.imaging.lossless import BlockGrid

        photo = self.open(image, **read)
        grid = BlockGrid.of(photo)
        moved = moved_to_grid(grid, crop, DEFAULT_OPTIONS)
        return grid.cut(moved.box, metadata).content, moved

    def analysis_bytes(self, photo: Source | Photo, options: CropOptions = DEFAULT_OPTIONS) -> int:
        """Memory that a photo takes at once while its crops are found, beside the networks.

        Where it has borders, it is also decoded whole, which only one photo at a time is.
        """
        photo = self.open(photo)
        needed = photo.analysis_bytes(self.input_size(photo))
        if looks_for_faces(options.faces):
            from marscrop.faces import detector

            size = detector.input_size(photo)
            needed = max(needed, photo.analysis_bytes(size, detector.OVERSAMPLING))
        return needed

    def features(self, photo: Source | Photo) -> NDArray[np.float32]:
        """What every ratio shares: most of the work, to be done once a photo.

        Returns:
            (n, c, h, w) float32, for `maps`: one, or of an animation a few frames'.
        """
        views = self.open(photo).views()
        found = [self._session.features(self._input_rgb(view)) for view in views]
        return np.concatenate(found)

    def maps(
        self, features: NDArray[np.float32], ratios: Sequence[AspectRatio]
    ) -> NDArray[np.float32]:
        """What the network sees: for each ratio a map that covers the whole photo.

        Args:
            features: of the photo; of several frames, the map is their mean.
            ratios: at least one.

        Returns:
            (len(ratios), h, w) float32 log odds that a cell lies in the crop; h and w are a
            quarter or an eighth of the network's input size, as the model has it.
        """
        return self._session.logits(features, [ratio.value for ratio in ratios])

    def faces(self, photo: Source | Photo | PhotoPart) -> list[Face]:
        """The faces of a photo, in pixels of the upright original, surest first.

        Raises:
            MissingExtraError: no detector is installed.
            ModelError: it is damaged.
        """
        from marscrop.faces.detector import distinct_faces

        look = self._face_detector().in_photo
        stills = (photo,) if isinstance(photo, PhotoPart) else self.open(photo).views()
        return list(distinct_faces(face for still in stills for face in look(still)))

    def subject_map(self, photo: Source | Photo) -> SubjectMap:
        """Where people look in a photo, its heads and its main subjects, as `analyse` finds them.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
            ModelError: the model has no part that sees subjects.
        """
        subjects = self.analyse(photo, "ignore").subjects
        if subjects is None:
            raise ModelError(
                self._folder,
                "this model has no subject map; take one whose folder has the part subjects",
            )
        return subjects

    def prepare(self, options: CropOptions = DEFAULT_OPTIONS) -> None:
        """Load what is else loaded by the first photo, so that what is damaged shows at once.

        Args:
            options: that photos will be cropped with.

        Raises:
            MissingExtraError: faces to keep and no detector installed.
            ModelError: the detector is damaged.
            OptionError: a subject is to be framed and the model sees none.
        """
        check_zoom(options, sees_subjects="subjects" in self.manifest.parts)
        if looks_for_faces(options.faces):
            self._face_detector()

    def input_size(self, photo: Source | Photo) -> Size:
        """The size that the network sees a photo at [px]."""
        return self._fitted_size(self.open(photo).size)

    def _fitted_size(self, size: Size) -> Size:
        rule = self.manifest.input
        return fit_longest_edge(size, rule.longest_edge_px, rule.multiple_px)

    def _input_rgb(self, photo: Photo) -> NDArray[np.uint8]:
        return photo.analysis_rgb(self.input_size(photo), threads=self.threads)

    def _face_detector(self) -> FaceDetector:
        with self._loading:
            if self._detector is None:
                from marscrop.faces.detector import FaceDetector

                self._detector = FaceDetector(self.threads)
            return self._detector


def _parse_written(
    options: CropOptions | None, overrides: Keywords
) -> tuple[ReadOptions, CropOptions]:
    """How photos are read, and the options of their crops, as they were written."""
    written = cast("dict[str, Any]", dict(overrides))
    reading = {name: written.pop(name) for name in READ_OPTIONS if name in written}
    return ReadOptions.parse(**reading), CropOptions.parse(options, **written)
