"""Limits on connections before and after their requests: time, room, and unread answers.

`body_limits` bounds a request from its headers on; this bounds what no application sees. uvicorn
waits for headers without end, and for clients that do not read their answers. What it answers
itself, to what is no request, has the form of other refusals here, and is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from math import inf
from typing import Any, cast
from urllib.parse import unquote

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from marscrop.service.framing import StrictConnection
from marscrop.service.limits import ServiceLimits
from marscrop.service.plain_requests import PlainCycle, PlainHead
from marscrop.service.refusals import Refusal
from marscrop.service.system_calls import JoinedWrites, LazyPauses, read_at_once


class Connections:
    """All of one server.

    Where there is no room, those that work on no request make it, the longest waiting first. So
    who opens many and sends nothing closes their own.
    """

    def __init__(
        self, limits: ServiceLimits, count: Callable[[HTTPStatus], None] | None = None
    ) -> None:
        """None are open.

        Args:
            limits: of the service.
            count: is told the status of each refusal that no application sees.
        """
        self.limits = limits
        self.count = count
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, None] = {}
        self._unread: dict[Connection, None] = {}  # of those that wait

    def enter(self, connection: Connection) -> None:
        """A connection was opened, and waits for its first request."""
        self._open.add(connection)
        self.wait(connection)
        if len(self._open) > self.limits.max_connections:
            next(iter(self._waiting)).abort()

    def wait(self, connection: Connection) -> None:
        """It waits for a request, or for its last answer to be read."""
        self.work(connection)
        self._waiting[connection] = None
        if connection.unread_bytes:
            self._unread[connection] = None
            self._bound_unread()

    def work(self, connection: Connection) -> None:
        """It has a request to work on."""
        self._waiting.pop(connection, None)
        self._unread.pop(connection, None)

    def leave(self, connection: Connection) -> None:
        """It is closed."""
        self._open.discard(connection)
        self.work(connection)

    def _bound_unread(self) -> None:
        unread = [(c, size) for c in self._unread if (size := c.unread_bytes)]
        total = sum(size for _, size in unread)
        for connection, size in unread[:-1]:  # the latest had no time yet
            if total <= self.limits.max_unread_bytes:
                return
            connection.abort()
            total -= size


class Connection(H11Protocol):
    """uvicorn's connection, with an end to its patience."""

    def __init__(self, *args: Any, connections: Connections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._strict = StrictConnection()
        self.conn = self._strict
        self.access_log = False
        self._plain: PlainCycle | None = None
        self._early: list[bytes] = []
        self._others = connections
        self._timer: asyncio.TimerHandle | None = None  # may be early
        self._deadline = 0.0
        self._kept = False
        self._unread = 0
        self._said_all = False

    @property
    def unread_bytes(self) -> int:
        """Of an answer, that the client's side has not taken yet."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close without waiting for anybody; what is unread is dropped."""
        self._drop_timer()
        self._others.leave(self)
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._own_transport = transport
        super().connection_made(cast("asyncio.Transport", JoinedWrites(transport, self.loop)))
        self._flow = self.flow = LazyPauses(self.transport)
        self._set_timer(self._others.limits.head_timeout_s)
        self._others.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_timer()
        self._others.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._flow.more_came()
        if self._plain is not None:
            data = self._take(self._plain, data)
            if not data:
                return
        head = PlainHead.read(data) if self._strict.is_at_rest else None
        if head is None:
            super().data_received(data)
        else:
            self._begin(head, data)

    def _begin(self, head: PlainHead, data: bytes) -> None:
        """Have a plain request answered."""
        self._unset_keepalive_if_required()
        self._set_timer(None)
        self._others.work(self)
        read_at_once(self._own_transport, head.body_bytes)
        raw_path, _, query = head.target.partition(b"?")
        path = raw_path.decode("ascii")
        self.scope = {
            "type": "http",
            "asgi": {"version": self.config.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "method": head.method,
            "root_path": self.root_path,
            "path": self.root_path + (unquote(path) if "%" in path else path),
            "raw_path": self.root_path.encode("ascii") + raw_path,
            "query_string": query,
            "headers": head.headers,
            "state": self.app_state.copy(),
        }
        self.cycle = self._plain = PlainCycle(
            head.body_bytes,
            scope=self.scope,
            conn=self.conn,
            transport=self.transport,
            flow=self._flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            on_response=self.on_response_complete,
        )
        task = self.loop.create_task(self.cycle.run_asgi(self.app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)
        if len(data) > head.size:
            self._take(self._plain, memoryview(data)[head.size :])

    def _take(self, plain: PlainCycle, data: bytes | memoryview) -> bytes:
        """Give a plain request what came: a further one, which begins now, comes back."""
        rest = plain.take(data)
        if plain.missing:
            return b""
        read_at_once(self._own_transport, 0)
        if plain.response_complete:
            self._plain = None
            return bytes(rest)
        if rest:  # further requests, before this one is answered
            self._early.append(bytes(rest))
            self._flow.pause_reading()
        return b""

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether who will say no more, and may still listen, has an answer to come."""
        self._said_all = True
        return self._works and not self.cycle.more_body

    def handle_events(self) -> None:
        super().handle_events()
        if self._works:
            self._set_timer(None)
            self._others.work(self)

    def on_response_complete(self) -> None:
        if self._plain is None:
            super().on_response_complete()
            self._unset_keepalive_if_required()  # `_give_up` sees to it
        else:
            self.server_state.total_requests += 1
            self._flow.resume_reading()
        if self._plain is not None and not self._plain.missing:
            self._plain = None
            if self._early and not self.transport.is_closing():
                data = b"".join(self._early)
                self._early.clear()
                self.data_received(data)
        if self._works:  # a further request was there already
            return
        if self._said_all:
            self.transport.close()
        else:
            self._kept = True
            self._wait(self.timeout_keep_alive)

    @property
    def _works(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self, patience_s: float) -> None:
        self._unread = self.unread_bytes
        self._set_timer(patience_s)
        self._others.wait(self)

    def _set_timer(self, patience_s: float | None) -> None:
        """Give up after some time. A timer that is too early is not made anew: it looks again."""
        self._deadline = inf if patience_s is None else self.loop.time() + patience_s
        if self._timer is not None and self._timer.when() > self._deadline:
            self._drop_timer()
        if self._timer is None and patience_s is not None:
            self._timer = self.loop.call_at(self._deadline, self._look)

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """Whether it is time to give up."""
        self._timer = None
        if self.loop.time() >= self._deadline:
            self._give_up()
        elif self._deadline < inf:
            self._timer = self.loop.call_at(self._deadline, self._look)

    def _give_up(self) -> None:
        if self._kept:  # for a further request, and for its head, or the answer's end, as for any
            self._kept = False
            if self._plain is None and self._strict.is_at_rest and not self.unread_bytes:
                self.timeout_keep_alive_handler()
            else:
                self._set_timer(self._others.limits.head_timeout_s)
            return
        unread = self.unread_bytes
        if 0 < unread < self._unread:  # slow, but getting there
            self._wait(self._others.limits.head_timeout_s)
        elif not unread and self.conn.trailing_data[0] and self.conn.our_state is h11.IDLE:
            self._refuse_slow()
        else:
            self.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, if an answer can still be told from another one's."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.abort()
            return
        fault = self._strict.fault
        self._refuse(
            Refusal(
                HTTPStatus.BAD_REQUEST,
                "bad_request",
                f"this is no valid HTTP request: {fault}" if fault else msg,
                headers={"Connection": "close"},
            )
        )

    def _refuse_slow(self) -> None:
        """Answer what has begun and does not end."""
        limit_s = self._others.limits.head_timeout_s
        self._refuse(
            Refusal(
                HTTPStatus.REQUEST_TIMEOUT,
                "headers_too_slow",
                f"the request's headers did not arrive within {limit_s:g} seconds",
                ("head_timeout_s", limit_s),
                {"Connection": "close"},
            )
        )

    def _refuse(self, refusal: Refusal) -> None:
        """Answer in place of an application, and close."""
        if self._others.count is not None:
            self._others.count(refusal.status)
        answer = refusal.response()
        for event in (
            h11.Response(
                status_code=answer.status_code,
                headers=answer.raw_headers,
                reason=refusal.status.phrase.encode(),
            ),
            h11.Data(data=bytes(answer.body) if self._strict.answers_have_bodies else b""),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:  # whatever works on it writes no second answer
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
