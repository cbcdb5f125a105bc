"""An ONNX file is read as ONNX's own package reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from marscrop.runtime.manifest import Manifest
from marscrop.runtime.translation.onnx_graph import read_graph


@pytest.mark.parametrize("part", ["features", "meta", "head", "subjects"])
def test_all_of_a_model_is_read(packaged_model: Path, part: str) -> None:
    onnx = pytest.importorskip("onnx")
    path = packaged_model / f"{part}.onnx"
    graph, expected = read_graph(path.read_bytes()), onnx.load(path).graph
    assert graph.inputs == [value.name for value in expected.input]
    assert graph.outputs == [value.name for value in expected.output]
    assert len(graph.nodes) == len(expected.node) > 10
    for node, wanted in zip(graph.nodes, expected.node, strict=True):
        assert (node.kind, node.inputs) == (wanted.op_type, list(wanted.input))
        assert node.outputs == list(wanted.output)
        for attribute in wanted.attribute:
            value = onnx.helper.get_attribute_value(attribute)
            found = node.attributes[attribute.name]
            assert found == (value.decode() if isinstance(value, bytes) else value)
        assert len(node.attributes) == len(wanted.attribute)
    assert len(graph.constants) == len(expected.initializer) > 5
    for tensor in expected.initializer:
        wanted_array = onnx.numpy_helper.to_array(tensor)
        assert graph.constants[tensor.name].dtype == wanted_array.dtype
        np.testing.assert_array_equal(graph.constants[tensor.name], wanted_array)


def test_any_cut_is_a_value_error(packaged_model: Path) -> None:
    manifest = Manifest.load(packaged_model)
    content = manifest.read_part(packaged_model, "head")
    read_graph(content)
    for end in range(1, len(content), 997):
        with pytest.raises(ValueError, match=r".+"):
            read_graph(content[:end])


@pytest.mark.parametrize("seed", range(30))
def test_damage_is_read_or_a_value_error(packaged_model: Path, seed: int) -> None:
    generator = np.random.default_rng(seed)
    content = bytearray((packaged_model / "subjects.onnx").read_bytes())
    for place in generator.integers(0, len(content), 200):
        content[place] = generator.integers(256)
    try:
        graph = read_graph(bytes(content))
    except ValueError:
        return
    assert isinstance(graph.nodes, list)


@pytest.mark.parametrize("content", [b"", b"no model", bytes(100), b"\x3a\x00\x3a\x00"])
def test_what_is_no_model_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_graph(content)
