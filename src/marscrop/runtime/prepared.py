"""The packaged model, translated for the parts in C once, when marscrop is built.

Reading and translating four ONNX files takes 15 ms at each start, reading what came of it 2. The
file is made of the model and belongs to its manifest, word for word; with another manifest, or
without the file, the model is translated as any other.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from marscrop.runtime.compiled_model import CompiledModel, Head, Program, RatioTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE: Final = Path(__file__).parents[1] / "models" / "prepared.bin"
"""Of the packaged model; not under version control."""

_MAGIC: Final = b"marscrop prepared model 1\n"
_NUMBER_BYTES: Final = 4
_ALIGNMENT: Final = 64


def prepared_bytes(model: CompiledModel, manifest: bytes) -> bytes:
    """The content of a file.

    Args:
        model: translated.
        manifest: the file of its manifest.
    """
    arrays: list[NDArray[Any]] = []
    header = {
        name: [_written(value, arrays) for value in part] for name, part in model._asdict().items()
    }
    places, blob = [], bytearray()
    for array in arrays:
        blob += bytes(-len(blob) % _ALIGNMENT)
        places.append([array.dtype.str, array.shape, len(blob)])
        blob += array.tobytes()
    said = json.dumps({"manifest": manifest.decode(), "parts": header, "arrays": places}).encode()
    said += b" " * (-(len(_MAGIC) + 2 * _NUMBER_BYTES + len(said)) % _ALIGNMENT)
    body = len(said).to_bytes(_NUMBER_BYTES, "little") + said + bytes(blob)
    return _MAGIC + zlib.crc32(body).to_bytes(_NUMBER_BYTES, "little") + body


def read_prepared(path: Path, manifest: bytes) -> CompiledModel | None:
    """The model of a file; None where there is none, it is damaged, or not of this manifest."""
    try:
        content = memoryview(path.read_bytes())
    except OSError:
        return None
    start = len(_MAGIC) + _NUMBER_BYTES
    begin = start + _NUMBER_BYTES
    checksum = int.from_bytes(content[len(_MAGIC) : start], "little")
    if bytes(content[: len(_MAGIC)]) != _MAGIC or zlib.crc32(content[start:]) != checksum:
        return None
    end = begin + int.from_bytes(content[start:begin], "little")
    said = json.loads(bytes(content[begin:end]))
    if said["manifest"].encode() != manifest:
        return None
    arrays = [_array(content[end:], *place) for place in said["arrays"]]
    parts: Iterator[list[Any]] = (
        [
            arrays[value["array"]] if isinstance(value, dict) else value
            for value in said["parts"][part]
        ]
        for part in CompiledModel._fields
    )
    program, table, head = parts
    return CompiledModel(Program(*program), RatioTable(*table), Head(*head))


def _written(value: Any, arrays: list[NDArray[Any]]) -> Any:
    """A value as JSON has it: of an array or NumPy's number its place among `arrays`."""
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    return value


def _array(blob: memoryview, dtype: str, shape: list[int], place: int) -> NDArray[Any]:
    count = int(np.prod(shape, dtype=int))
    array: NDArray[Any] = np.frombuffer(blob, np.dtype(dtype), count, place)
    return array.reshape(shape)
