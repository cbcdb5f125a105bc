"""Fewer system calls for a request.

At each of them the thread of the event loop gives up Python's lock, and then waits until a worker
gives it up. That, not what there is to do, is most of a request's time there.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.flow_control import FlowControl

_MOST_HELD_BYTES: Final = 1 << 16
_USUALLY_READ_BYTES: Final = 1 << 18
_MOST_READ_BYTES: Final = 1 << 20


def read_at_once(transport: asyncio.Transport, size: int) -> None:
    """Let so many bytes be read by one call, within bounds.

    Most photos then need no joining. Transports of other loops than asyncio's are left as they are.
    """
    if hasattr(transport, "max_size"):
        transport.max_size = min(max(size, _USUALLY_READ_BYTES), _MOST_READ_BYTES)


class JoinedWrites:
    """A transport that sends at once what is written in one turn of the loop: an answer's parts.

    All else is as the transport has it.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._held_bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this with what else comes before the loop's next turn."""
        if not data:
            return
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > _MOST_HELD_BYTES:
            self._send()

    def write_now(self, data: bytes) -> None:
        """Send what was written, and this behind it."""
        if self._held:
            self._held.append(data)
            self._send()
        else:
            self._transport.write(data)

    def get_write_buffer_size(self) -> int:
        """What is written and not sent [bytes]."""
        return self._held_bytes + self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Close once all is sent."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self._held.clear()
        self._held_bytes = 0
        self._transport.abort()

    def _send(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._held_bytes = 0
            self._transport.write(data)


class LazyPauses(FlowControl):
    """uvicorn's flow control, which stops reading only where more comes than is wanted.

    uvicorn stops before each answer and goes on behind it, and mostly nothing comes between.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._enough = False

    def pause_reading(self) -> None:
        """Nothing more is wanted now."""
        self._enough = True

    def resume_reading(self) -> None:
        """More is wanted."""
        self._enough = False
        super().resume_reading()

    def more_came(self) -> None:
        """Something was read: if it was not wanted, nothing further is."""
        if self._enough:
            super().pause_reading()
