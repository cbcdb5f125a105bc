"""The meta-learner's answers as a table: 8 MB smaller, and nothing to compute but a product.

All that a meta-learner depends on is one number. So what it answers at evenly spaced ratios (in
logarithm) is kept, and interpolated linearly between them. The matrices of the feature
transformation lie near a plane of fewer dimensions than there are ratios: their principal
components are kept in bytes, and of each ratio its place among them. The predictors, of which an
error shows at once, are kept as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from marscrop.runtime.manifest import FILE, OPTIONAL_PARTS, PARTS, Manifest, ModelPart
from marscrop.runtime.model import MarsModel
from marscrop_research.export.onnx_export import OPSET, model_folder

KNOTS: Final = 801
COMPONENTS: Final = 128
_META: Final = "meta"
_MOST: Final = 127
_Floats = NDArray[np.float32]


class RatioTable(NamedTuple):
    """What is kept of a meta-learner's answers.

    Attributes:
        log_ratios: (k,) float64, evenly spaced, in rising order.
        places: (k, n) float16 of each ratio's matrix among the components.
        components: (n, c c) int8, in steps of `steps`.
        steps: (n,) float32.
        mean: (c c,) float32 of all matrices.
        predictors: (k, c') float16.
    """

    log_ratios: NDArray[np.float64]
    places: NDArray[np.float16]
    components: NDArray[np.int8]
    steps: _Floats
    mean: _Floats
    predictors: NDArray[np.float16]


def tabulate(model: MarsModel, knots: int = KNOTS, components: int = COMPONENTS) -> RatioTable:
    """A table of what a model's meta-learner answers in the range of its ratios.

    Args:
        model: whose answers are asked for.
        knots: ratios that are asked.
        components: at most; never more than there are knots.
    """
    ratios = np.geomspace(*model.manifest.ratio_range, knots)
    answers = [model.parameters([float(ratio)])[0] for ratio in ratios]
    matrices = np.stack([ftm.ravel() for ftm, _ in answers]).astype(np.float64)
    mean = matrices.mean(axis=0)
    left, sizes, right = np.linalg.svd(matrices - mean, full_matrices=False)
    kept = min(components, len(sizes))
    steps = np.abs(right[:kept]).max(axis=1) / _MOST
    return RatioTable(
        np.log(ratios),
        (left[:, :kept] * sizes[:kept]).astype(np.float16),
        np.rint(right[:kept] / steps[:, None]).astype(np.int8),
        steps.astype(np.float32),
        mean.astype(np.float32),
        np.concatenate([pwp for _, pwp in answers]).astype(np.float16),
    )


def to_onnx(table: RatioTable) -> onnx.ModelProto:
    """A network with a meta-learner's input and outputs: `log_ratio` to `ftm` and `pwp`."""
    knots, side = len(table.log_ratios), round(len(table.mean) ** 0.5)
    low = float(table.log_ratios[0])
    per_step = (knots - 1) / (float(table.log_ratios[-1]) - low)
    stored: dict[str, NDArray[Any]] = {
        "low": np.array(low, np.float32),
        "per_step": np.array(per_step, np.float32),
        "first": np.array(0, np.float32),
        "last": np.array(knots - 1, np.float32),
        "one": np.array(1, np.float32),
        "knots": np.arange(knots, dtype=np.float32),
        "column": np.array([-1, 1], np.int64),
        "square": np.array([-1, side, side], np.int64),
        **{name: getattr(table, name) for name in ("places", "components", "steps", "mean")},
        "predictors": table.predictors,
    }
    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        # hat functions: the two knots beside a ratio share it
        ("Sub", ["log_ratio", "low"], "above", {}),
        ("Mul", ["above", "per_step"], "position", {}),
        ("Clip", ["position", "first", "last"], "inside", {}),
        ("Reshape", ["inside", "column"], "row", {}),
        ("Sub", ["row", "knots"], "apart", {}),
        ("Abs", ["apart"], "distance", {}),
        ("Sub", ["one", "distance"], "nearness", {}),
        ("Relu", ["nearness"], "weights", {}),
        ("Cast", ["places"], "places.float", {"to": TensorProto.FLOAT}),
        ("MatMul", ["weights", "places.float"], "place", {}),
        ("Mul", ["place", "steps"], "scaled", {}),
        ("Cast", ["components"], "components.float", {"to": TensorProto.FLOAT}),
        ("MatMul", ["scaled", "components.float"], "offset", {}),
        ("Add", ["offset", "mean"], "flat", {}),
        ("Reshape", ["flat", "square"], "ftm", {}),
        ("Cast", ["predictors"], "predictors.float", {"to": TensorProto.FLOAT}),
        ("MatMul", ["weights", "predictors.float"], "pwp", {}),
    ]
    graph = helper.make_graph(
        [
            helper.make_node(kind, inputs, [name], name, **more)
            for kind, inputs, name, more in steps
        ],
        "ratio_table",
        [helper.make_tensor_value_info("log_ratio", TensorProto.FLOAT, ["ratios"])],
        [
            helper.make_tensor_value_info("ftm", TensorProto.FLOAT, ["ratios", side, side]),
            helper.make_tensor_value_info(
                "pwp", TensorProto.FLOAT, ["ratios", table.predictors.shape[1]]
            ),
        ],
        [numpy_helper.from_array(values, name) for name, values in stored.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def package_table(model: Path, folder: Path, compare: Callable[[Path], dict[str, Any]]) -> Manifest:
    """Write a model folder: a model that crops as it did, with a table for a meta-learner.

    Args:
        model: folder of any model.
        folder: made if missing, or `model` itself; its files are replaced.
        compare: from the folder to how far its boxes are from the model's, kept in the manifest's
            scores as `moved_by_table`.

    Raises:
        ModelError: the model is missing or damaged; that in `folder` stays.
        StorageError: the disk is full or read-only.
    """
    source = Manifest.load(model)
    present = [name for name in (*PARTS, *OPTIONAL_PARTS) if name in source.parts]
    content = {name: source.read_part(model, name) for name in present}
    table = tabulate(MarsModel(model, threads=1))
    content[_META] = to_onnx(table).SerializeToString()
    with model_folder(folder) as draft:
        for name, part in content.items():
            (draft / f"{name}.onnx").write_bytes(part)
        manifest = dataclasses.replace(
            source,
            parts={name: ModelPart.of(draft / f"{name}.onnx") for name in present},
            training={
                **source.training,
                "ratio_table": {
                    "knots": len(table.log_ratios),
                    "components": len(table.steps),
                    "meta_sha256": source.parts[_META].sha256,
                },
            },
        )
        (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
        manifest = dataclasses.replace(
            manifest, scores={**source.scores, "moved_by_table": compare(draft)}
        )
        (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest
