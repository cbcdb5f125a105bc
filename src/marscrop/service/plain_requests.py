"""Plain requests: read, and answered, in few steps.

Nearly all are plain: a GET or POST of HTTP/1.1 whose head came at once, and whose body, if it has
one, has a length. What is plain is narrow, as one expression and a few names below say; whatever
else comes, and all that is wrong, is left to h11 (`framing`), which understands or refuses it. h11
never hears of plain requests: to it their connection is at rest.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final, NamedTuple, cast

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, RequestResponseCycle

from marscrop.service.framing import MOST_HEAD_BYTES

_FIELD: Final = rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*\r\n"
_HEAD: Final = re.compile(rb"(GET|POST) (/[!-~]*) HTTP/1\.1\r\n((?:" + _FIELD + rb")+)\r\n")
_FIELDS: Final = re.compile(rb"(?:" + _FIELD + rb")*")
_OTHERS: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer"})
"""Headers of requests that are left to h11."""
_LENGTH: Final = re.compile(rb"[0-9]{1,15}")
_MESSAGE_BYTES: Final = 1 << 20
"""Of a body that are held back at most, for the rest to come."""
_WITHOUT_BODY: Final = frozenset({204, 304})

Headers = list[tuple[bytes, bytes]]


class PlainHead(NamedTuple):
    """The head of a plain request.

    Attributes:
        method: "GET" or "POST".
        target: path and query, as they came.
        headers: with names in lower case.
        body_bytes: of the body.
        size: of the head itself [bytes].
    """

    method: str
    target: bytes
    headers: Headers
    body_bytes: int
    size: int

    @classmethod
    def read(cls, data: bytes) -> PlainHead | None:
        """The head that some bytes begin with; None if it is not plain, or not whole."""
        size = data.find(b"\r\n\r\n", 0, MOST_HEAD_BYTES) + 4
        found = _HEAD.fullmatch(data, 0, size) if size > 4 else None
        if found is None:
            return None
        method, target, block = found.groups()
        headers, hosts, length = [], 0, None
        for line in block[:-2].split(b"\r\n"):
            name, _, value = line.partition(b":")
            name, value = name.lower(), value.strip(b" \t")
            headers.append((name, value))
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                if length is not None or not _LENGTH.fullmatch(value):
                    return None
                length = int(value)
            elif name in _OTHERS or (name == b"connection" and value.lower() != b"keep-alive"):
                return None
        if hosts != 1:
            return None
        return cls(method.decode("ascii"), target, headers, length or 0, size)


class _News:
    """As much of `asyncio.Event` as is asked of it here, by one who waits."""

    __slots__ = ("_is_there", "_waiter")

    def __init__(self) -> None:
        self._is_there = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """There is news."""
        self._is_there = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Wait for news, which are then none any more."""
        if not self._is_there:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._is_there = False


class PlainCycle(RequestResponseCycle):
    """uvicorn's way from a request to the end of its answer, for a plain one.

    Attributes:
        missing: bytes of the body that did not come yet.
    """

    def __init__(self, body_bytes: int, **kwargs: Any) -> None:
        self._news = _News()
        super().__init__(message_event=cast("asyncio.Event", self._news), **kwargs)
        self.missing = body_bytes
        self.more_body = body_bytes > 0
        self._parts: list[bytes | memoryview] = []
        self._held_bytes = 0
        self._is_awaited = self._is_late = False
        self._head: bytes | None = None
        self._closes = False
        self._has_body = True
        self._owed_bytes: int | None = None  # that the answer's head promised
        if not self.more_body:
            self._news.set()

    def take(self, data: bytes | memoryview) -> bytes | memoryview:
        """Take what belongs to the body; what is left comes back."""
        if not self.missing:
            return data
        rest: bytes | memoryview = b""
        if len(data) > self.missing:
            data, rest = data[: self.missing], data[self.missing :]
        self.missing -= len(data)
        if not self.response_complete:  # else nobody wants it
            self.more_body = self.missing > 0
            self._parts.append(data)
            self._held_bytes += len(data)
            if self._held_bytes > (_MESSAGE_BYTES if self._is_awaited else HIGH_WATER_LIMIT):
                self.flow.pause_reading()
            if not self.missing or self._held_bytes > _MESSAGE_BYTES:
                self._news.set()
        return rest

    async def receive(self) -> Any:
        """A message of ASGI: the body, or that the client left.

        A long body comes in several, and what came of one that takes too long can be had: who
        cancels this and calls it again gets that at once.
        """
        if not self.disconnected and not self.response_complete and not self._is_late:
            self.flow.resume_reading()
            self._is_awaited = True
            try:
                await self._news.wait()
            except asyncio.CancelledError:
                self._is_late = bool(self._parts)
                raise
            finally:
                self._is_awaited = False
        self._is_late = False
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body = b"".join(self._parts)  # of one part that itself
        self._parts.clear()
        self._held_bytes = 0
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def send(self, message: Any) -> None:
        """Take a message of ASGI: the beginning of the answer, or of its body what comes next."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if kind != ("http.response.body" if self.response_started else "http.response.start"):
            raise RuntimeError(f"an answer does not go on with {kind!r}")
        if self.response_complete:
            raise RuntimeError(f"{kind!r} came after the end of an answer")
        if not self.response_started:
            self._head = self._written(message["status"], [*message.get("headers", ())])
            self.response_started = True
            return
        data = message.get("body", b"") if self._has_body else b""
        if self._owed_bytes is not None:
            self._owed_bytes -= len(data)
            if self._owed_bytes < 0:
                raise RuntimeError("an answer is longer than its Content-Length")
        if self._head is not None:
            data, self._head = self._head + data, None
        if message.get("more_body", False):
            self.transport.write(data)
            return
        self.response_complete = True
        self._news.set()
        self.transport.write_now(data)  # type: ignore[attr-defined]
        if self._closes or not self.keep_alive or self._owed_bytes:
            self.transport.close()
        self.on_response()

    def _written(self, status: int, headers: Headers) -> bytes:
        """The head of the answer.

        Raises:
            RuntimeError: a header that could be taken for two.
            ValueError: a Content-Length that is none.
        """
        self._has_body = status not in _WITHOUT_BODY
        self._closes, self._owed_bytes = False, None
        for name, value in headers:
            if name == b"content-length":
                self._owed_bytes = int(value) if self._has_body else None
            elif name == b"connection" and value.lower() == b"close":
                self._closes = True
        if self._has_body and self._owed_bytes is None and not self._closes:  # nothing else ends it
            self._closes = True
            headers.append((b"connection", b"close"))
        lines = [b"%b: %b\r\n" % header for header in (*self.default_headers, *headers)]
        block = b"".join(lines)
        if not _FIELDS.fullmatch(block) or block.count(b"\n") != len(lines):
            raise RuntimeError(f"an answer's headers cannot be written: {headers!r}")
        return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, STATUS_PHRASES[status], block)
