"""Running the service: one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from ipaddress import ip_network
from typing import Final

import uvicorn

from marscrop.errors import OptionError
from marscrop.service.app import create_app
from marscrop.service.callers import names_served
from marscrop.service.connections import Connection, Connections
from marscrop.service.limits import ServiceLimits
from marscrop.service.listening import (
    ACCEPTED_AT_ONCE,
    BACKLOG,
    check_handles,
    listening,
    say_rarely_what_cannot_be_taken,
    url_of,
)

_LOG: Final = logging.getLogger("uvicorn.error")  # which uvicorn sets up, for all of its lines


def serve(
    limits: ServiceLimits,
    *,
    host: str,
    port: int,
    model: str | None = None,
    proxies: Sequence[str] = (),
) -> None:
    """Serve until SIGINT or SIGTERM; then requests in flight are finished.

    Args:
        limits: of the service.
        host: address to listen on.
        port: likewise; 0 takes a free one.
        model: folder of an exported model; the packaged one by default.
        proxies: addresses and networks in front of it, whose `X-Forwarded-For` is believed.

    Raises:
        ModelError: the model is missing or damaged.
        MarscropError: the address or port cannot be had, or too few file handles.
        OptionError: a host name or a proxy that is none.
    """
    from marscrop.cropper import Cropper

    for proxy in proxies:
        _check_proxy(proxy)
    limits = replace(limits, host_names=names_served(host, limits.host_names))
    check_handles(limits.max_connections)
    with listening(host, port) as sockets:
        app = create_app(limits, Cropper(model, threads=1))
        connections = Connections(limits, app.state.service.metrics.count_refused)
        config = uvicorn.Config(
            app,
            http=partial(Connection, connections=connections),  # type: ignore[arg-type]
            ws="none",
            log_level="info",
            access_log=False,  # names of photos and addresses of people; counts are in /metrics
            timeout_graceful_shutdown=math.ceil(limits.stop_timeout_s),
            server_header=False,
            backlog=ACCEPTED_AT_ONCE,  # asyncio's word for both
            # By itself uvicorn believes whoever comes from this machine, as any client there does.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
        )
        _Server(config).run(sockets)


class _Server(uvicorn.Server):
    """uvicorn's, which does not say where it listens if it did not open the sockets."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        say_rarely_what_cannot_be_taken(asyncio.get_running_loop())
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(BACKLOG)
            _LOG.info("marscrop running on %s (Press CTRL+C to quit)", url_of(listener))


def _check_proxy(proxy: str) -> None:
    try:
        ip_network(proxy)
    except ValueError:
        raise OptionError.of(
            "trust_proxy", "must be an address or a network, such as 10.0.0.0/8", proxy
        ) from None
