"""`marscrop tabulate`: the same model, with a table in place of its meta-learner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from marscrop_research.cli.arguments import Data, train_extra
from marscrop_research.cli.loading import tell_skipped


def tabulate(
    model: Annotated[Path, typer.Argument(help="Folder of a model.")],
    output: Annotated[
        Path, typer.Argument(help="Folder to write to, or the model's own; its files are replaced.")
    ],
    data: Data,
) -> None:
    """Replace a model's meta-learner by a table of its answers, a sixth as large.

    How far boxes move is measured on the validation photos at 20 ratios that are no knots of the
    table, and kept in the manifest.
    """
    with train_extra():
        from marscrop_research.export.box_moves import table_moves
        from marscrop_research.export.ratio_table import package_table
    from marscrop_research.data.fcdb import load_fcdb

    records = tell_skipped(load_fcdb(data)).crops()
    photos = sorted({record.path for record in records if record.split == "validation"})
    manifest = package_table(model, output, lambda made: table_moves(model, made, photos))
    size = sum(part.bytes for part in manifest.parts.values()) / 1e6
    print(f"{output}: {size:.2f} MB; {json.dumps(manifest.scores['moved_by_table'])}")
