"""How good a subject map is, on photos that are held out, by the product's own path.

Heads are judged by CenterFace's faces, grown to heads; subjects by VOC's people and animals; gaze
by UNISAL, and by the fixations of people. A photo of which a teacher has no label is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from marscrop.cropper import Cropper
from marscrop.geometry import Size, Window
from marscrop.subjects.subject_map import Subject, SubjectMap
from marscrop_research.data.fixations import load_fixations
from marscrop_research.subjects.detections import Detections
from marscrop_research.subjects.sources import (
    FIXATIONS,
    VOC,
    VOC_SUBJECTS,
    SourcePhoto,
    read_voc_boxes,
)
from marscrop_research.subjects.sureness import Sureness, fit_sureness
from marscrop_research.subjects.targets import SURE, gaze_target, grown
from marscrop_research.subjects.teachers import read_faces, read_gaze
from marscrop_research.subjects.views import View

LARGE_HEAD: Final = 1 / 8
"""Height from which a head is large, in shares of the photo's longer side."""
SMALLEST_HEAD: Final = 0.03
"""Lower ones are neither asked for nor wrong."""
SMALLEST_SUBJECT: Final = 0.03
"""As that, in shares of the photo's area."""

_EVERY_LEARNED: Final = 3
"""One of so many photos that were learned from tells how sure scores are."""
_WHOLE: Final = (0.0, 0.0, 1.0, 1.0)

Sight = Callable[[Path], tuple[Size, SubjectMap]]


def product_sight(model: Path) -> Sight:
    """What a model folder sees in photos, by the product's own path.

    Its answers raise ModelError where the model has no subject map.
    """
    cropper = Cropper(model, threads=1)

    def see(path: Path) -> tuple[Size, SubjectMap]:
        photo = cropper.open(path)
        return photo.size, cropper.subject_map(photo)

    return see


class SubjectJudge:
    """What is known of held-out photos."""

    def __init__(
        self, photos: Sequence[SourcePhoto], labels: Path, data: Path, *, learned: bool = False
    ) -> None:
        """Read the labels.

        Args:
            photos: as `sources.find_photos` has them; those held out are judged.
            labels: folder of the teachers' labels.
            data: the folder of photos.
            learned: judge by some of the photos that are learned from instead.

        Raises:
            DataError: labels, fixations or VOC's boxes are missing.
        """
        judged = [(i, photo) for i, photo in enumerate(photos) if photo.held_out != learned]
        self._photos = judged[:: _EVERY_LEARNED if learned else 1]
        self._gaze, self._faces = read_gaze(labels), read_faces(labels)
        sources = {photo.source for _, photo in self._photos}
        self._voc = read_voc_boxes(data) if VOC in sources else {}
        self._fixations = {
            f"{name}/{record.path.name}": record.points
            for name in FIXATIONS
            if name in sources
            for record in load_fixations(data / "fixations" / name).photos
        }

    def sureness(self, see: Sight) -> tuple[Sureness, Sureness]:
        """How sure heads, and subjects, of given scores are."""
        large, small, subjects = (Detections() for _ in range(3))
        for _, source in self._photos:
            size, found = see(source.path)
            if source.key in self._faces:
                self._add_heads(large, small, source, size, found)
            if source.source == VOC:
                self._add_subjects(subjects, source, size, found)
        return fit_sureness(large.found + small.found), fit_sureness(subjects.found)

    def __call__(
        self, see: Sight, report: Callable[[int], None] = lambda done: None
    ) -> dict[str, Any]:
        """The scores of who sees subjects, such as `product_sight`.

        Args:
            see: from a photo's path to its size and subject map.
            report: told how many photos are done, now and then.

        Returns:
            plain values: of `heads` ("large" and "small") and `subjects` what
            `Detections.scores` gives; of `gaze` the means over photos of the KL divergence from
            UNISAL [nats] and of the correlation with it; of `nss` by source the normalised
            scanpath saliency of the network, of UNISAL, and their photos' number.
        """
        large, small, subjects = (Detections() for _ in range(3))
        against_unisal: list[tuple[float, float]] = []
        nss: dict[str, list[tuple[float, float]]] = {}
        for done, (index, source) in enumerate(self._photos):
            size, found = see(source.path)
            if source.key in self._faces:
                self._add_heads(large, small, source, size, found)
            if source.source == VOC:
                self._add_subjects(subjects, source, size, found)
            if not np.isnan(self._gaze[index, 0, 0]):
                view = View(index, _WHOLE, False)
                teacher = gaze_target(self._gaze[index], view, *found.gaze.shape)
                against_unisal.append(
                    (divergence(teacher, found.gaze), correlation(teacher, found.gaze))
                )
                if source.key in self._fixations:
                    points = self._fixations[source.key]
                    at = scanpath_saliency(found.gaze, points), scanpath_saliency(teacher, points)
                    nss.setdefault(source.source, []).append(at)
            if done % 200 == 0:
                report(done)
        return {
            "heads": {"large": large.scores(), "small": small.scores()},
            "subjects": subjects.scores(),
            "gaze": _means(against_unisal, ("kl", "cc")),
            "nss": {name: _means(pairs, ("nss", "unisal_nss")) for name, pairs in nss.items()},
        }

    def _add_heads(
        self,
        large: Detections,
        small: Detections,
        source: SourcePhoto,
        size: Size,
        found: SubjectMap,
    ) -> None:
        heads = [
            (_in_photo(grown(face).scaled(*size), size), score >= SURE)
            for face, score in self._faces[source.key]
        ]
        longer = max(size)
        for detections, low, high in (
            (large, LARGE_HEAD, float("inf")),
            (small, SMALLEST_HEAD, LARGE_HEAD),
        ):

            def counts(window: Window, low: float = low, high: float = high) -> bool:
                return low * longer <= window.height < high * longer

            wanted = [head for head, sure in heads if sure and counts(head)]
            ignored = [head for head, sure in heads if not (sure and counts(head))]
            detections.add(_seen(found.heads, size), wanted, ignored, counts)

    def _add_subjects(
        self, detections: Detections, source: SourcePhoto, size: Size, found: SubjectMap
    ) -> None:
        least = SMALLEST_SUBJECT * size.width * size.height

        def counts(window: Window) -> bool:
            return window.width * window.height >= least

        boxes = [
            (Window(*edges).scaled(*size), not difficult)
            for kind, *edges, difficult in self._voc.get(source.path.name, ())
            if kind in VOC_SUBJECTS
        ]
        wanted = [box for box, certain in boxes if certain and counts(box)]
        ignored = [box for box, certain in boxes if not (certain and counts(box))]
        detections.add(_seen(found.subjects, size), wanted, ignored, counts)


def divergence(teacher: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    """KL divergence of a map of shares from the teacher's [nats], 0 or more; both (h, w)."""
    seen = teacher > 0
    logs = np.log(teacher[seen]) - np.log(np.maximum(found[seen], np.finfo(np.float32).tiny))
    return float((teacher[seen] * logs).sum())


def correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Pearson's, of two (h, w) maps, -1..1; 0 where one is flat."""
    return float((_standard(a) * _standard(b)).mean())


def scanpath_saliency(found: NDArray[np.float32], points: NDArray[np.float64]) -> float:
    """Normalised scanpath saliency: the standardised map's mean at fixations; chance gives 0.

    Args:
        found: (h, w).
        points: (n, 2) x and y in shares of the photo's sides.
    """
    rows, columns = found.shape
    x, y = points.T
    row = np.minimum((y * rows).astype(int), rows - 1)
    column = np.minimum((x * columns).astype(int), columns - 1)
    return float(_standard(found)[row, column].mean())


def _standard(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """With mean 0 and deviation 1; zeros if flat."""
    centred: NDArray[np.float64] = values - values.mean(dtype=np.float64)
    deviation = float(centred.std())
    return centred / deviation if deviation > 0 else centred * 0


def _means(rows: Sequence[tuple[float, float]], names: tuple[str, str]) -> dict[str, Any]:
    """By name, with the number of photos."""
    if not rows:
        return {"photos": 0}
    means = np.mean(rows, axis=0).round(4).tolist()
    return {"photos": len(rows), **dict(zip(names, means, strict=True))}


def _seen(found: Sequence[Subject], size: Size) -> list[tuple[Window, float]]:
    return [(_in_photo(window, size), score) for window, score in found]


def _in_photo(window: Window, size: Size) -> Window:
    """The part that the photo shows; of no size where it shows none."""
    x0, x1 = (min(max(x, 0.0), float(size.width)) for x in (window.x0, window.x1))
    y0, y1 = (min(max(y, 0.0), float(size.height)) for y in (window.y0, window.y1))
    return Window(x0, y0, x1, y1)
