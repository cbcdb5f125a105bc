"""Lists of photos that users write, in Parquet or CSV; what the command line calls a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from marscrop.errors import MarscropError, MissingExtraError, OptionError
from marscrop.ratio import AspectRatio
from marscrop.window.regions import Region

SUFFIXES: Final = frozenset({".parquet", ".csv"})
_NAMES: Final = ("path", "uri")
_RATIO: Final = "ratio"
_KEEP: Final = "keep"
_SEPARATOR: Final = ";"


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """A row of a list of photos.

    Attributes:
        path: URL, absolute path, or path relative to the list's folder.
        ratios: of its own; empty for those of the run.
        keep: boxes to keep in its crops.
    """

    path: str
    ratios: tuple[AspectRatio, ...] = ()
    keep: tuple[Region, ...] = ()


def read_photo_list(fs: Any, path: str) -> list[ListedPhoto]:
    """The rows of a list of photos.

    It has a column `path` or `uri`, and may have `ratio` and `keep`; ";" stands between several
    values of a cell.

    Raises:
        OptionError: it cannot be read, lacks the column, or a row cannot be understood.
    """
    columns = _columns(fs, path)
    name = next((name for name in _NAMES if name in columns), None)
    if name is None:
        raise OptionError(
            f"{path}: expected a column named path or uri; got {', '.join(columns) or 'none'}",
            got=path,
        )
    paths = columns[name]
    ratios = columns.get(_RATIO) or [None] * len(paths)
    keeps = columns.get(_KEEP) or [None] * len(paths)
    return [
        _row(path, number, *cells)
        for number, cells in enumerate(zip(paths, ratios, keeps, strict=True), start=1)
    ]


def _columns(fs: Any, path: str) -> dict[str, list[Any]]:
    try:
        import pyarrow as pa
        from pyarrow import csv, parquet
    except ModuleNotFoundError:
        raise MissingExtraError("manifests need pyarrow", "batch") from None
    wanted = (*_NAMES, _RATIO, _KEEP)
    try:
        with fs.open(path, "rb") as file:
            if PurePosixPath(path).suffix.lower() == ".parquet":
                table = parquet.read_table(file)
            else:
                texts = csv.ConvertOptions(
                    column_types={name: pa.string() for name in wanted}, strings_can_be_null=True
                )
                table = csv.read_csv(file, convert_options=texts)
        return {name: table[name].to_pylist() for name in wanted if name in table.column_names}
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:  # also two of one name
        raise OptionError(f"{path}: cannot be read as a manifest: {error}", got=path) from None


def _row(manifest: str, number: int, path: Any, ratio: Any, keep: Any) -> ListedPhoto:
    try:
        if not isinstance(path, str) or not path:
            raise OptionError(f"expected a path; got {path!r}", got=path)
        return ListedPhoto(
            path,
            tuple(AspectRatio.parse(text) for text in _several(ratio)),
            tuple(Region.parse(text) for text in _several(keep)),
        )
    except MarscropError as error:
        raise OptionError(f"{manifest}: row {number}: {error}", got=manifest) from None


def _several(cell: Any) -> list[Any]:
    """The values of a cell, which holds text with separators, a list, one number, or nothing."""
    if cell is None or cell == "":
        return []
    if isinstance(cell, str):
        return [part for part in cell.split(_SEPARATOR) if part.strip()]
    return list(cell) if isinstance(cell, list) else [cell]
