"""A detector of faces: the whole photo, reduced, through one network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from marscrop.cores import usable_cores
from marscrop.errors import ImageError
from marscrop.faces.centerface import INPUT, OUTPUTS, read_network
from marscrop.geometry import Size, Window, fit_longest_edge
from marscrop.imaging.photo import Photo
from marscrop.imaging.sight import PhotoPart
from marscrop.runtime.onnx_network import load_network
from marscrop.subjects.peaks import surest, windows_above

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST_EDGE_PX: Final = 640
"""Longest edge that a photo is reduced or enlarged to [px]; docs/faces.md compares others."""

MIN_SCORE: Final = 0.3
"""Lowest score that counts as a face. Low, as most finds of 0.3 to 0.5 are heads in profile or half
hidden, and keeping something else whole does little harm (docs/faces.md)."""

OVERSAMPLING: Final = 1
"""Pixels decoded along a side for each that the network sees; aliasing hides no face."""

_CELL_PX: Final = 4
"""Pixels of the network's input along a side of a cell of its maps."""

_MULTIPLE_PX: Final = 32
"""What the sides of its input are multiples of: the deepest layer has a 32nd of its size."""

_SAME_FACE_IOU: Final = 0.3
"""Windows that overlap by this IoU or more are one face."""

_Array: TypeAlias = "NDArray[np.float32]"


class Face(NamedTuple):
    """A face in a picture.

    Attributes:
        window: from the hairline to the chin and from ear to ear [px of the picture]; it may
            reach beyond the edge that cuts the face.
        score: confidence of the detector, 0..1.
    """

    window: Window
    score: float


class FaceDetector:
    """A face detector; it gives the same faces for the same picture. Threads may share one."""

    def __init__(self, threads: int | None = None) -> None:
        """Load the network.

        Args:
            threads: for one photo; by default as many as there are cores.

        Raises:
            MarscropError: the optional package with the network is missing.
            ModelError: the package holds another file than expected.
        """
        content, path = read_network()
        self._session = load_network(content, path, threads)
        self._threads = threads or usable_cores()

    def in_photo(self, photo: Photo | PhotoPart) -> list[Face]:
        """The faces of a photo or of a part of one, in pixels of it at full size, surest first.

        Raises:
            ImageError: truncated, corrupt or vanished pixels.
        """
        size = input_size(photo)
        x, y = photo.size.width / size.width, photo.size.height / size.height
        found = self.detect(photo.analysis_rgb(size, OVERSAMPLING, self._threads))
        return [Face(face.window.scaled(x, y), face.score) for face in found]

    def detect(self, rgb: NDArray[np.uint8], min_score: float = MIN_SCORE) -> list[Face]:
        """The faces of a picture, at its own size.

        Args:
            rgb: uint8 array of shape (height, width, 3), RGB, 0..255.
            min_score: lowest score that counts as a face, 0..1.

        Returns:
            faces in pixels of the array, surest first.

        Raises:
            ImageError: an array of another kind.
        """
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
            raise ImageError(
                None,
                f"expected a uint8 array of shape (height, width, 3); got shape {rgb.shape}, "
                f"dtype {rgb.dtype}",
            )
        sure, log_size, offset = self._session.run(OUTPUTS, {INPUT: _network_input(rgb)})
        windows, scores = windows_above(sure[0, 0], offset[0], log_size[0], min_score)
        return [
            Face(Window(*map(float, windows[i])).scaled(_CELL_PX, _CELL_PX), float(scores[i]))
            for i in surest(windows, scores, _SAME_FACE_IOU)
        ]


def distinct_faces(found: Iterable[Face]) -> tuple[Face, ...]:
    """Each face once, surest first, of several pictures of one size."""
    faces = list(found)
    windows = np.array([face.window for face in faces], np.float32).reshape(-1, 4)
    scores = np.array([face.score for face in faces], np.float32)
    return tuple(faces[i] for i in surest(windows, scores, _SAME_FACE_IOU))


def input_size(photo: Photo | PhotoPart) -> Size:
    """The size at which faces are looked for in a photo [px]."""
    return fit_longest_edge(photo.size, LONGEST_EDGE_PX, 1)


def _network_input(rgb: NDArray[np.uint8]) -> _Array:
    """A batch (1, 3, h, w) float32, 0..255; black to the right and below up to whole multiples."""
    height, width = (-(-side // _MULTIPLE_PX) * _MULTIPLE_PX for side in rgb.shape[:2])
    pixels = np.zeros((1, 3, height, width), np.float32)
    pixels[0, :, : rgb.shape[0], : rgb.shape[1]] = rgb.transpose(2, 0, 1)
    return pixels
