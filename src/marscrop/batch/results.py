"""The results of a run, in JSON lines and Parquet: a row a crop, the same for the same work."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
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


def write_results(
    store: Store,
    records: Iterable[PhotoRecord],
    tools: Sequence[str] = (),
    *,
    focal: bool = False,
) -> None:
    """Write both files, sorted by source; ratios as asked, best candidate first.

    Args:
        records: one a photo.
        tools: names in `TOOLS`, each of which becomes a column.
        focal: whether focal points become two columns.

    Raises:
        StorageError: they cannot be written.
    """
    ordered = sorted(records, key=lambda record: record.source)
    rows = [row for record in ordered for row in _rows(record, tools, focal=focal)]
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with store.writing(Exception):
        store.put(JSON_LINES, "".join(lines).encode())
        store.put(PARQUET, _parquet(rows, tools, focal=focal))


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
        "width": record.width,
        "height": record.height,
        **points,
        "ratio": crop.ratio if crop else None,
        "candidate": crop.candidate if crop else None,
        "box": list(crop.box) if crop else None,
        "confidence": crop.confidence if crop else None,
        "centred": crop.centred if crop else None,
        "padding": list(crop.padding) if crop and crop.padding else None,
        "output": crop.output if crop else None,
        "sidecar": crop.sidecar if crop else None,
        "warnings": list(crop.warnings) if crop else None,
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
        "width": pa.int32(),
        "height": pa.int32(),
        **(points if focal else {}),
        "ratio": pa.string(),
        "candidate": pa.int32(),
        "box": edges,
        "confidence": pa.float64(),
        "centred": pa.bool_(),
        "padding": edges,
        "output": pa.string(),
        "sidecar": pa.string(),
        "warnings": pa.list_(pa.string()),
        **{tool: pa.string() for tool in tools},
        "error": pa.string(),
    }
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, row_group_size=_ROWS_A_GROUP, compression="zstd")
    return buffer.getvalue()
