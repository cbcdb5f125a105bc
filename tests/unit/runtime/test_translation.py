"""Layers are made of what a graph says, or the graph is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marscrop.native import library
from marscrop.runtime.compiled_model import Program
from marscrop.runtime.translation.network import NotTranslatedError, Translator
from marscrop.runtime.translation.onnx_graph import Graph, Node, read_graph
from marscrop.runtime.translation.program import KINDS, ProgramWriter

CHANNELS = 16


def quantised_convolution(**attributes: Any) -> Graph:
    """A picture, convolved once with integers, as real numbers again."""
    generator = np.random.default_rng(0)
    said = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1], "group": 1}
    said.update(attributes)
    scales = np.full(CHANNELS, 0.01, np.float32)
    constants: dict[str, NDArray[Any]] = {
        "step": np.array(1 / 128, np.float32),
        "zero": np.array(128, np.uint8),
        "weights": generator.integers(-63, 64, (CHANNELS, 3, 3, 3)).astype(np.int8),
        "scales": scales,
        "zeros": np.zeros(CHANNELS, np.int8),
        "bias": generator.integers(-999, 999, CHANNELS).astype(np.int32),
        "bias scales": np.float32(1 / 128) * scales,
        "bias zeros": np.zeros(CHANNELS, np.int32),
        "out step": np.array(0.05, np.float32),
        "out zero": np.array(0, np.uint8),
    }
    nodes = [
        Node("Transpose", ["pixels"], ["planes"], {"perm": [0, 3, 1, 2]}),
        Node("DequantizeLinear", ["planes", "step", "zero"], ["real"], {}),
        Node("DequantizeLinear", ["weights", "scales", "zeros"], ["w"], {"axis": 0}),
        Node("DequantizeLinear", ["bias", "bias scales", "bias zeros"], ["b"], {"axis": 0}),
        Node("Conv", ["real", "w", "b"], ["sum"], said),
        Node("QuantizeLinear", ["sum", "out step", "out zero"], ["out"], {}),
        Node("DequantizeLinear", ["out", "out step", "out zero"], ["features"], {}),
    ]
    return Graph(nodes, constants, ["pixels"], ["features"])


def translated(graph: Graph) -> Program:
    writer = ProgramWriter()
    Translator(writer, "pixels").add(graph, graph.outputs)
    return writer.program()


@pytest.fixture(scope="module")
def packaged(packaged_model: Path) -> Program:
    """The packaged model's features and subjects."""
    writer = ProgramWriter()
    translator = Translator(writer, "pixels")
    translator.add(read_graph((packaged_model / "features.onnx").read_bytes()), ["features"])
    subjects = read_graph((packaged_model / "subjects.onnx").read_bytes())
    translator.add(subjects, subjects.outputs)
    return writer.program()


def kinds(program: Program) -> list[str]:
    return [KINDS[layer[0]] for layer in program.layers]


def test_quantised_convolution_is_one_layer() -> None:
    program = translated(quantised_convolution())
    assert kinds(program) == ["quantised convolution", "dequantise", "output"]
    assert program.outputs == [("features", CHANNELS, 1)]


@pytest.mark.parametrize(
    "attributes",
    [
        {"pads": [0, 0, 0, 0]},
        {"pads": [1, 0, 1, 0]},
        {"pads": [2, 2, 2, 2]},
        {"strides": [1, 2]},
        {"strides": [3, 3]},
        {"dilations": [2, 2]},
        {"auto_pad": "SAME_UPPER"},
        {"kernel_shape": [3, 1]},
        {"group": 3},
    ],
)
def test_other_convolutions_are_refused(attributes: dict[str, Any]) -> None:
    with pytest.raises(
        NotTranslatedError, match=r"QuantizeLinear: .*(padded|across|filters|groups)"
    ):
        translated(quantised_convolution(**attributes))


def large_weights(graph: Graph) -> None:
    graph.constants["weights"] = graph.constants["weights"] * np.int8(2)


def short_bias(graph: Graph) -> None:
    graph.constants["bias"] = graph.constants["bias"][:1]
    graph.constants["bias scales"] = graph.constants["bias scales"][:1]


def bytes_with_a_sign(graph: Graph) -> None:
    graph.constants["out zero"] = np.array(0, np.int8)


def moved_weights(graph: Graph) -> None:
    graph.constants["zeros"] = graph.constants["zeros"] + np.int8(1)


def another_bias_step(graph: Graph) -> None:
    graph.constants["bias scales"] = graph.constants["bias scales"] * 2


def another_axis(graph: Graph) -> None:
    graph.nodes[2] = graph.nodes[2]._replace(attributes={"axis": 1})


def another_order(graph: Graph) -> None:
    graph.nodes[0] = graph.nodes[0]._replace(attributes={"perm": [0, 1, 2, 3]})


def unknown_operation(graph: Graph) -> None:
    graph.nodes[-1] = graph.nodes[-1]._replace(kind="Tanh", inputs=["out"])


def missing_constant(graph: Graph) -> None:
    del graph.constants["bias"]


def rectified_elsewhere(graph: Graph) -> None:
    graph.nodes[-1] = Node("Relu", ["real"], ["features"], {})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (large_weights, "weights that are too large"),
        (short_bias, "a bias of another length"),
        (bytes_with_a_sign, "to another type"),
        (moved_weights, "another zero"),
        (another_bias_step, "a bias with a step of its own"),
        (another_axis, "another axis"),
        (another_order, "another order"),
        (unknown_operation, "Tanh"),
        (missing_constant, "DequantizeLinear: 'bias'"),
        (rectified_elsewhere, "not behind a convolution"),
    ],
)
def test_graphs_that_say_something_else_are_refused(
    change: Callable[[Graph], None], why: str
) -> None:
    graph = quantised_convolution()
    change(graph)
    with pytest.raises(NotTranslatedError, match=why):
        translated(graph)


def test_kinds_are_numbered_as_in_c() -> None:
    native = library()
    if native is None:
        pytest.skip("no parts in C here")
    named = {kind: getattr(native.lib, f"MC_{kind.upper().replace(' ', '_')}") for kind in KINDS}
    assert list(named.values()) == list(range(len(KINDS)))


def test_features_are_written_before_subjects_are_begun(packaged: Program) -> None:
    first = kinds(packaged).index("output")
    assert first < len(packaged.layers) / 2
    assert packaged.outputs[0][0] == "features"


def test_every_kind_of_layer_is_in_the_packaged_model(packaged: Program) -> None:
    assert set(kinds(packaged)) == set(KINDS)


def test_no_tensor_lies_where_another_one_is_still_needed(packaged: Program) -> None:
    slots = packaged.tensors[:, 3]
    holds = {int(slots[0]): 0}  # what was written into each slot last
    for layer in packaged.layers:
        kind, source, other, target = (int(number) for number in layer[:4])
        assert holds[int(slots[source])] == source
        if "add" in KINDS[kind]:
            assert holds[int(slots[other])] == other
            assert slots[target] != slots[other]
        if KINDS[kind] != "output":
            assert slots[target] != slots[source]
            holds[int(slots[target])] = target
    assert packaged.slots == len(holds) < len(slots) / 3
