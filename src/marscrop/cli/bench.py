"""`marscrop bench`: where the time goes on this machine."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marscrop.cli import flags
from marscrop.errors import MarscropError
from marscrop.spelling import on_command_line

if TYPE_CHECKING:
    from marscrop.bench.steps import Timing

_DEFAULT_SIZES = ("0.2 MP", "3 MP", "16 MP")


@click.command()
@click.argument(
    "photos",
    nargs=-1,
    type=click.Path(path_type=Path),
    help="Photos. Default: JPEGs of 0.2, 3 and 16 megapixels, made for it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--repeats", type=click.IntRange(min=1), default=30, help="Calls a figure.")
@click.option("--large", is_flag=True, help="Without photos: one of 50 megapixels too.")
@flags.model
@click.option("--threads", type=click.IntRange(min=1), help="For one photo. Default: all cores.")
def bench(
    photos: Sequence[Path],
    as_json: bool,
    repeats: int,
    large: bool,
    model: Path | None,
    threads: int | None,
) -> None:
    """Measure decoding, the network, the search and encoding apart: median and 95th percentile.

    The model is loaded before; photos are measured one after the other, each step repeated.
    """
    from marscrop.bench.machine import describe_machine
    from marscrop.bench.photos import SIZES, make_photo
    from marscrop.bench.steps import time_steps
    from marscrop.cropper import Cropper

    cropper = Cropper(model, threads=threads)
    names = (*_DEFAULT_SIZES, "50 MP") if large else _DEFAULT_SIZES
    results: dict[str, dict[str, Timing]] = {}
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        made = (
            (name, make_photo(SIZES[name], Path(folder) / f"{name}.jpg"))
            for name in ([] if photos else names)
        )
        for name, path in [(str(p), p) for p in photos] or made:
            try:
                results[name] = time_steps(cropper, path, repeats)
            except MarscropError as error:
                print(f"marscrop: {error.text(on_command_line)}", file=sys.stderr)
                failed = True
                continue
            if not as_json:
                _print_table(name, results[name])
    machine = describe_machine(threads)
    if as_json:
        ms = {name: {s: asdict(t) for s, t in steps.items()} for name, steps in results.items()}
        print(json.dumps({"machine": machine, "repeats": repeats, "photos": ms}))
    else:
        print("\n" + ", ".join(f"{key} {value}" for key, value in machine.items()))
    if failed:
        sys.exit(1)


def _print_table(name: str, steps: dict[str, Timing]) -> None:
    print(f"\n{name:26s} {'median ms':>10s} {'p95 ms':>10s}")
    for step, timing in steps.items():
        print(f"  {step:24s} {timing.median_ms:10.2f} {timing.p95_ms:10.2f}")
