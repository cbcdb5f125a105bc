"""`marscrop serve`: the HTTP service and its page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from marscrop.cli import flags
from marscrop.cli.process import extra, give_memory_back, refuse
from marscrop.errors import OptionError


@click.command()
@click.option(
    "--host", default="127.0.0.1", help="Address to listen on; 0.0.0.0 lets other machines in."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0 takes a free one.")
@click.option("--workers", type=int, help="Photos worked on at the same time. Default: cores.")
@click.option("--max-body-mib", type=int, help="Largest request or photo [MiB]. Default: 32.")
@click.option("--max-pixels", type=int, help="Largest photo. Default: 100 million.")
@click.option(
    "--max-decoded-mib",
    type=int,
    help="Memory for finding the crops of one photo [MiB]. Default: 256.",
)
@click.option(
    "--max-encoded-mib",
    type=int,
    help="Memory for a picture that comes out, and its encoder [MiB]. Default: 768.",
)
@click.option(
    "--max-enlargement",
    type=float,
    help="Most that a request may `enlarge` a crop, along a side. Default: 4.",
)
@click.option(
    "--max-in-flight", type=int, help="Requests at the same time; more get 503. Default: 64."
)
@click.option(
    "--max-per-client", type=int, help="Of them from one address; more get 429. Default: 48."
)
@click.option(
    "--max-connections",
    type=int,
    help="Open connections; those that wait the longest give way. Default: 512.",
)
@click.option("--head-timeout", type=float, help="Seconds for a request's headers. Default: 10.")
@click.option("--body-timeout", type=float, help="Seconds for the rest of a request. Default: 20.")
@click.option("--answer-timeout", type=float, help="Seconds from there to the answer. Default: 30.")
@click.option(
    "--keep-photos", type=int, help="Photos whose features stay in memory, no pixels. Default: 256."
)
@click.option(
    "--allow-url",
    multiple=True,
    metavar="HOST",
    help="Fetch photos from this host. Repeat for more. Default: none.",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="Answer to this host name too. Repeat for more. Default: localhost and --host.",
)
@click.option(
    "--cors",
    multiple=True,
    metavar="ORIGIN",
    help="Let this origin's pages in. Repeat for more. Default: none.",
)
@click.option(
    "--trust-proxy",
    multiple=True,
    metavar="ADDRESS",
    help="Take clients' addresses from this proxy's X-Forwarded-For. Default: none.",
)
@flags.model
def serve(
    host: str,
    port: int,
    workers: int | None,
    max_body_mib: int | None,
    max_pixels: int | None,
    max_decoded_mib: int | None,
    max_encoded_mib: int | None,
    max_enlargement: float | None,
    max_in_flight: int | None,
    max_per_client: int | None,
    max_connections: int | None,
    head_timeout: float | None,
    body_timeout: float | None,
    answer_timeout: float | None,
    keep_photos: int | None,
    allow_url: Sequence[str],
    allow_host: Sequence[str],
    cors: Sequence[str],
    trust_proxy: Sequence[str],
    model: Path | None,
) -> None:
    """Serve crops over HTTP, and a page to try them on.

    Stops on SIGINT and SIGTERM, after requests in flight are answered.
    """
    give_memory_back()
    with extra("serve"):
        from marscrop.imaging.cost import MEBIBYTE
        from marscrop.service.limits import ServiceLimits
        from marscrop.service.server import serve as run
    given: dict[str, Any] = {
        "workers": workers,
        "max_body_bytes": None if max_body_mib is None else max_body_mib * MEBIBYTE,
        "max_pixels": max_pixels,
        "max_decoded_bytes": None if max_decoded_mib is None else max_decoded_mib * MEBIBYTE,
        "max_encoded_bytes": None if max_encoded_mib is None else max_encoded_mib * MEBIBYTE,
        "max_enlargement": max_enlargement,
        "max_in_flight": max_in_flight,
        "max_per_client": max_per_client,
        "max_connections": max_connections,
        "head_timeout_s": head_timeout,
        "body_timeout_s": body_timeout,
        "answer_timeout_s": answer_timeout,
        "photos_kept": keep_photos,
        "allowed_hosts": tuple(allow_url),
        "host_names": tuple(allow_host),
        "cors_origins": tuple(cors),
    }
    try:
        limits = ServiceLimits(
            **{name: value for name, value in given.items() if value is not None}
        )
        run(
            limits,
            host=host,
            port=port,
            model=str(model) if model else None,
            proxies=trust_proxy,
        )
    except OptionError as error:
        refuse(error)
