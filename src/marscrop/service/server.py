"""Running the service: one process, until it is told to stop."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import uvicorn

from marscrop.service.app import create_app
from marscrop.service.callers import names_served
from marscrop.service.connections import Connection, Connections
from marscrop.service.limits import ServiceLimits


def serve(limits: ServiceLimits, *, host: str, port: int, model: str | None = None) -> None:
    """Serve until SIGINT or SIGTERM; then requests in flight are finished.

    Args:
        limits: of the service.
        host: address to listen on.
        port: likewise; 0 takes a free one.
        model: folder of an exported model; the packaged one by default.

    Raises:
        ModelError: the model is missing or damaged.
        OptionError: a host name that is none.
    """
    from marscrop.cropper import Cropper

    limits = replace(limits, host_names=names_served(host, limits.host_names))
    app = create_app(limits, Cropper(model, threads=1))
    connections = Connections(limits, app.state.service.metrics.count_refused)
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=partial(Connection, connections=connections),  # type: ignore[arg-type]
        ws="none",
        log_level="info",
        access_log=False,  # names of photos and addresses of people; counts are in /metrics
        timeout_graceful_shutdown=math.ceil(limits.stop_timeout_s),
        server_header=False,
    )
