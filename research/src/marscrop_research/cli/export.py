"""`marscrop export`: from a checkpoint to a model folder for the product."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from marscrop_research.cli.arguments import Data, train_extra


def export(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of `train`, such as best.pt.")],
    output: Annotated[Path, typer.Argument(help="Folder of the model; its files are replaced.")],
    data: Data,
    folds: Annotated[
        Path | None,
        typer.Option(
            help="Runs of `marscrop crossval` of the same configuration, to calibrate the "
            "confidence on all photos. Default: on the validation photos."
        ),
    ] = None,
) -> None:
    """Write a model folder for the product: ONNX parts, checked against torch, and a manifest.

    The scores are measured on the validation photos.
    """
    with train_extra():
        from marscrop_research.export.packaging import package_model

    manifest = package_model(checkpoint, output, data, folds=folds)
    size = sum(part.bytes for part in manifest.parts.values()) / 1e6
    print(f"{output}: {size:.1f} MB; {json.dumps(manifest.scores)}")
