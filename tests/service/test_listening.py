"""Sockets that the service listens on."""

from __future__ import annotations

import socket

from marscrop.service.listening import listening


def test_answers_are_sent_at_once() -> None:
    """Not held back until the client has acknowledged their beginning."""
    with listening("127.0.0.1", 0) as (listener,):
        with socket.create_connection(listener.getsockname()):
            taken, _ = listener.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
