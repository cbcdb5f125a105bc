"""`marscrop crossval`: the yardstick for changes, five folds and several seeds."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marscrop_research.cli.arguments import (
    Changes,
    Data,
    FeatureCache,
    Fixations,
    source_commit,
    train_extra,
)
from marscrop_research.cli.loading import load_supervision, tell_skipped

if TYPE_CHECKING:
    from marscrop_research.evaluation.cross_validation import HeldOut


def crossval(
    config: Annotated[Path, typer.Argument(help="A page of research/configs/.")],
    data: Data,
    result: Annotated[
        Path, typer.Option("--result", help="JSON file of each held-out photo's figures.")
    ],
    weights_dir: Annotated[Path, typer.Option(help="Folder of ImageNet weights.")] = Path(),
    seeds: Annotated[int, typer.Option(min=1, help="Five runs each, with seeds 0, 1, ...")] = 3,
    change: Changes = None,
    fixations: Fixations = None,
    feature_cache: FeatureCache = None,
    against: Annotated[
        Path | None, typer.Option(help="The result of another run, to be compared with.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the runs. Default: runs/crossval/RESULT."),
    ] = None,
    decoder: Annotated[
        str, typer.Option(help="Whose figures: marscrop, search or 'section 3.4'.")
    ] = "marscrop",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Judge a configuration on every training photo, by networks that were not trained on it.

    Scores are of the last epoch, by default as users get crops. Stopped at any moment, the same
    command goes on where it was.
    """
    with train_extra():
        from marscrop_research.cli.training_display import TrainingDisplay
        from marscrop_research.config import Config
        from marscrop_research.data.fcdb import load_fcdb
        from marscrop_research.data.records import CropRecord
        from marscrop_research.evaluation.cross_validation import HeldOut, cross_validate
        from marscrop_research.evaluation.decoding import DECODERS
        from marscrop_research.training.distributed import join_world
        from marscrop_research.training.loop import Silent, train

    if decoder not in DECODERS:
        raise typer.BadParameter(f"--decoder must be one of {', '.join(DECODERS)}; got {decoder!r}")
    other = HeldOut.load(against) if against else None
    settings = Config.load(config, change or ())
    folder = output or Path("runs/crossval") / result.stem
    records = tell_skipped(load_fcdb(data)).crops()
    supervision = load_supervision(settings, data, fixations or ())
    commit = source_commit()
    with join_world(device) as world:
        shown = TrainingDisplay(settings.train.epochs) if world.leads else nullcontext(Silent())
        with shown as reporter:

            def validate(
                seeded: Config, parts: list[CropRecord], number: int
            ) -> dict[str, list[float]]:
                return train(
                    seeded,
                    parts,
                    folder / f"fold{number}-s{seeded.train.seed}",
                    world,
                    supervision=supervision,
                    weights_dir=weights_dir,
                    feature_cache=feature_cache,
                    reporter=reporter,
                    commit=commit,
                ).last

            found = cross_validate(
                settings, records, validate, range(seeds), decoder=decoder, commit=commit
            )
        if world.leads:
            found.save(result)
            _print(found, other)


def _print(found: HeldOut, other: HeldOut | None) -> None:
    for seed, iou, bde in zip(found.seeds, found.iou, found.bde, strict=True):
        print(f"seed {seed}: IoU {iou.mean():.4f}, BDE {bde.mean():.4f}")
    print(
        f"mean: IoU {found.iou.mean():.4f}, BDE {found.bde.mean():.4f}, {len(found.photos)} photos"
    )
    if other is not None:
        for name, estimate in zip(("IoU", "BDE"), found.against(other), strict=True):
            print(
                f"{name} against the other: {estimate.mean:+.4f} "
                f"[{estimate.low:+.4f}, {estimate.high:+.4f}]"
            )
