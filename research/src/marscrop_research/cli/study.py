"""`marscrop study`: people choose among methods' crops, without their names."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from marscrop.cli.process import extra
from marscrop.ratio import AspectRatio
from marscrop_research.cli.arguments import name_and_file, train_extra

app = typer.Typer(
    help="Let people choose among methods' crops, and count.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

VotesFile = Annotated[Path, typer.Argument(help="SQLite file of the votes.")]


@app.command()
def run(
    votes: VotesFile,
    photos: Annotated[Path, typer.Option(help="Folder of the photos.")],
    boxes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="A method's boxes, JSON lines as `marscrop crop --json` prints them. Repeat: at "
            "least two, without --systems.",
        ),
    ] = None,
    systems: Annotated[
        Path | None,
        typer.Option(
            help="Folder of runs of `ablate --table 7`: what the systems in it, with seed 0, the "
            "packaged model and the centre crop make of the photos is kept beside the votes.",
        ),
    ] = None,
    ratio: Annotated[
        list[str] | None,
        typer.Option("--ratio", "-r", help="With --systems: asked of each photo. Repeat for more."),
    ] = None,
    weights_dir: Annotated[
        Path, typer.Option(help="With --systems: folder of ImageNet weights.")
    ] = Path(),
    configs: Annotated[
        Path, typer.Option(help="With --systems: folder of the configurations.")
    ] = Path("research/configs"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8001,
) -> None:
    """Serve the study. Start it again with the same file to go on."""
    with extra("serve"):
        from marscrop_research.paper.study.pages import serve
    from marscrop_research.paper.study.trials import load_study
    from marscrop_research.paper.study.votes import Votes

    files = [name_and_file(text) for text in boxes or []]
    if systems is not None:
        beside = votes.with_suffix(".boxes")
        files += _system_boxes(
            systems, photos, ratio or ["1:1", "16:9"], beside, weights_dir, configs
        )
    study = load_study(photos, files)
    for problem in study.problems:
        print(f"marscrop: {problem.place}: {problem.reason}", file=sys.stderr)
    print(
        f"{len(study.trials)} choices; {study.alike} more where all methods gave the same box",
        file=sys.stderr,
    )
    serve(study, Votes(votes), host=host, port=port)


def _system_boxes(
    runs: Path, photos: Path, ratios: list[str], folder: Path, weights_dir: Path, configs: Path
) -> list[tuple[str, Path]]:
    """Name and box file of each trained system, of the packaged model and of the centre crop."""
    with train_extra():
        from marscrop_research.config import Config
        from marscrop_research.paper.study.system_boxes import write_boxes
        from marscrop_research.paper.table7 import centre, shipped, trained
        from marscrop_research.systems.answering import Eyes
        from marscrop_research.systems.photo_features import BACKBONE_PAGE, FrozenBackbone
        from marscrop_research.systems.runs import read_systems

    asked = [AspectRatio.parse(text) for text in ratios]
    found = read_systems(runs)
    eyes = Eyes(FrozenBackbone(Config.load(configs / f"{BACKBONE_PAGE}.toml"), weights_dir))
    contenders = [centre(), *(trained([system], eyes) for system in found.values()), shipped()]
    return write_boxes(contenders, photos, asked, folder)


@app.command()
def report(
    votes: VotesFile,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """The share of votes that each method won, with 95 % intervals over photos."""
    from marscrop_research.paper.study.votes import Votes

    result = Votes(votes, must_exist=True).result()
    if as_json:
        shares = {name: share._asdict() for name, share in result.shares.items()}
        counts = {"votes": result.votes, "voters": result.voters, "photos": result.photos}
        print(json.dumps({**counts, "shares": shares}))
        return
    width = max(map(len, result.shares))
    for name, (mean, low, high) in result.shares.items():
        print(f"{name:{width}}  {mean:6.1%}  [{low:.1%}, {high:.1%}]")
    print(f"{result.votes} votes of {result.voters} people on {result.photos} photos")
