"""From a subject network to a model folder: another model's, with the part `subjects`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import onnx
import torch
from onnx import TensorProto, helper, shape_inference
from torch import Tensor, nn

from marscrop.errors import ModelError
from marscrop.runtime.manifest import FILE, OPTIONAL_PARTS, PARTS, Manifest, ModelPart
from marscrop.window.confidence import Calibration
from marscrop_research.export.onnx_export import model_folder, module_to_onnx, store_in_half
from marscrop_research.subjects.network import INPUTS, OUTPUTS, SubjectNetwork
from marscrop_research.subjects.sureness import Sureness

_INNER: Final = {"details": ("features.6.add.real", 8), "edges": ("features.3.add.real", 4)}
"""Of each map besides the features: its name in a distilled network, and its stride."""
_EXAMPLE_CELLS: Final = (9, 12)
_AS_IT_IS: Final = Sureness()


def package_subjects(
    model: Path,
    network: SubjectNetwork,
    folder: Path,
    calibrate: Callable[[Path], tuple[Sureness, Sureness]],
    judge: Callable[[Path], dict[str, Any]],
    refit: Callable[[Path], tuple[Calibration, dict[str, Any]]] | None,
    training: dict[str, Any],
) -> Manifest:
    """Write a model folder: a model that crops as it did, with a subject map.

    Args:
        model: folder of a distilled model, whose maps the network was trained on.
        network: in evaluation mode.
        folder: made if missing, or `model` itself; its files are replaced.
        calibrate: from a whole model folder to how sure its heads, and subjects, are.
        judge: from a whole model folder to the network's scores, kept in the manifest beside the
            model's as `subjects`.
        refit: from a whole model folder to the calibration of the confidence with what subjects
            tell, and further scores; None leaves both as they are.
        training: how the network was made; kept so, too.

    Raises:
        ModelError: the model is missing, damaged or not distilled; that in `folder` stays.
        StorageError: the disk is full or read-only.
    """
    source = Manifest.load(model)
    content = {name: source.read_part(model, name) for name in PARTS}
    with model_folder(folder) as draft:
        features = with_maps(onnx.load_from_string(content.pop("features")))
        onnx.save(features, draft / "features.onnx")
        for name, unchanged in content.items():
            (draft / f"{name}.onnx").write_bytes(unchanged)
        manifest = _written(draft, source, to_onnx(network))
        heads, subjects = calibrate(draft)
        training = {**training, "sureness": {"heads": heads, "subjects": subjects}}
        source = dataclasses.replace(source, training={**source.training, "subjects": training})
        manifest = _written(draft, source, to_onnx(network, heads, subjects))
        scores = {**source.scores, "subjects": judge(draft)}
        manifest = dataclasses.replace(manifest, scores=scores)
        if refit:
            calibration, further = refit(draft)
            manifest = dataclasses.replace(
                manifest, calibration=calibration, scores={**scores, **further}
            )
        (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _written(draft: Path, source: Manifest, subjects: onnx.ModelProto) -> Manifest:
    """The manifest of a whole model, written beside its last part."""
    onnx.save(store_in_half(subjects), draft / "subjects.onnx")
    parts = {name: ModelPart.of(draft / f"{name}.onnx") for name in (*PARTS, *OPTIONAL_PARTS)}
    manifest = dataclasses.replace(source, parts=parts)
    (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def with_maps(features: onnx.ModelProto) -> onnx.ModelProto:
    """The part `features` of a distilled model with all of the subject network's inputs as outputs.

    Those are real values of maps of bytes. ONNX Runtime goes on computing in bytes between them;
    the features are the same, bit for bit.

    Raises:
        ModelError: it is not a distilled model's, which alone names its maps so.
    """
    model = onnx.ModelProto()
    model.CopyFrom(features)
    found = {output.name for output in model.graph.output}
    inner = {value.name: value for value in shape_inference.infer_shapes(model).graph.value_info}
    for name, (tensor, stride) in _INNER.items():
        if name in found:
            continue
        if tensor not in inner:
            raise ModelError(
                None, f"the features have no tensor {tensor}; a subject map needs a distilled model"
            )
        channels = inner[tensor].type.tensor_type.shape.dim[1].dim_value
        shape = [1, channels, f"height / {stride}", f"width / {stride}"]
        model.graph.node.append(helper.make_node("Identity", [tensor], [name], name))
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)
    return model


def to_onnx(
    network: SubjectNetwork, heads: Sureness = _AS_IT_IS, subjects: Sureness = _AS_IT_IS
) -> onnx.ModelProto:
    """`INPUTS` of any size to `OUTPUTS` as the product has them: shares and scores, no logarithms.

    Args:
        network: in evaluation mode.
        heads, subjects: how sure they are.
    """
    height, width = torch.export.Dim("height"), torch.export.Dim("width")
    examples, shapes = [], []
    for norm, scale in zip(
        (network.features_norm, network.details_norm, network.edges_norm), (1, 2, 4), strict=True
    ):
        examples.append(torch.zeros(1, norm.num_features, *(scale * n for n in _EXAMPLE_CELLS)))
        shapes.append({2: scale * height, 3: scale * width})
    return module_to_onnx(
        _Answers(network, heads, subjects),
        tuple(examples),
        list(INPUTS),
        list(OUTPUTS),
        tuple(shapes),
    )


class _Answers(nn.Module):
    """The network's answers without logarithms of shares and odds."""

    def __init__(self, network: SubjectNetwork, heads: Sureness, subjects: Sureness) -> None:
        super().__init__()
        self.network, self.heads, self.subjects = network, heads, subjects

    def forward(
        self, features: Tensor, details: Tensor, edges: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        maps = self.network(features, details, edges)
        heads, subjects = maps.heads, maps.subjects
        return (
            maps.gaze.exp(),
            _with_scores(heads, self.heads),
            _with_scores(subjects, self.subjects),
        )


def _with_scores(boxes: Tensor, sureness: Sureness) -> Tensor:
    """(b, 5, h, w) with the score in place of its log odds."""
    odds = sureness.slope * boxes[:, :1] + sureness.bias
    return torch.cat([odds.sigmoid(), boxes[:, 1:]], dim=1)
