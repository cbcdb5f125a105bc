"""What an exported folder holds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from research.tests.parity.conftest import PRIOR, Exported
from research.tests.support import settled_network, tiny_config

from marscrop.runtime.manifest import PARTS, Manifest
from marscrop.window.confidence import Calibration
from marscrop_research.errors import ConfigError
from marscrop_research.export.onnx_export import export, store_in_half
from marscrop_research.network.mars import Mars


def part(folder: Path, name: str) -> onnx.ModelProto:
    return onnx.load(folder / f"{name}.onnx")


def test_folder_holds_the_parts_and_the_manifest_alone(exported: Exported) -> None:
    names = {path.name for path in exported.folder.iterdir()}
    assert names == {"manifest.json", "features.onnx", "meta.onnx", "head.onnx"}


def test_manifest_on_disk_is_the_one_returned(exported: Exported) -> None:
    assert Manifest.load(exported.folder) == exported.manifest


@pytest.mark.parametrize("name", PARTS)
def test_manifest_describes_each_part(exported: Exported, name: str) -> None:
    content = (exported.folder / f"{name}.onnx").read_bytes()
    described = exported.manifest.parts[name]
    assert described.file == f"{name}.onnx"
    assert described.bytes == len(content)
    assert described.sha256 == hashlib.sha256(content).hexdigest()


def test_manifest_tells_the_input_rule(exported: Exported) -> None:
    rule = exported.manifest.input
    assert (rule.longest_edge_px, rule.multiple_px, rule.filter) == (64, 16, "bilinear")
    assert rule.mean == pytest.approx((102, 127.5, 153))
    assert rule.std == pytest.approx((51, 63.75, 76.5))


def test_manifest_tells_what_it_was_given(exported: Exported) -> None:
    manifest = exported.manifest
    assert manifest.name == "tiny"
    assert manifest.ratio_range == (0.25, 4.0)
    assert manifest.calibration == Calibration(0.1, 0.2, 0.3)
    assert manifest.training == {"commit": "abc123"}
    assert manifest.scores == {"iou": 0.5}


def test_manifest_is_json_with_its_format(exported: Exported) -> None:
    assert json.loads((exported.folder / "manifest.json").read_text())["format"] == 3


@pytest.mark.parametrize("name", PARTS)
def test_part_is_valid_onnx_of_the_manifests_opset(exported: Exported, name: str) -> None:
    model = part(exported.folder, name)
    onnx.checker.check_model(model, full_check=True)
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    assert opsets[""] == exported.manifest.opset


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("features", ["pixels"], ["features"]),
        ("meta", ["log_ratio"], ["ftm", "pwp"]),
        ("head", ["features", "ftm", "pwp"], ["logits"]),
    ],
)
def test_part_has_the_names_that_the_product_asks_for(
    exported: Exported, name: str, inputs: list[str], outputs: list[str]
) -> None:
    graph = part(exported.folder, name).graph
    assert [value.name for value in graph.input] == inputs
    assert [value.name for value in graph.output] == outputs


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_32_bits_hold_no_16_bits(exported: Exported, name: str) -> None:
    kinds = {tensor.data_type for tensor in part(exported.folder, name).graph.initializer}
    assert TensorProto.FLOAT16 not in kinds


@pytest.mark.parametrize(("ftm", "pwp"), [(False, True), (True, False), (False, False)])
def test_variant_for_ablations_is_refused_and_writes_nothing(
    tmp_path: Path, ftm: bool, pwp: bool
) -> None:
    config = tiny_config(model={"ftm": ftm, "pwp": pwp})
    model = Mars(config.model).eval()
    with pytest.raises(ConfigError, match="only a network with both ftm and pwp can be exported"):
        export(
            model,
            config,
            tmp_path / "model",
            prior=PRIOR,
            calibration=Calibration(0.0, 0.0, 0.0),
            training={},
            scores={},
        )
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("name", PARTS)
def test_large_weights_are_stored_in_16_bits(packaged: Exported, name: str) -> None:
    for tensor in part(packaged.folder, name).graph.initializer:
        values = numpy_helper.to_array(tensor)
        assert tensor.data_type != TensorProto.FLOAT or values.size < 256, tensor.name


@pytest.mark.parametrize("name", ["features", "meta"])
def test_most_bytes_of_a_packaged_part_are_16_bit_weights(packaged: Exported, name: str) -> None:
    weights = [numpy_helper.to_array(t) for t in part(packaged.folder, name).graph.initializer]
    half = sum(w.size for w in weights if w.dtype == np.float16)
    assert half > 0.7 * sum(w.size for w in weights)


@pytest.mark.parametrize("name", PARTS)
def test_packaged_part_is_valid_onnx(packaged: Exported, name: str) -> None:
    onnx.checker.check_model(part(packaged.folder, name), full_check=True)


def test_stored_weights_are_the_networks_rounded_to_16_bits(packaged: Exported) -> None:
    stored = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in part(packaged.folder, "meta").graph.initializer
    }
    weight = packaged.model.meta.to_ftm.weight.detach().half().numpy()  # type: ignore[union-attr]
    candidates = [w for w in stored.values() if w.dtype == np.float16 and w.size == weight.size]
    assert any(np.array_equal(w, weight) or np.array_equal(w, weight.T) for w in candidates)


def product_of(weights: dict[str, np.ndarray[Any, Any]]) -> onnx.ModelProto:
    """x times each weight, one after the other."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])
    nodes, last = [], "x"
    for name in weights:
        nodes.append(helper.make_node("Mul", [last, name], [f"{name}_out"]))
        last = f"{name}_out"
    y = helper.make_tensor_value_info(last, TensorProto.FLOAT, [None])
    tensors = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    return helper.make_model(helper.make_graph(nodes, "product", [x], [y], tensors))


def stored_kinds(model: onnx.ModelProto) -> dict[str, int]:
    return {tensor.name: tensor.data_type for tensor in model.graph.initializer}


def test_only_large_floats_become_16_bits() -> None:
    model = store_in_half(
        product_of(
            {
                "large": np.full(256, 0.1, np.float32),
                "small": np.full(255, 0.1, np.float32),
                "indices": np.zeros(300, np.int64),
            }
        )
    )
    assert stored_kinds(model) == {
        "large.half": TensorProto.FLOAT16,
        "small": TensorProto.FLOAT,
        "indices": TensorProto.INT64,
    }


def test_halved_weight_is_cast_back_under_its_old_name_before_use() -> None:
    model = store_in_half(product_of({"large": np.full(256, 0.1, np.float32)}))
    cast, use = model.graph.node
    assert cast.op_type == "Cast"
    assert (list(cast.input), list(cast.output)) == (["large.half"], ["large"])
    assert cast.attribute[0].i == TensorProto.FLOAT
    assert list(use.input) == ["x", "large"]


def test_halved_weights_take_half_the_bytes() -> None:
    weights = {"large": np.random.default_rng(0).normal(size=50_000).astype(np.float32)}
    before = product_of(weights).ByteSize()
    assert store_in_half(product_of(weights)).ByteSize() < 0.51 * before


def test_export_leaves_the_network_as_it_was(exported: Exported) -> None:
    before = settled_network(exported.config.model).state_dict()
    for name, value in exported.model.state_dict().items():
        assert torch.equal(value, before[name]), name
