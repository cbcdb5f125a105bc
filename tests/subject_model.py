"""The packaged model with a part `subjects` that is easy to check, and without any."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marscrop.runtime.manifest import FILE, PARTS, Manifest, ModelPart

SIDE_CELLS = 3
"""Height and width of the subject that the graph sees."""

_OPSET = 18
_INNER = {"details": ("features.6.add.real", 32, 8), "edges": ("features.3.add.real", 24, 4)}


def write_subject_model(packaged: Path, folder: Path, *, maps: bool = True) -> Path:
    """The folder; the test is skipped without ONNX's own package.

    `gaze` is a softmax of the mean of `details`. `subjects` has its highest score, 1, in the cell
    with most gaze, and boxes of `SIDE_CELLS` everywhere. There are no heads.

    Args:
        packaged: the packaged model's.
        folder: to be made.
        maps: whether the features have the outputs that the subjects need.
    """
    onnx = pytest.importorskip("onnx")
    shutil.copytree(packaged, folder)
    features = onnx.load(folder / "features.onnx")
    _leave_features_alone(features.graph)
    for name, (inner, channels, stride) in _INNER.items() if maps else ():
        features.graph.node.append(onnx.helper.make_node("Identity", [inner], [name]))
        shape = [1, channels, f"height / {stride}", f"width / {stride}"]
        features.graph.output.append(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        )
    onnx.save(features, folder / "features.onnx")
    _write_subjects(folder / "subjects.onnx")
    _describe(folder, (*PARTS, "subjects"))
    return folder


def write_model_without_subjects(packaged: Path, folder: Path) -> Path:
    """The folder, in which a part `subjects` would be known to nobody."""
    shutil.copytree(packaged, folder)
    _describe(folder, PARTS)
    return folder


def _describe(folder: Path, names: tuple[str, ...]) -> None:
    parts = {name: ModelPart.of(folder / f"{name}.onnx") for name in names}
    manifest = dataclasses.replace(Manifest.load(folder), parts=parts)
    (folder / FILE).write_text(manifest.to_json())


def _leave_features_alone(graph: Any) -> None:
    """Outputs that the packaged model may have for subjects of its own are removed."""
    for values in (graph.node, graph.output):
        for value in list(values):
            outputs = value.output if values is graph.node else [value.name]
            if outputs[0] in _INNER:
                values.remove(value)


def _write_subjects(path: Path) -> None:
    import onnx
    from onnx.helper import make_node, make_tensor_value_info

    constants = {
        "channels": np.array([1]),
        "row": np.array([1, -1]),
        "cells": np.array([2, 3]),
        "no_offset": np.zeros((1, 2, 1, 1), np.float32),
        "log_size": np.full((1, 2, 1, 1), np.log(SIDE_CELLS), np.float32),
        "zero": np.array(0, np.float32),
    }
    nodes = [
        make_node("ReduceMean", ["details", "channels"], ["mean"], keepdims=1),
        make_node("Shape", ["mean"], ["size"]),
        make_node("Reshape", ["mean", "row"], ["flat"]),
        make_node("Softmax", ["flat"], ["shares"], axis=1),
        make_node("Reshape", ["shares", "size"], ["share"]),
        make_node("Squeeze", ["share", "channels"], ["gaze"]),
        make_node("ReduceMax", ["share", "cells"], ["most"], keepdims=1),
        make_node("Div", ["share", "most"], ["score"]),
        make_node("Mul", ["share", "zero"], ["nothing"]),
        make_node("Add", ["nothing", "no_offset"], ["offset"]),
        make_node("Add", ["nothing", "log_size"], ["sizes"]),
        make_node("Concat", ["score", "offset", "sizes"], ["subjects"], axis=1),
        make_node("Concat", ["nothing", "offset", "sizes"], ["heads"], axis=1),
    ]
    inputs = {"features": 96, "details": 32, "edges": 24}
    graph = onnx.helper.make_graph(
        nodes,
        "subjects",
        [make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, c, None, None])
         for n, c in inputs.items()],
        [make_tensor_value_info(n, onnx.TensorProto.FLOAT, None)
         for n in ("gaze", "heads", "subjects")],
        [onnx.numpy_helper.from_array(values, name) for name, values in constants.items()],
    )  # fmt: skip
    opsets = [onnx.helper.make_opsetid("", _OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 10
    onnx.save(model, path)
