"""Sockets that a service listens on, opened before anything else is done or said."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final

from marscrop.errors import MarscropError
from marscrop.spelling import Mention

_BACKLOG: Final = 2048


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


def url_of(listener: socket.socket) -> str:
    """Where a socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _addresses(host: str, port: int) -> dict[tuple[socket.AddressFamily, tuple[object, ...]], None]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return {(family, address): None for family, _, _, _, address in found}


def _listen(family: socket.AddressFamily, address: tuple[object, ...]) -> socket.socket:
    # At once: on Linux two sockets may have one port as long as neither listens.
    return socket.create_server(address, family=family, backlog=_BACKLOG)
