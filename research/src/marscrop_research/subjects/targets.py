"""What the subject map should say of a view: from the teachers' labels and VOC's boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Window
from marscrop_research.data.fixations import load_fixations
from marscrop_research.errors import DataError
from marscrop_research.subjects.sources import FIXATIONS, VOC, SourcePhoto, read_voc_subjects
from marscrop_research.subjects.teachers import GAZE_CELLS, read_faces, read_gaze
from marscrop_research.subjects.views import View

HEAD_GROWTH: Final = (0.3, 0.1, 0.1)
"""By what share of its height a face grows up, and down, and of its width on either side."""

SURE: Final = 0.45
"""Faces of a lower score are neither asked for nor forbidden."""
_LEAST_CELLS: Final = 1.0
"""So are boxes less high than this."""
_LEAST_SUBJECT: Final = 0.03
"""And subjects of a smaller share of the view."""
_LEAST_SEEN: Final = 0.4
"""And boxes of which a view shows less."""
_HIT_IOU: Final = 0.6
"""Middles so near that the box would still overlap this much are half forgiven."""


class BoxTargets(NamedTuple):
    """Heads, or subjects, of a view.

    Attributes:
        heat: (h, w) 1 at a middle, Gaussian around it.
        weight: (h, w) 0 where nothing is asked, else 1.
        cells: (n, 2) row and column of each middle.
        boxes: (n, 4) offset y and x, log height and width, in cells.
    """

    heat: NDArray[np.float32]
    weight: NDArray[np.float32]
    cells: NDArray[np.int64]
    boxes: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PhotoLabels:
    """What is known of a photo.

    Attributes:
        gaze: (48, 48) shares; None where nobody looked.
        heads: windows in shares of the photo's sides, and whether each is sure.
        subjects: windows; None where nobody marked any.
    """

    gaze: NDArray[np.float32] | None
    heads: list[tuple[Window, bool]]
    subjects: list[tuple[Window, bool]] | None


def grown(face: Window) -> Window:
    """The head around a face."""
    up, down, beside = HEAD_GROWTH
    return Window(
        face.x0 - beside * face.width,
        face.y0 - up * face.height,
        face.x1 + beside * face.width,
        face.y1 + down * face.height,
    )


def read_labels(photos: Sequence[SourcePhoto], folder: Path, data: Path) -> list[PhotoLabels]:
    """The labels of all photos; gaze is half fixations where there are some of people.

    Args:
        photos: as `sources.find_photos` has them.
        folder: of the teachers' labels.
        data: the folder of photos, for fixations and VOC's boxes.

    Raises:
        DataError: a file is missing, or of other photos.
    """
    gaze, faces = read_gaze(folder), read_faces(folder)
    if len(gaze) != len(photos):
        raise DataError(f"{folder}: gaze is of {len(gaze)} photos; there are {len(photos)}")
    sources = {photo.source for photo in photos}
    voc = read_voc_subjects(data) if VOC in sources else {}
    fixated = {
        f"{name}/{record.path.name}": record.density()
        for name in FIXATIONS
        if name in sources
        for record in load_fixations(data / "fixations" / name).photos
    }
    labels = []
    for index, photo in enumerate(photos):
        shares = None if np.isnan(gaze[index, 0, 0]) else np.array(gaze[index])
        if shares is not None and photo.key in fixated:
            people = fixated[photo.key]
            shares = 0.5 * shares + 0.5 * (people / people.sum()).astype(np.float32)
        heads = [(grown(face), score >= SURE) for face, score in faces.get(photo.key, [])]
        subjects = (
            [(Window(*box), True) for box in voc.get(photo.path.name, [])]
            if photo.source == VOC
            else None
        )
        labels.append(PhotoLabels(shares, heads, subjects))
    return labels


def gaze_target(
    gaze: NDArray[np.float32], view: View, rows: int, columns: int
) -> NDArray[np.float32]:
    """(rows, columns) shares of gaze in a view, adding up to 1."""
    x0, y0, x1, y1 = view.region
    down, across = _overlaps(y0, y1, rows), _overlaps(x0, x1, columns)
    seen = down @ gaze @ across.T
    if view.mirrored:
        seen = seen[:, ::-1]
    return np.asarray(seen / max(float(seen.sum()), 1e-9), np.float32)


def box_targets(
    windows: Sequence[tuple[Window, bool]], view: View, rows: int, columns: int, least_share: float
) -> BoxTargets:
    """What a map of heads, or of subjects, should say of a view."""
    heat = np.zeros((rows, columns), np.float32)
    weight = np.ones((rows, columns), np.float32)
    cells, boxes = [], []
    for window, sure in windows:
        box, seen = _in_view(window, view, rows, columns)
        if box is None:
            continue
        small = box.height < _LEAST_CELLS or box.width * box.height < least_share * rows * columns
        if not sure or small or seen < _LEAST_SEEN:
            _forgive(weight, box)
            continue
        x, y = box.centre
        column, row = min(int(x), columns - 1), min(int(y), rows - 1)
        _mark(heat, row, column, box)
        cells.append((row, column))
        boxes.append((y - row - 0.5, x - column - 0.5, np.log(box.height), np.log(box.width)))
    weight[heat > 0] = 1  # what is sure goes before what is not
    return BoxTargets(
        heat,
        weight,
        np.array(cells, np.int64).reshape(-1, 2),
        np.array(boxes, np.float32).reshape(-1, 4),
    )


def head_targets(labels: PhotoLabels, view: View, rows: int, columns: int) -> BoxTargets:
    """What the map of heads should say."""
    return box_targets(labels.heads, view, rows, columns, 0.0)


def subject_targets(labels: PhotoLabels, view: View, rows: int, columns: int) -> BoxTargets | None:
    """What the map of subjects should say; None where nobody marked any."""
    if labels.subjects is None:
        return None
    return box_targets(labels.subjects, view, rows, columns, _LEAST_SUBJECT)


def _in_view(window: Window, view: View, rows: int, columns: int) -> tuple[Window | None, float]:
    """A window's visible part in cells of the view, and how much of it the view shows."""
    x0, y0, x1, y1 = view.region
    across, down = columns / (x1 - x0), rows / (y1 - y0)
    left, right = (window.x0 - x0) * across, (window.x1 - x0) * across
    if view.mirrored:
        left, right = columns - right, columns - left
    top, bottom = (window.y0 - y0) * down, (window.y1 - y0) * down
    clipped = Window(
        max(left, 0.0), max(top, 0.0), min(right, float(columns)), min(bottom, float(rows))
    )
    if clipped.width <= 0.1 or clipped.height <= 0.1:
        return None, 0.0
    whole = (right - left) * (bottom - top)
    return clipped, clipped.width * clipped.height / whole


def _mark(heat: NDArray[np.float32], row: int, column: int, box: Window) -> None:
    """A Gaussian around a middle, as wide as a shift that leaves an IoU of `_HIT_IOU`."""
    share = (1 - _HIT_IOU) / (1 + _HIT_IOU)
    spread_y, spread_x = (max(side * share / 3, 0.4) for side in (box.height, box.width))
    y = np.exp(-0.5 * ((np.arange(heat.shape[0]) - row) / spread_y) ** 2)
    x = np.exp(-0.5 * ((np.arange(heat.shape[1]) - column) / spread_x) ** 2)
    bump = (y[:, None] * x).astype(np.float32)
    bump[bump < 0.05] = 0
    np.maximum(heat, bump, out=heat)
    heat[row, column] = 1


def _forgive(weight: NDArray[np.float32], box: Window) -> None:
    weight[int(box.y0) : int(np.ceil(box.y1)), int(box.x0) : int(np.ceil(box.x1))] = 0


def _overlaps(low: float, high: float, count: int) -> NDArray[np.float64]:
    """(count, 48): how much of each cell of the photo lies in each of a view, in shares."""
    edges = (low + (high - low) * np.arange(count + 1) / count) * GAZE_CELLS
    cells = np.arange(GAZE_CELLS)
    near = np.maximum(edges[:-1, None], cells)
    far = np.minimum(edges[1:, None], cells + 1)
    shares: NDArray[np.float64] = np.maximum(far - near, 0)
    return shares
