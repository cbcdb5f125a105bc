"""The results of a run, in JSON lines and Parquet: a row a crop, the same for the same work."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from marscrop.batch.records import CropRecord, PhotoRecord
from marscrop.batch.store import Store, encodable
from marscrop.crop_json import focal_entry
from marscrop.exchange.image_servers import iiif_region, imgproxy_crop, thumbor_crop
from marscrop.geometry import Box
from marscrop.window.focal_point import FocalPoint

JSON_LINES: Final = "manifest.jsonl"
PARQUET: Final = "manifest.parquet"

TOOLS: Final[dict[str, Callable[[Box], str]]] = {
    "iiif": iiif_region,
    "imgproxy": imgproxy_crop,
    "thumbor": thumbor_crop,
}
"""Columns that can be asked for: a crop in the notation of another tool, by the tool's name."""

_ROWS_A_GROUP: Final = 100_000


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
    rows = [row for record in ordered for row in _rows(record, tools, focal=focal)]
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return {JSON_LINES: "".join(lines).encode(), PARQUET: _parquet(rows, tools, focal=focal)}


def _rows(record: PhotoRecord, tools: Sequence[str], *, focal: bool) -> list[dict[str, Any]]:
    """A row for each crop of a photo; if it failed, one row with its error."""
    crops = record.crops or (None,)
    points = _focal_columns(record.focal) if focal else {}
    return [_row(record, crop, tools, points) for crop in crops]


def _focal_columns(focal: FocalPoint | None) -> dict[str, Any]:
    return {"focal": None, "object_position": None, **focal_entry(focal)}


def _row(
    record: PhotoRecord, crop: CropRecord | None, tools: Sequence[str], points: dict[str, Any]
) -> dict[str, Any]:
    return {
        "source": encodable(record.source),
        "relative_source": encodable(record.name) or None,
        "width": record.width,
        "height": record.height,
        **points,
        "ratio": crop.ratio if crop else None,
        "candidate": crop.candidate if crop else None,
        "box": list(crop.box) if crop else None,
        "confidence": crop.confidence if crop else None,
        "centred": crop.centred if crop else None,
        "padding": list(crop.padding) if crop and crop.padding else None,
        "size": list(crop.size) if crop and crop.size and crop.has_files else None,
        "output": crop.output if crop and crop.has_files else None,
        "sidecar": crop.sidecar if crop and crop.has_files else None,
        "warnings": list(crop.warnings) if crop else None,
        "state": crop.state if crop else None,
        "found_box": list(crop.found.box) if crop and crop.found else None,
        **{tool: TOOLS[tool](crop.box) if crop else None for tool in tools},
        "error": record.error and encodable(record.error),
    }


def _parquet(rows: list[dict[str, Any]], tools: Sequence[str], *, focal: bool) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    edges = pa.list_(pa.int32())
    points = {"focal": pa.list_(pa.float64()), "object_position": pa.string()}
    types = {
        "source": pa.string(),
        "relative_source": pa.string(),
        "width": pa.int32(),
        "height": pa.int32(),
        **(points if focal else {}),
        "ratio": pa.string(),
        "candidate": pa.int32(),
        "box": edges,
        "confidence": pa.float64(),
        "centred": pa.bool_(),
        "padding": edges,
        "size": edges,
        "output": pa.string(),
        "sidecar": pa.string(),
        "warnings": pa.list_(pa.string()),
        "state": pa.string(),
        "found_box": edges,
        **{tool: pa.string() for tool in tools},
        "error": pa.string(),
    }
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, row_group_size=_ROWS_A_GROUP, compression="zstd")
    return buffer.getvalue()
