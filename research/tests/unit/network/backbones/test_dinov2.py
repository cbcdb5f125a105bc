"""DINOv2 as a backbone: read from an ONNX file that names not all, and left as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from research.tests.support import tiny_config

from marscrop.errors import ModelError
from marscrop_research.config import ModelConfig
from marscrop_research.network.backbones import LAYERS, build_backbone, load_imagenet
from marscrop_research.network.backbones.dinov2 import CHANNELS, WIDTH, DinoV2, read_dinov2
from marscrop_research.network.frozen import FrozenPart, TrainedPart
from marscrop_research.network.mars import Mars
from marscrop_research.network.published_weights import read_weights

HIDDEN = 4 * WIDTH
VECTORS = {
    "backbone.embeddings.cls_token": (1, 1, WIDTH),
    "backbone.embeddings.patch_embeddings.projection.weight": (WIDTH, 3, 14, 14),
    "backbone.embeddings.patch_embeddings.projection.bias": (WIDTH,),
    "backbone.layernorm.weight": (WIDTH,),
    "backbone.layernorm.bias": (WIDTH,),
    "onnx::Concat_1957": (1, 1, WIDTH),
    "onnx::Reshape_1962": (1, 37 * 37, WIDTH),
    "decoder.final_conv.weight": (1, 64, 1, 1),
}
OF_BLOCK = {
    "norm1.weight": WIDTH,
    "norm1.bias": WIDTH,
    "attention.attention.query.bias": WIDTH,
    "attention.attention.key.bias": WIDTH,
    "attention.attention.value.bias": WIDTH,
    "attention.output.dense.bias": WIDTH,
    "layer_scale1.lambda1": WIDTH,
    "norm2.weight": WIDTH,
    "norm2.bias": WIDTH,
    "mlp.fc1.bias": HIDDEN,
    "mlp.fc2.bias": WIDTH,
    "layer_scale2.lambda1": WIDTH,
}
MATRICES = {
    "attention/attention/query": (WIDTH, WIDTH),
    "attention/attention/key": (WIDTH, WIDTH),
    "attention/attention/value": (WIDTH, WIDTH),
    "attention/output/dense": (WIDTH, WIDTH),
    "mlp/fc1": (WIDTH, HIDDEN),
    "mlp/fc2": (HIDDEN, WIDTH),
}
"""Node -> rows and columns of the matrix that it multiplies by: inputs, then outputs."""


@pytest.fixture(scope="module")
def stored() -> dict[str, NDArray[np.float32]]:
    """What the published file holds of one block, of random values, matrices by their node."""
    draw = np.random.default_rng(0)
    prefix = "backbone.encoder.layer.0."
    shapes: dict[str, tuple[int, ...]] = {
        **VECTORS,
        **{prefix + name: (length,) for name, length in OF_BLOCK.items()},
        **MATRICES,
    }
    return {name: draw.normal(0, 0.1, s).astype(np.float32) for name, s in shapes.items()}


@pytest.fixture(scope="module")
def path(stored: dict[str, NDArray[np.float32]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(stored, tmp_path_factory.mktemp("dinov2") / "focus.onnx")


def written(stored: dict[str, NDArray[np.float32]], path: Path) -> Path:
    """An ONNX file of these tensors, in which matrices have numbers for names, as exported."""
    tensors, nodes = [], []
    for number, (name, values) in enumerate(stored.items()):
        if name in MATRICES:
            node = f"/backbone/encoder/layer.0/{name}/MatMul"
            nodes.append(helper.make_node("MatMul", ["x", f"onnx::MatMul_{number}"], [name], node))
            name = f"onnx::MatMul_{number}"
        tensors.append(numpy_helper.from_array(values, name))
    # Attention multiplies two maps, by nodes whose names are nearly the same.
    scores = "/backbone/encoder/layer.0/attention/attention/MatMul"
    nodes.append(helper.make_node("MatMul", ["x", "y"], ["scores"], scores))
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("x", "y"))
    graph = helper.make_graph(nodes, "dinov2", [x], [y], tensors)
    onnx.save(helper.make_model(graph), path)
    return path


def network() -> DinoV2:
    torch.manual_seed(0)
    backbone = build_backbone(ModelConfig(backbone="dinov2", layer="block_1"))
    assert isinstance(backbone, DinoV2)
    return backbone.eval()


def test_layers_are_the_published_blocks() -> None:
    assert LAYERS["dinov2"] == tuple(f"block_{n}" for n in range(1, 13))


@pytest.mark.parametrize(("rows", "columns"), [(64, 96), (192, 128), (592, 592)])
def test_maps_have_the_other_backbones_size(rows: int, columns: int) -> None:
    with torch.device("meta"):
        backbone = build_backbone(ModelConfig(backbone="dinov2", layer="block_2"))
    features = backbone(torch.zeros(2, 3, rows, columns, device="meta"))
    assert features.shape == (2, CHANNELS, rows // 16, columns // 16)
    assert (backbone.channels, backbone.stride) == (CHANNELS, 16)


def test_file_has_every_weight_but_the_reductions(
    path: Path, stored: dict[str, NDArray[np.float32]]
) -> None:
    backbone = network()
    reductions = {name: values.clone() for name, values in backbone.reduce.state_dict().items()}
    load_imagenet(backbone, read_weights(path.name, path.parent))
    loaded = backbone.state_dict()
    assert reductions
    for name, values in backbone.reduce.state_dict().items():
        assert torch.equal(values, reductions[name]), name

    def equal(name: str, values: NDArray[np.float32]) -> None:
        np.testing.assert_array_equal(loaded[f"tokens.{name}"].numpy(), values)

    equal("cls_token", stored["backbone.embeddings.cls_token"])
    equal("cls_place", stored["onnx::Concat_1957"])
    equal("places", stored["onnx::Reshape_1962"])
    equal("layernorm.bias", stored["backbone.layernorm.bias"])
    for name in MATRICES:
        equal(f"layer.0.{name.rpartition('/')[2]}.weight", stored[name].T)
    prefix = "backbone.encoder.layer.0."
    equal("layer.0.query.bias", stored[prefix + "attention.attention.query.bias"])
    equal("layer.0.dense.bias", stored[prefix + "attention.output.dense.bias"])
    equal("layer.0.lambda1", stored[prefix + "layer_scale1.lambda1"])
    equal("layer.0.lambda2", stored[prefix + "layer_scale2.lambda1"])
    equal("layer.0.fc2.bias", stored[prefix + "mlp.fc2.bias"])
    equal("layer.0.norm2.weight", stored[prefix + "norm2.weight"])


def test_the_last_blocks_may_be_trained(path: Path) -> None:
    config = ModelConfig(backbone="dinov2", layer="block_1", tuned_blocks=1)
    whole, tuned = network(), build_backbone(config)
    for backbone in (whole, tuned):
        load_imagenet(backbone, read_dinov2(path))
    assert isinstance(tuned, DinoV2)
    assert tuned.tuned is not None
    assert len(tuned.tokens.layer) == 0
    for name, values in tuned.tuned.state_dict().items():
        assert torch.equal(values, whole.tokens.state_dict()[name]), name
    assert [block.trained for block in tuned.chain] == [False, True, True]
    assert tuned(torch.zeros(1, 3, 64, 96)).shape == (1, CHANNELS, 4, 6)


def test_other_onnx_files_are_refused(
    stored: dict[str, NDArray[np.float32]], tmp_path: Path
) -> None:
    less = {name: values for name, values in stored.items() if name != "onnx::Concat_1957"}
    for kept in ({}, {"decoder.final_conv.weight": stored["decoder.final_conv.weight"]}, less):
        with pytest.raises(ModelError, match="not an ONNX file of Dinov2 ViT-S/14"):
            read_dinov2(written(kept, tmp_path / "other.onnx"))


def test_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "w.onnx").write_bytes(b"<html>404</html>" * 20)
    with pytest.raises(ModelError, match=r"w\.onnx: not a readable weights file \("):
        read_weights("w.onnx", tmp_path)


def test_block_that_the_file_lacks_is_named(path: Path) -> None:
    deeper = build_backbone(ModelConfig(backbone="dinov2", layer="block_2"))
    with pytest.raises(ModelError, match=r"lacks 'tokens\.layer\.1\."):
        load_imagenet(deeper, read_dinov2(path))


@pytest.fixture
def model() -> Mars:
    settings: dict[str, Any] = {"backbone": "dinov2", "layer": "block_1"}
    torch.manual_seed(0)
    return Mars(tiny_config(settings).model).eval()


def test_reduction_is_trained_though_its_stride_is_frozen(model: Mars) -> None:
    frozen, trained = FrozenPart(model, 16), TrainedPart(model, 16)
    assert isinstance(model.backbone, DinoV2)
    own = {id(p) for p in model.backbone.reduce.parameters()}
    assert own <= {id(p) for p in trained.upper.parameters()}
    assert own.isdisjoint({id(p) for p in frozen.blocks.parameters()})
    assert all(p.requires_grad for p in model.backbone.reduce.parameters())
    assert not any(p.requires_grad for p in model.backbone.tokens.parameters())


def test_two_parts_are_the_network(model: Mars) -> None:
    images, log_ratio = torch.randn(2, 3, 64, 32), torch.tensor([0.3, -0.7])
    with torch.no_grad():
        expected = model(images, log_ratio)
        seen = FrozenPart(model, 16)(images)
        assert seen.shape == (2, WIDTH, 4, 2)
        torch.testing.assert_close(TrainedPart(model, 16)(seen, log_ratio), expected)


def test_patches_know_where_they_are() -> None:
    """Of a grey picture, all patches are alike but for their places."""
    backbone = network()
    grey = torch.zeros(1, 3, 64, 64)
    with torch.no_grad():
        alike = backbone.tokens(grey)
        backbone.tokens.places.normal_()
        placed = backbone.tokens(grey)
    assert float(alike.std(dim=(2, 3)).max()) < 1e-5
    assert float(placed.std(dim=(2, 3)).min()) > 1e-3
