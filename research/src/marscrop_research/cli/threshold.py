"""`marscrop threshold`: the paper's grid search."""

from __future__ import annotations

from typing import Annotated

import typer

from marscrop_research.cli.arguments import Checkpoint, Data, Model, train_extra
from marscrop_research.cli.loading import tell_skipped


def threshold(
    data: Data,
    model: Model = None,
    checkpoint: Checkpoint = None,
    split: Annotated[str, typer.Option(help="train (as the paper) or validation.")] = "train",
) -> None:
    """Search the threshold of section 3.4 on a grid, as the paper did to find 0.4."""
    from marscrop_research.data.fcdb import load_fcdb
    from marscrop_research.evaluation.decoding import product_network
    from marscrop_research.paper.grid_search import grid_search

    if split not in ("train", "validation"):
        raise typer.BadParameter(f"--split must be train or validation; got {split!r}")
    if checkpoint:
        with train_extra():
            from marscrop_research.evaluation.torch_maps import checkpoint_network
        network = checkpoint_network(checkpoint)
    else:
        network = product_network(model)
    records = [r for r in tell_skipped(load_fcdb(data)).crops() if r.split == split]
    scores = grid_search(records, network.maps)
    best = max(scores, key=lambda s: s.iou)
    print(f"| threshold | IoU, section 3.4, {len(records)} {split} photos |")
    print("|---|---|")
    for score in scores:
        print(f"| {score.threshold:.2f} | {score.iou:.4f}{' (best)' if score is best else ''} |")
