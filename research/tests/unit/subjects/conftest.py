"""A small folder of photos from all kinds of sources, and what teachers said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from research.tests.unit.data.small_sets import make_photo, write_json

from marscrop.geometry import Size
from marscrop_research.subjects.sources import SourcePhoto, find_photos
from marscrop_research.subjects.teachers import FACES_FILE, GAZE_CELLS, GAZE_FILE

SIZES: Final = (Size(96, 72), Size(72, 96), Size(96, 64))
PHOTOS: Final = {
    "fcdb_train/images": 8,
    "fixations/osie/images": 6,
    "unlabelled/voc07": 12,
    "unlabelled/bsds": 4,
}
"""Folder -> photos in it, 0.jpg and so on; held out are one, three and one of the first three."""


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, for reading only."""
    folder = tmp_path_factory.mktemp("photos")
    for place, count in PHOTOS.items():
        for n in range(count):
            make_photo(folder / place / f"{n}.jpg", n, SIZES[n % len(SIZES)])
    (folder / "unlabelled/voc07/notes.txt").write_text("no photo")
    fixations = {f"{n}.jpg": [[0.25, 0.25], [0.3, 0.2]] for n in range(6)}
    write_json(folder / "fixations/osie/fixations.json", fixations)
    boxes = [["dog", 0.1, 0.2, 0.5, 0.8, 0], ["car", 0.0, 0.0, 0.9, 0.9, 0]]
    write_json(folder / "voc07_boxes.json", {f"{n}.jpg": boxes for n in range(12)})
    return folder


@pytest.fixture(scope="session")
def photos(data: Path) -> list[SourcePhoto]:
    return find_photos(data)


@pytest.fixture(scope="session")
def labels(photos: list[SourcePhoto], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of each photo: most gaze at the upper left, a large face there, and an unsure one."""
    folder = tmp_path_factory.mktemp("labels")
    gaze = np.full((len(photos), GAZE_CELLS, GAZE_CELLS), 0.5, np.float32)
    gaze[:, :16, :16] = 4
    np.save(folder / GAZE_FILE, gaze / gaze.sum(axis=(1, 2), keepdims=True))
    faces = [[0.2, 0.2, 0.5, 0.5, 0.9], [0.6, 0.6, 0.8, 0.8, 0.35]]
    lines = [json.dumps({"photo": photo.key, "faces": faces}) + "\n" for photo in photos]
    (folder / FACES_FILE).write_text("".join(lines))
    return folder


@pytest.fixture(scope="session")
def unisal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of UNISAL's shape that looks at what is bright."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 3, 256, 416])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 256, 416])
    axes = numpy_helper.from_array(np.array([2], np.int64), "axes")
    node = helper.make_node("ReduceMean", ["x", "axes"], ["y"], keepdims=1)
    graph = helper.make_graph([node], "unisal", [x], [y], [axes])
    opset = [helper.make_opsetid("", 18)]
    path = tmp_path_factory.mktemp("unisal") / "unisal.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path
