"""The maps of a frozen cropping network for many views of each photo, computed once.

A view is a photo whole, or mirrored, or a part of it in one of a few shapes. Views of one shape
share a group, so that a batch needs no padding. What the integer network holds in bytes is kept in
bytes: 100 kB a view.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from PIL import Image

from marscrop.geometry import Size, Window, fit_longest_edge
from marscrop.imaging.resize import resize_rgb
from marscrop.runtime.quiet_onnxruntime import ort
from marscrop_research.subjects.network import INPUTS
from marscrop_research.subjects.packaging import with_maps
from marscrop_research.subjects.sources import SourcePhoto

PARTS_A_PHOTO: Final = 4
_SHAPES: Final = (Size(12, 9), Size(9, 12), Size(12, 8), Size(8, 12), Size(12, 12))
"""Of parts of photos, in cells of 16 pixels; most whole photos have one of these, too."""
_LEAST_ZOOM: Final = 0.45
_INDEX: Final = "views.json"


@dataclass(frozen=True, slots=True)
class View:
    """What part of a photo is shown.

    Attributes:
        photo: index in the list of photos.
        region: x0, y0, x1, y1 in shares of the photo's sides.
        mirrored: left and right.
    """

    photo: int
    region: tuple[float, float, float, float]
    mirrored: bool


class ViewGroup(NamedTuple):
    """All views of one shape.

    Attributes:
        views: n of them.
        features: (n, c, h, w) float16.
        details, edges: (n, c', 2 h, 2 w) and (n, c'', 4 h, 4 w) int8, in steps.
    """

    views: list[View]
    features: NDArray[np.float16]
    details: NDArray[np.int8]
    edges: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class ViewSet:
    """What `compute_views` wrote.

    Attributes:
        groups: by shape.
        steps: what one of `details`, and of `edges`, is worth.
    """

    groups: list[ViewGroup]
    steps: tuple[float, float]


def compute_views(
    photos: Sequence[SourcePhoto],
    features: Path,
    longest_edge_px: int,
    folder: Path,
    seed: int,
    report: Callable[[int], None],
) -> None:
    """Write the maps of all views: of a photo held out only whole, of others six views each.

    Args:
        photos: to be seen.
        features: `features.onnx` of an int8 model.
        longest_edge_px: of its input.
        folder: made if missing.
        seed: of the parts that are shown.
        report: told how many photos are done, now and then.
    """
    model = with_maps(onnx.load(features))
    steps = _steps(model)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options)
    kept: dict[str, list[tuple[View, list[NDArray[np.generic]]]]] = defaultdict(list)
    for index, photo in enumerate(photos):
        with Image.open(photo.path) as opened:
            image = opened.convert("RGB")
        draw = np.random.default_rng([seed, index])
        for view, size in _views(index, image, photo.held_out, longest_edge_px, draw):
            region = Window(*view.region).scaled(*image.size)
            rgb = resize_rgb(image, size, region)[:, :: -1 if view.mirrored else 1]
            found = session.run(list(INPUTS), {"pixels": np.ascontiguousarray(rgb[None])})
            maps: list[NDArray[np.generic]] = [found[0][0].astype(np.float16)]
            for values, step in zip(found[1:], steps, strict=True):
                maps.append(np.rint(values[0] / step).astype(np.int8))
            kept[f"{size.width}x{size.height}"].append((view, maps))
        if index % 500 == 0:
            report(index)
    folder.mkdir(parents=True, exist_ok=True)
    table = {}
    for shape in sorted(kept):
        entries = kept.pop(shape)
        table[shape] = [asdict(view) for view, _ in entries]
        for number, name in enumerate(INPUTS):
            np.save(folder / f"{shape}.{name}.npy", np.stack([maps[number] for _, maps in entries]))
    (folder / _INDEX).write_text(json.dumps({"steps": steps, "views": table}), encoding="utf-8")


def read_views(folder: Path) -> ViewSet:
    """What `compute_views` wrote, read as it is needed."""
    table = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    groups = []
    for shape, views in table["views"].items():
        maps = [np.load(folder / f"{shape}.{name}.npy", mmap_mode="r") for name in INPUTS]
        groups.append(
            ViewGroup([View(v["photo"], tuple(v["region"]), v["mirrored"]) for v in views], *maps)
        )
    details, edges = table["steps"]
    return ViewSet(groups, (details, edges))


def _views(
    index: int,
    image: Image.Image,
    only_whole: bool,
    longest_edge_px: int,
    draw: np.random.Generator,
) -> list[tuple[View, Size]]:
    size = fit_longest_edge(Size(*image.size), longest_edge_px, 16)
    whole = (0.0, 0.0, 1.0, 1.0)
    views = [(View(index, whole, False), size)]
    if only_whole:
        return views
    views.append((View(index, whole, True), size))
    for _ in range(PARTS_A_PHOTO):
        shape = _SHAPES[int(draw.integers(len(_SHAPES)))]
        width = min(image.width, image.height * shape.ratio) * draw.uniform(_LEAST_ZOOM, 1)
        height = width / shape.ratio
        x0, y0 = draw.random(2) * (image.width - width, image.height - height)
        region = Window(x0, y0, x0 + width, y0 + height).scaled(1 / image.width, 1 / image.height)
        factor = longest_edge_px // max(shape)
        shown = Size(shape.width * factor, shape.height * factor)
        views.append((View(index, region, bool(draw.integers(2))), shown))
    return views


def _steps(model: onnx.ModelProto) -> tuple[float, float]:
    """What one of the bytes behind `details`, and behind `edges`, is worth."""
    tensors = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    made = {output: node for node in model.graph.node for output in node.output}

    def step(name: str) -> float:
        node = made[name]
        while node.op_type != "DequantizeLinear":
            node = made[node.input[0]]
        return float(tensors[node.input[1]])

    return step("details"), step("edges")
