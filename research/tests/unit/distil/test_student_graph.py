from __future__ import annotations

import io

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from marscrop.errors import ModelError
from marscrop.runtime.quiet_onnxruntime import ort
from marscrop_research.distil.student import MOST_WEIGHT, QuantisedFeatures
from marscrop_research.distil.student_graph import to_onnx
from marscrop_research.distil.views import planes

Pixels = NDArray[np.uint8]


def session(network: QuantisedFeatures, optimised: str = "") -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if optimised:
        options.optimized_model_filepath = optimised
    content = to_onnx(network).SerializeToString()
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("size", [(48, 64), (64, 48), (16, 64), (64, 64)])
def test_what_runs_is_what_was_trained_to_the_bit(
    student: QuantisedFeatures, rgb: Pixels, size: tuple[int, int]
) -> None:
    pixels = np.resize(rgb, (*size, 3))
    (found,) = session(student).run(None, {"pixels": pixels[None]})
    with torch.no_grad():
        np.testing.assert_array_equal(found, student(planes(pixels[None])).numpy())
    assert found.shape == (1, 96, size[0] // 16, size[1] // 16)


def test_runtime_fuses_all_of_it_to_integers(
    student: QuantisedFeatures, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("graph") / "optimised.onnx"
    session(student, str(path))
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    assert kinds.count("QLinearConv") == 36
    assert kinds.count("QLinearAdd") == 6
    assert "Conv" not in kinds
    assert "QuantizeLinear" not in kinds  # pixels are bytes already
    assert kinds.count("DequantizeLinear") == 2  # of the last sum


def test_weights_in_the_file_have_seven_bits(student: QuantisedFeatures) -> None:
    tensors = [t for t in to_onnx(student).graph.initializer if t.name.endswith("weight.integers")]
    assert len(tensors) == 36
    for tensor in tensors:
        values = numpy_helper.to_array(tensor)
        assert values.dtype == np.int8
        assert np.abs(values.astype(int)).max() == MOST_WEIGHT


def test_channel_without_weights_keeps_its_bias(student: QuantisedFeatures, rgb: Pixels) -> None:
    """Its bias is counted in its weights' scale, which must not be nothing."""
    conv = student.chain[3].filter
    with torch.no_grad():
        conv.shares[5] = 0
        conv.bias[5] = 1.0
    (found,) = session(student).run(None, {"pixels": rgb[None]})
    with torch.no_grad():
        np.testing.assert_array_equal(found, student(planes(rgb[None])).numpy())


def test_bias_beyond_32_bits_is_refused(student: QuantisedFeatures) -> None:
    with torch.no_grad():
        student.chain[0].filter.bias[0] = 1e6
    with pytest.raises(ModelError, match=r"features\.1\.filter: a bias of 1e\+06 is too large"):
        to_onnx(student)


def test_file_is_a_quarter_of_the_floats(student: QuantisedFeatures) -> None:
    file = io.BytesIO()
    onnx.save(to_onnx(student), file)
    floats = 4 * sum(parameter.numel() for parameter in student.parameters())
    assert file.tell() < 0.35 * floats
