"""The parts `meta` and `head` of a model, taken from graphs that are the known ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from marscrop.runtime.compiled_model import BLOCK, Head, RatioTable
from marscrop.runtime.translation.network import NotTranslatedError
from marscrop.runtime.translation.packing import product_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.runtime.translation.onnx_graph import Graph

_Step: TypeAlias = "tuple[str, tuple[int | str | list[int], ...], Mapping[str, object]]"
"""A node as it must be: its kind, its inputs, and those of its attributes that are not 0. An input
is the number of the node that it comes out of, the name of the graph's, the numbers of a constant,
or the "<role>" of a constant that may be any."""

_OF_NO_MATTER: Final = frozenset({"allowzero"})
"""Attributes that say something of sizes of 0 alone."""

_TABLE: Final[Sequence[_Step]] = (
    ("Sub", ("log_ratio", "<low>"), {}),
    ("Mul", (0, "<per step>"), {}),
    ("Clip", (1, "<first>", "<last>"), {}),
    ("Reshape", (2, [-1, 1]), {}),
    ("Sub", (3, "<knots>"), {}),
    ("Abs", (4,), {}),
    ("Sub", ("<one>", 5), {}),
    ("Relu", (6,), {}),
    ("Cast", ("<places>",), {"to": 1}),
    ("MatMul", (7, 8), {}),
    ("Mul", (9, "<steps>"), {}),
    ("Cast", ("<components>",), {"to": 1}),
    ("MatMul", (10, 11), {}),
    ("Add", (12, "<middle>"), {}),
    ("Reshape", (13, "<square>"), {}),
    ("Cast", ("<predictors>",), {"to": 1}),
    ("MatMul", (7, 15), {}),
)
"""What `marscrop tabulate` writes: places in a table, between two of which a ratio lies."""

_HEAD: Final[Sequence[_Step]] = (
    ("Cast", ("<weights>",), {"to": 1}),
    ("Shape", ("features",), {"start": 2, "end": 3}),
    ("Squeeze", (1,), {}),
    ("Shape", ("features",), {"start": 3, "end": 4}),
    ("Squeeze", (3,), {}),
    ("Shape", ("ftm",), {"end": 1}),
    ("Reshape", ("features", "<whole>"), {}),
    ("ReduceMean", (6, [2]), {"keepdims": 1}),
    ("MatMul", ("ftm", 7), {}),
    ("MatMul", (0, 6), {}),
    ("Reshape", (9, "<parts>"), {}),
    ("MatMul", (0, 8), {}),
    ("Reshape", (11, "<parts of one>"), {}),
    ("Add", (12, "<biases>"), {}),
    ("Add", (10, 13), {}),
    ("Relu", (14,), {}),
    ("Unsqueeze", ("pwp", [1, 2]), {}),
    ("MatMul", (16, 15), {}),
    ("Gather", (17, [0]), {"axis": 2}),
    ("Concat", ([-1], [2], [2], 1, 3), {}),
    ("Reshape", (18, 19), {}),
    ("Transpose", (20,), {"perm": [0, 3, 1, 4, 2]}),
    ("Mul", (2, [2]), {}),
    ("Mul", (4, [2]), {}),
    ("Reshape", (22, [-1]), {}),
    ("Reshape", (23, [-1]), {}),
    ("Concat", (5, 24, 25), {}),
    ("Reshape", (21, 26), {}),
)
"""The head as `marscrop export` writes it: one layer before the last, 2 x 2 pixels of a cell."""


def ratio_table(graph: Graph) -> RatioTable:
    """The table of a graph.

    Raises:
        NotTranslatedError: the graph is another.
    """
    found = _match(graph, _TABLE, ("log_ratio",), (14, 16))
    table = RatioTable(
        np.float32(found["low"]),
        np.float32(found["per step"]),
        *(found[name] for name in ("places", "steps", "components", "middle", "predictors")),
    )
    count, directions = table.places.shape
    size = table.middle.size
    channels = round(size**0.5)
    as_expected = (
        np.array_equal(found["knots"], np.arange(count))
        and (float(found["first"]), float(found["last"])) == (0, count - 1)
        and float(found["one"]) == 1
        and table.steps.shape == (directions,)
        and table.components.shape == (directions, size)
        and table.components.dtype == np.int8
        and found["square"].tolist() == [-1, channels, channels]
        and len(table.predictors) == count
    )
    if not as_expected:
        raise NotTranslatedError("a table of another shape")
    return table


def head(graph: Graph) -> Head:
    """The head of a graph.

    Raises:
        NotTranslatedError: the graph is another.
    """
    found = _match(graph, _HEAD, ("features", "ftm", "pwp"), (27,))
    weights, biases = found["weights"], found["biases"].reshape(-1)
    pixels = 4
    columns, channels = weights.shape
    as_expected = (
        columns == pixels * len(biases)
        and not len(biases) % BLOCK
        and found["whole"].tolist() == [1, channels, -1]
        and found["parts"].tolist() == [1, pixels, len(biases), -1]
        and found["parts of one"].tolist() == [-1, pixels, len(biases), 1]
    )
    if not as_expected:
        raise NotTranslatedError("a head of another shape")
    packed = product_weights(weights.astype(np.float32))
    return Head(packed, np.tile(biases, pixels).astype(np.float32), pixels)


def _match(
    graph: Graph, steps: Sequence[_Step], inputs: Sequence[str], outputs: Sequence[int]
) -> dict[str, NDArray[Any]]:
    """The constants of a graph that consists of these steps, by their roles."""
    if len(graph.nodes) != len(steps) or graph.inputs != list(inputs):
        raise NotTranslatedError("a graph of other nodes")
    made: dict[str, int] = {}
    roles: dict[str, NDArray[Any]] = {}
    for index, (node, (kind, expected, said)) in enumerate(zip(graph.nodes, steps, strict=True)):
        of_matter = {
            name: value
            for name, value in node.attributes.items()
            if value and name not in _OF_NO_MATTER
        }
        if node.kind != kind or of_matter != said or len(node.inputs) != len(expected):
            raise NotTranslatedError(f"{node.kind} where {kind} is expected")
        for name, wanted in zip(node.inputs, expected, strict=True):
            constant = graph.constants.get(name)
            if isinstance(wanted, str) and wanted.startswith("<") and constant is not None:
                roles[wanted.strip("<>")] = constant
            elif isinstance(wanted, list) and constant is not None:
                if constant.reshape(-1).tolist() != wanted:
                    raise NotTranslatedError(f"{kind} with other numbers")
            elif made.get(name, name) != wanted:
                raise NotTranslatedError(f"{kind} of something else")
        made[node.outputs[0]] = index
    if [made.get(name) for name in graph.outputs] != list(outputs):
        raise NotTranslatedError("other outputs")
    return roles
