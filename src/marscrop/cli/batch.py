"""`marscrop batch`: a library of photos in, crops and a manifest out; resumable."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marscrop.cli import flags
from marscrop.cli.batch_words import conclude, print_plan, tell_left_out
from marscrop.cli.destination import suffix_of_type
from marscrop.cli.process import give_memory_back, refuse
from marscrop.errors import MissingExtraError, OptionError, StorageError

if TYPE_CHECKING:
    from types import FrameType

    from marscrop.batch.job import Job


@click.command()
@click.argument(
    "sources",
    metavar="SRC...",
    nargs=-1,
    required=True,
    help="Folders, photos, globs, URLs (s3://, gs://, file://), or manifests in Parquet or CSV "
    "with a column path or uri, and perhaps ratio and keep.",
)
@click.option(
    "--output",
    "-o",
    metavar="DST",
    required=True,
    help="Folder or URL for the crops and the results.",
)
@flags.ratio(required=False)
@flags.list_presets
@click.option("--no-crops", is_flag=True, help="Boxes only: write the manifest, but no pictures.")
@click.option(
    "--tool",
    "tools",
    multiple=True,
    help="Add a column with each crop as iiif, imgproxy or thumbor takes it. Repeat for more.",
)
@flags.focal
@click.option("--sidecar", help="xmp: write each crop as an XMP file for photo editors.")
@click.option(
    "--prune", is_flag=True, help="Drop photos from the manifest that SRC does not name any more."
)
@click.option(
    "--redo", is_flag=True, help="Forget what marscrop review decided on these photos' crops."
)
@click.option(
    "--report",
    is_flag=True,
    help="Write DST/report.html too: a page with a thumbnail of each crop.",
)
@click.option("--dry-run", is_flag=True, help="List what would be done, and write nothing.")
@click.option(
    "--engine", default="local", help="local, or ray: the cluster that RAY_ADDRESS names."
)
@click.option("--workers", type=click.IntRange(min=1), help="Photos at once. Default: one a core.")
@flags.sizing
@flags.quality
@flags.metadata
@flags.file_type
@flags.reading
@flags.model
@flags.crop_options
def batch(
    sources: Sequence[str],
    output: str,
    ratio: Sequence[str],
    no_crops: bool,
    tools: Sequence[str],
    focal: bool,
    sidecar: str | None,
    prune: bool,
    redo: bool,
    report: bool,
    dry_run: bool,
    engine: str,
    workers: int | None,
    width: int | None,
    height: int | None,
    max_edge: int | None,
    enlarge: bool,
    quality: int | None,
    metadata: str,
    file_type: str | None,
    frame: int | None,
    raw: str | None,
    lenient: bool,
    max_pixels: int | None,
    max_decoded_mib: int | None,
    model: Path | None,
    **written: Any,
) -> None:
    """Crop a library of photos; run the same command again to go on where it stopped.

    Crops lie in DST as the photos lie in SRC, and DST/manifest.parquet and manifest.jsonl have a
    row for each. Exit code 1: some photos failed, which the manifest names; 2: wrong usage.
    """
    give_memory_back()
    options = flags.parse_options(written)
    read = flags.parse_reading(frame, raw, lenient=lenient)
    ratios = flags.parse_ratios(ratio)
    sizing = flags.parse_sizing(ratios, width, height, max_edge, enlarge=enlarge)
    from marscrop.batch.job import Job
    from marscrop.batch.plan import make_plan, plan_tasks
    from marscrop.batch.progress import Progress
    from marscrop.batch.pruning import check_manifest_keeps_photos
    from marscrop.batch.run import run
    from marscrop.batch.store import Store, half_made_unheard

    tools = _parse_tools(tools)
    try:
        job = Job(
            target=output,
            read=read,
            options=options,
            sizing=sizing,
            suffix=suffix_of_type(file_type),
            write=flags.parse_write_options(quality, metadata),
            write_crops=not no_crops,
            sidecar=_parse_sidecar(sidecar),
            focal=focal,
            model=model,
            **flags.parse_limits(max_pixels, max_decoded_mib),
        )
        if dry_run:
            with half_made_unheard():
                left_out = Counter[str]()
                tasks = plan_tasks(sources, ratios, job, left_out)
                if not prune:
                    check_manifest_keeps_photos(Store(output), tasks)
                plan = make_plan(tasks, job, redo=redo)
            print_plan(plan)
            tell_left_out(left_out)
            return
        with half_made_unheard(), _stoppable() as stopped, Progress(sys.stderr) as progress:
            outcome = run(
                sources,
                ratios,
                job,
                engine=engine,
                workers=workers,
                tools=tools,
                prune=prune,
                redo=redo,
                watcher=progress,
                stopped=stopped,
            )
    except (OptionError, MissingExtraError) as error:
        refuse(error)
    except StorageError as error:
        raise StorageError(
            None, f"stopped: {error}. What is done stays done: run it again once that is mended"
        ) from error
    if report and outcome.finished:
        _write_report(job)
    conclude(outcome, job)


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Ctrl-C or SIGTERM stops gently the first time, and at once the second."""
    both = (signal.SIGINT, signal.SIGTERM)
    signals = [one for one in both if signal.getsignal(one) is not signal.SIG_IGN]
    came: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        for one in signals:
            signal.signal(one, before[one])

    before = {one: signal.signal(one, stop) for one in signals}
    try:
        yield lambda: bool(came)
    finally:
        for one in signals:
            signal.signal(one, before[one])


def _write_report(job: Job) -> None:
    from marscrop.batch.store import Store
    from marscrop.review.report import REPORT, report_page
    from marscrop.review.reviewed_batch import open_batch

    store = Store(job.target)
    page = report_page(open_batch(job.target)).encode()
    with store.writing(Exception):
        store.put(REPORT, page)
    print(f"report: {job.target.rstrip('/')}/{REPORT}", file=sys.stderr)


def _parse_sidecar(sidecar: str | None) -> bool:
    if sidecar not in (None, "xmp"):
        refuse(f"--sidecar must be xmp; got {sidecar!r}")
    return sidecar is not None


def _parse_tools(names: Sequence[str]) -> list[str]:
    from marscrop.batch.results import TOOLS

    for name in names:
        if name not in TOOLS:
            refuse(f"--tool must be one of {', '.join(TOOLS)}; got {name!r}")
    return list(dict.fromkeys(names))
