"""`marscrop figure`: what the network sees, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from marscrop.ratio import AspectRatio


def figure(
    image: Annotated[str, typer.Argument(help="A photo.")],
    ratio: Annotated[
        list[str] | None, typer.Option("--ratio", "-r", help="A row each. Default: four.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Default: PHOTO_figure.png beside it.")
    ] = None,
    sweep: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Instead, the map at so many ratios from 1:4 to 4:1: an animation if the output "
            "ends in .gif or .webp, else a strip.",
        ),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Folder of an exported model.")] = None,
) -> None:
    """Draw the paper's Figure 5 for a photo: the box, the map, the masked photo, the crop."""
    from marscrop.cropper import Cropper
    from marscrop.imaging.photo import open_photo
    from marscrop_research.paper.figures import draw_figure, draw_sweep, save_sweep

    ratios = [AspectRatio.parse(r) for r in ratio or ("16:9", "1:1", "4:5", "9:16")]
    cropper = Cropper(model)
    photo = open_photo(image)
    target = output or Path(image).with_name(f"{Path(image).stem}_figure.png")
    frames = draw_sweep(cropper, photo, sweep) if sweep else [draw_figure(cropper, photo, ratios)]
    save_sweep(frames, target)
    print(target)
