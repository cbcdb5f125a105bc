"""`marscrop serve`: the HTTP service and its page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from marscrop.cli.process import extra, give_memory_back, refuse
from marscrop.errors import OptionError


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    workers: Annotated[
        int | None, typer.Option(help="Photos worked on at the same time. Default: cores.")
    ] = None,
    max_body_mib: Annotated[
        int | None, typer.Option(help="Largest request or photo [MiB]. Default: 32.")
    ] = None,
    max_pixels: Annotated[
        int | None, typer.Option(help="Largest photo. Default: 100 million.")
    ] = None,
    max_decoded_mib: Annotated[
        int | None,
        typer.Option(help="Memory for finding the crops of one photo [MiB]. Default: 256."),
    ] = None,
    max_encoded_mib: Annotated[
        int | None,
        typer.Option(
            help="Memory for a picture that comes out, and its encoder [MiB]. Default: 768."
        ),
    ] = None,
    max_enlargement: Annotated[
        float | None,
        typer.Option(help="Most that a request may `enlarge` a crop, along a side. Default: 4."),
    ] = None,
    max_in_flight: Annotated[
        int | None, typer.Option(help="Requests at the same time; more get 503. Default: 64.")
    ] = None,
    max_per_client: Annotated[
        int | None, typer.Option(help="Of them from one address; more get 429. Default: 48.")
    ] = None,
    max_connections: Annotated[
        int | None,
        typer.Option(help="Open connections; those that wait the longest give way. Default: 512."),
    ] = None,
    head_timeout: Annotated[
        float | None, typer.Option(help="Seconds for a request's headers. Default: 10.")
    ] = None,
    body_timeout: Annotated[
        float | None, typer.Option(help="Seconds for the rest of a request. Default: 20.")
    ] = None,
    answer_timeout: Annotated[
        float | None, typer.Option(help="Seconds from there to the answer. Default: 30.")
    ] = None,
    keep_photos: Annotated[
        int | None,
        typer.Option(help="Photos whose features stay in memory, no pixels. Default: 256."),
    ] = None,
    allow_url: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST", help="Fetch photos from this host. Repeat for more. Default: none."
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Answer to this host name too. Repeat for more. Default: localhost and --host.",
        ),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", help="Let this origin's pages in. Repeat for more. Default: none."
        ),
    ] = None,
    trust_proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="Take clients' addresses from this proxy's X-Forwarded-For. Default: none.",
        ),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Folder of an exported model.")] = None,
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
        "allowed_hosts": tuple(allow_url or ()),
        "host_names": tuple(allow_host or ()),
        "cors_origins": tuple(cors or ()),
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
            proxies=trust_proxy or (),
        )
    except OptionError as error:
        refuse(error)
