"""Where a request ends: refused where two readers could see its end in different places.

A proxy in front that reads one request as two, or two as one, lets a stranger put words into the
next client's request (request smuggling). h11 takes more than it must: lines that end without a
carriage return, and a length beside chunks.
"""

from __future__ import annotations

import re
from typing import Any, Final

import h11

MOST_HEAD_BYTES: Final = 64 * 1024
"""Of a request's first line and headers."""
_HEAD: Final = re.compile(rb".*?\n\r?\n", re.DOTALL)
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_TRAILER_BYTES: Final = 4096
"""What is kept of what came, to look again at the lines behind the last chunk."""


class StrictConnection(h11.Connection):
    """h11's server side, strict about ends.

    Attributes:
        fault: what was wrong with the request that was refused last, for people.
        answers_have_bodies: whether the request that is read, if its head was, wants one.
    """

    def __init__(self) -> None:
        super().__init__(h11.SERVER, MOST_HEAD_BYTES)
        self.fault: str | None = None
        self.answers_have_bodies = True
        self._last: list[bytes] = []
        self._in_chunks = False

    @property
    def is_at_rest(self) -> bool:
        """Whether it is between two requests, of which the second did not begin."""
        return self.their_state is h11.IDLE and not self.trailing_data[0]

    def receive_data(self, data: bytes) -> None:
        """As h11 has it."""
        super().receive_data(data)
        self._last.append(data)

    def next_event(self) -> Any:
        """As h11 has it.

        Raises:
            h11.RemoteProtocolError: as h11 has it, or for an end that is not sure.
        """
        if self.their_state is h11.IDLE:
            self.answers_have_bodies = True
            waiting, _ = self.trailing_data
            head = _HEAD.match(waiting)
            if _BARE_LF.search(head[0] if head else waiting):
                self._refuse("a line of its head ends without a carriage return")
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.answers_have_bodies = event.method != b"HEAD"
            names = {name for name, _ in event.headers}
            self._in_chunks = b"transfer-encoding" in names
            if self._in_chunks:
                if b"content-length" in names:
                    self._refuse("it has both Content-Length and Transfer-Encoding")
                if event.http_version < b"1.1":
                    self._refuse("HTTP/1.0 has no Transfer-Encoding")
        elif isinstance(event, h11.EndOfMessage) and self._in_chunks:
            self._check_trailers(len(event.headers))
        if event in (h11.NEED_DATA, h11.PAUSED):
            self._last = [b"".join(one[-_TRAILER_BYTES:] for one in self._last)[-_TRAILER_BYTES:]]
        return event

    def _check_trailers(self, count: int) -> None:
        """Refuse trailers whose lines, or whose empty last one, end without a carriage return."""
        unread, _ = self.trailing_data
        came = b"".join(self._last)
        *lines, _ = came[: len(came) - len(unread)].split(b"\n")
        if not all(line.endswith(b"\r") for line in lines[-count - 1 :]):
            self._refuse("a line behind its last chunk ends without a carriage return")

    def _refuse(self, fault: str) -> None:
        self.fault = fault
        raise h11.RemoteProtocolError(fault)
