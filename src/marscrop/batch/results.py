"""The results of a run, in JSON lines and Parquet: a row a crop, the same for the same work."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from marscrop.batch.records import CropRecord, PhotoRecord
from marscrop.batch.store import Store, encodable
from marscrop.crop_json import focal_entry
from marscrop.errors import MissingExtraError
from marscrop.exchange.image_servers import iiif_region, imgproxy_crop, thumbor_crop
from marscrop.geometry import Box

JSON_LINES: Final = "manifest.jsonl"
PARQUET: Final = "manifest.parquet"

TOOLS: Final[dict[str, Callable[[Box], str]]] = {
    "iiif": iiif_region,
    "imgproxy": imgproxy_crop,
    "thumbor": thumbor_crop,
}
"""Columns that can be asked for: a crop in the notation of another tool, by the tool's name."""

_ROWS_A_GROUP: Final = 100_000
_BLOCK_BYTES: Final = 1 << 20


def import_arrow() -> None:
    """Import what writes Parquet, where there is time for it before it is needed.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import pyarrow.json
        import pyarrow.parquet  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("manifests need pyarrow", "batch") from None


def write_results(store: Store, records: Iterable[PhotoRecord], tools: Sequence[str] = ()) -> None:
    """Write both files, sorted by source; ratios as asked, best candidate first.

    Args:
        records: one a photo. Where some have a focal point, these become two columns.
        tools: names in `TOOLS`, each of which becomes a column.

    Raises:
        StorageError: they cannot be written.
    """
    with store.writing(Exception):
        for name, content in _files(records, tools).items():
            store.put(name, content)


def results_are_written(
    store: Store, records: Iterable[PhotoRecord], tools: Sequence[str] = ()
) -> bool:
    """Whether both files say what `write_results` would write.

    Raises:
        StorageError: the target cannot be read.
    """
    with store.writing(Exception):
        return all(
            store.fs.exists(store.path(name)) and store.fs.cat_file(store.path(name)) == content
            for name, content in _files(records, tools).items()
        )


def read_sources(store: Store) -> Iterator[str]:
    """The sources in the JSON lines of a target, a row each; none for lines of other programs.

    Raises:
        StorageError: the target cannot be read.
    """
    path = store.path(JSON_LINES)
    with store.writing(Exception):  # a target that cannot be read takes no manifest either
        content: bytes = store.fs.cat_file(path) if store.fs.exists(path) else b""
    for line in content.splitlines():
        try:
            row: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("source"), str):
            yield row["source"]


def _files(records: Iterable[PhotoRecord], tools: Sequence[str]) -> dict[str, bytes]:
    ordered = sorted(records, key=lambda record: record.source)
    focal = any(record.focal is not None for record in ordered)
    columns = _columns(tools, focal=focal)
    lines = [
        json.dumps(
            {name: value(record, crop) for name, (_, value) in columns.items()}, ensure_ascii=False
        ).encode()
        for record in ordered
        for crop in record.crops or (None,)  # a photo that failed has one row, with its error
    ]
    kinds = {name: kind for name, (kind, _) in columns.items()}
    return {JSON_LINES: b"".join(line + b"\n" for line in lines), PARQUET: _parquet(lines, kinds)}


_Value = Callable[[PhotoRecord, CropRecord | None], Any]
"""From a photo and one of its crops, or None where it failed, to what a row says."""

_TEXT: Final = "text"
_WHOLE: Final = "whole number"
_REAL: Final = "number"
_TRUTH: Final = "truth"
_TEXTS: Final = "texts"
_WHOLES: Final = "whole numbers"
_REALS: Final = "numbers"


def _columns(tools: Sequence[str], *, focal: bool) -> dict[str, tuple[str, _Value]]:
    """The columns, in order: of which kind, and what is in them."""
    return {
        "source": (_TEXT, lambda record, _: encodable(record.source)),
        "relative_source": (_TEXT, lambda record, _: encodable(record.name) or None),
        "width": (_WHOLE, lambda record, _: record.width),
        "height": (_WHOLE, lambda record, _: record.height),
        **(_focal_columns() if focal else {}),
        "ratio": (_TEXT, _of(lambda crop: crop.ratio)),
        "candidate": (_WHOLE, _of(lambda crop: crop.candidate)),
        "box": (_WHOLES, _of(lambda crop: list(crop.box))),
        "confidence": (_REAL, _of(lambda crop: crop.confidence)),
        "centred": (_TRUTH, _of(lambda crop: crop.centred)),
        "padding": (_WHOLES, _of(lambda crop: list(crop.padding) if crop.padding else None)),
        "size": (_WHOLES, _of_file(lambda crop: list(crop.size) if crop.size else None)),
        "output": (_TEXT, _of_file(lambda crop: crop.output)),
        "sidecar": (_TEXT, _of_file(lambda crop: crop.sidecar)),
        "warnings": (_TEXTS, _of(lambda crop: list(crop.warnings))),
        "state": (_TEXT, _of(lambda crop: crop.state)),
        "found_box": (_WHOLES, _of(lambda crop: list(crop.found.box) if crop.found else None)),
        **{tool: (_TEXT, _in_notation(TOOLS[tool])) for tool in tools},
        "error": (_TEXT, lambda record, _: record.error and encodable(record.error)),
    }


def _focal_columns() -> dict[str, tuple[str, _Value]]:
    return {
        "focal": (_REALS, lambda record, _: focal_entry(record.focal).get("focal")),
        "object_position": (
            _TEXT,
            lambda record, _: focal_entry(record.focal).get("object_position"),
        ),
    }


def _of(value: Callable[[CropRecord], Any]) -> _Value:
    return lambda _, crop: value(crop) if crop else None


def _of_file(value: Callable[[CropRecord], Any]) -> _Value:
    return lambda _, crop: value(crop) if crop and crop.has_files else None


def _in_notation(tool: Callable[[Box], str]) -> _Value:
    return _of(lambda crop: tool(crop.box))


def _parquet(lines: Sequence[bytes], kinds: Mapping[str, str]) -> bytes:
    """The rows of JSON lines, in columns of these kinds.

    Read by Arrow's own parser: what makes columns of Python's objects first imports pandas, where
    that is installed, for longer than most runs take to start.
    """
    import pyarrow as pa
    import pyarrow.json
    from pyarrow import parquet

    types = {
        _TEXT: pa.string(),
        _WHOLE: pa.int32(),
        _REAL: pa.float64(),
        _TRUTH: pa.bool_(),
        _TEXTS: pa.list_(pa.string()),
        _WHOLES: pa.list_(pa.int32()),
        _REALS: pa.list_(pa.float64()),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    if lines:
        block = max(_BLOCK_BYTES, 2 * max(map(len, lines)))  # a line may not lie in three of them
        table = pyarrow.json.read_json(
            io.BytesIO(b"\n".join(lines)),
            read_options=pyarrow.json.ReadOptions(block_size=block),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="error"
            ),
        ).combine_chunks()
    else:
        table = schema.empty_table()
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, row_group_size=_ROWS_A_GROUP, compression="zstd")
    return buffer.getvalue()
