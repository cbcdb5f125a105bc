"""The job of a target, kept there so that a review can write crops as the run did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from marscrop.batch.job import Job
from marscrop.batch.store import STATE, Store
from marscrop.errors import MarscropError, StorageError
from marscrop.files import reason
from marscrop.imaging.read_options import ReadOptions
from marscrop.imaging.write_options import WriteOptions
from marscrop.options import CropOptions
from marscrop.sizing import Sizing

_FILE: Final = f"{STATE}/job.json"
_PLAIN: Final = ("suffix", "write_crops", "sidecar", "focal", "max_pixels", "max_decoded_bytes")
"""Fields of a job that JSON holds as they are."""


def save_job(store: Store, job: Job, tools: Sequence[str]) -> None:
    """Write a job into its target.

    Args:
        store: the target.
        job: of the run.
        tools: columns of the results, see `results.TOOLS`.

    Raises:
        StorageError: it cannot be written.
    """
    table = {
        "options": _options_table(job.options),
        "sizing": asdict(job.sizing),
        "read": asdict(job.read),
        "write": asdict(job.write),
        "model": str(job.model.absolute()) if job.model else None,
        **{name: getattr(job, name) for name in _PLAIN},
        "tools": list(tools),
    }
    with store.writing(Exception):
        store.put(_FILE, json.dumps(table, indent=1).encode() + b"\n")


def read_job(store: Store) -> tuple[Job, list[str]] | None:
    """The job of a target, and its tools; None where no run has left one.

    Raises:
        StorageError: the target cannot be read, or what is there is of another version.
    """
    path = store.path(_FILE)
    try:
        content = store.fs.cat_file(path) if store.fs.exists(path) else None
    except Exception as error:  # each filesystem has errors of its own
        raise StorageError(store.url, f"cannot be read: {reason(error)}") from error
    if content is None:
        return None
    try:
        return _from_table(store, json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, MarscropError) as error:
        why = f"its {_FILE} cannot be understood; run marscrop batch on it with this version"
        raise StorageError(store.url, why) from error


def _from_table(store: Store, table: dict[str, Any]) -> tuple[Job, list[str]]:
    model = table["model"]
    job = Job(
        target=store.url,
        options=CropOptions.parse(**table["options"]),
        sizing=Sizing(**table["sizing"]),
        read=ReadOptions(**table["read"]),
        write=WriteOptions(**table["write"]),
        model=Path(model) if model else None,
        **{name: table[name] for name in _PLAIN},
    )
    return job, [str(tool) for tool in table["tools"]]


def _options_table(options: CropOptions) -> dict[str, Any]:
    """Options as `CropOptions.parse` reads them from JSON; None where nothing was asked."""
    table: dict[str, Any] = {row.name: getattr(options, row.name) for row in fields(options)}
    anchor = options.anchor
    return {
        **table,
        "keep": [str(region) for region in options.keep] or None,
        "avoid": [str(region) for region in options.avoid] or None,
        "anchor": anchor.label or (None if anchor.x is None else [anchor.x, anchor.y]),
        "pad_fill": options.pad_fill.label if options.pad_fill else None,
    }
