"""Sockets that a service listens on, opened before anything else is done or said."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Iterator
from typing import Any, Final

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None  # type: ignore[assignment]

from marscrop.errors import MarscropError
from marscrop.spelling import Mention

ACCEPTED_AT_ONCE: Final = 16
"""Connections taken before those are closed that have to make room for them."""

BACKLOG: Final = 2048
"""Connections that wait to be taken."""

_OWN_HANDLES: Final = 72
"""File handles beside those of connections: libraries, photos that are fetched, those above."""

_SAID_EVERY_S: Final = 60.0
_LOG: Final = logging.getLogger("uvicorn.error")


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Sockets that listen on every address of a host, closed at the end.

    Args:
        host: a name or an address; with several, all are taken.
        port: 0 takes a free one.

    Raises:
        MarscropError: an unknown host, or an address or port that cannot be had.
    """
    with contextlib.ExitStack() as opened:
        try:
            sockets = [
                opened.enter_context(_listen(family, address))
                for family, address in _addresses(host, port)
            ]
        except OSError as error:
            # A failed look-up has codes of its own.
            looked_up = isinstance(error, socket.gaierror) or not error.errno
            why = error.strerror if looked_up else os.strerror(error.errno or 0)
            words = f"cannot listen on {host} port {port}: {why}; give another "
            raise MarscropError((words, Mention("port"), " or ", Mention("host"))) from None
        yield sockets


def check_handles(max_connections: int) -> None:
    """Let this process have file handles for so many connections.

    Raises:
        MarscropError: the system does not.
    """
    if resource is None:
        return
    needed = max_connections + ACCEPTED_AT_ONCE + _OWN_HANDLES
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY or allowed >= needed:
        return
    if most != resource.RLIM_INFINITY and most < needed:
        raise MarscropError(
            (
                f"{max_connections} connections need {needed} file handles, and the system allows "
                f"{most}; raise that (ulimit -n), or lower ",
                Mention("max_connections"),
            )
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))


def say_rarely_what_cannot_be_taken(loop: asyncio.AbstractEventLoop) -> None:
    """Log one line a minute, at most, where a connection cannot be taken for want of handles."""
    said_at = -_SAID_EVERY_S

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal said_at
        if not str(context.get("message", "")).startswith("socket.accept() out of system"):
            loop.default_exception_handler(context)
        elif time.monotonic() >= said_at + _SAID_EVERY_S:
            said_at = time.monotonic()
            why = context.get("exception")
            _LOG.error("connections wait, as none can be taken (%s); said once a minute", why)

    loop.set_exception_handler(handle)


def url_of(listener: socket.socket) -> str:
    """Where a socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _addresses(host: str, port: int) -> dict[tuple[socket.AddressFamily, tuple[object, ...]], None]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return {(family, address): None for family, _, _, _, address in found}


def _listen(family: socket.AddressFamily, address: tuple[object, ...]) -> socket.socket:
    # At once: on Linux two sockets may have one port as long as neither listens.
    listener = socket.create_server(address, family=family, backlog=BACKLOG)
    # Connections inherit it. asyncio sets it only where sockets name their protocol, unlike here;
    # without, the end of an answer waits 40 ms for the client to acknowledge its beginning.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
