"""What is seen in a photo: opened within limits, decoded small, shown to the networks."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from marscrop.analysis import Analysis, wanted_part
from marscrop.cores import usable_cores
from marscrop.decision import check_zoom
from marscrop.errors import ModelError, OptionError
from marscrop.faces.rule import FaceRule, looks_for_faces
from marscrop.geometry import Size, fit_longest_edge
from marscrop.imaging.cost import DEFAULT_MAX_PIXELS
from marscrop.imaging.photo import DEFAULT_MAX_DECODED_BYTES, Photo, open_photo
from marscrop.imaging.read_options import AS_A_WHOLE, ReadKeywords, ReadOptions
from marscrop.imaging.sight import PhotoPart, look
from marscrop.imaging.source import Source
from marscrop.options import DEFAULT_OPTIONS, CropOptions
from marscrop.ratio import AspectRatio
from marscrop.runtime.loading import LoadingModel
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest
from marscrop.runtime.model import MarsModel
from marscrop.subjects.subject_map import SubjectMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.faces.detector import Face, FaceDetector


class Analyser:
    """Opens photos and says what the networks see in them; threads can share one.

    Attributes:
        threads: that work on one photo.
        max_pixels: larger images are refused.
        max_decoded_bytes: so are images that take more memory while their crops are found.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | LoadingModel | None = None,
        *,
        threads: int | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        max_decoded_bytes: int = DEFAULT_MAX_DECODED_BYTES,
    ) -> None:
        """Load a model.

        Args:
            model: folder of an exported model, or one that is being loaded already, with these
                threads; the packaged one by default.
            threads: for one photo; by default as many as there are cores.
            max_pixels: larger images are refused before they are decoded.
            max_decoded_bytes: so are files that take more memory while their crops are found. A
                JPEG takes little, whatever its size, unless it is progressive.

        Raises:
            ModelError: the model is missing, changed or truncated.
        """
        if isinstance(model, LoadingModel):
            self._folder, self._session = model.folder, model.wait()
        else:
            self._folder = Path(model) if model is not None else PACKAGED_MODEL
            self._session = MarsModel(self._folder, threads)
        self.threads = threads or usable_cores()
        self._detector: FaceDetector | None = None
        self._loading = threading.Lock()
        self.max_pixels = max_pixels
        self.max_decoded_bytes = max_decoded_bytes

    @property
    def manifest(self) -> Manifest:
        """What the model is."""
        return self._session.manifest

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
        asked = ReadOptions.parse(read, **overrides) if overrides else read or AS_A_WHOLE
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

    @contextmanager
    def _opened(self, image: Source | Photo, read: ReadOptions = AS_A_WHOLE) -> Iterator[Photo]:
        """What `open` gives, to be looked at once, in the block: its header is not read twice."""
        if isinstance(image, Photo):
            yield self.open(image, read=read)
            return
        photo = open_photo(
            image,
            max_pixels=self.max_pixels,
            max_decoded_bytes=self.max_decoded_bytes,
            read=read,
            hold=True,
        )
        try:
            yield photo
        finally:
            photo.release()

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
        return np.concatenate([self._session.features(self._input_rgb(view)) for view in views])

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
