"""Limits on how much of a request is read, and for how long: beneath all that reads bodies.

The count is of what arrives, so that a body in chunks without a length is held to it too.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marscrop.service.limits import ServiceLimits
from marscrop.service.refusals import Refusal


class BodyLimitsMiddleware:
    """Middleware that raises a `Refusal` where a body is too long or too slow."""

    def __init__(self, app: ASGIApp, limits: ServiceLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _LimitedReceive(receive, self._limits, _declared_bytes(scope))
        await self._app(scope, receive, send)


class _LimitedReceive:
    """`receive` of one request."""

    def __init__(self, receive: Receive, limits: ServiceLimits, declared: int) -> None:
        self._receive = receive
        self._limits = limits
        self._declared = declared
        self._read = 0
        self._deadline: float | None = None
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:  # what is waited for now is the client leaving
            return await self._receive()
        self._check(self._declared)
        message = await self._in_time()
        self._read += len(message.get("body", b""))
        self._check(self._read)
        self._complete = not message.get("more_body", False)
        return message

    async def _in_time(self) -> Message:
        loop, limit_s = asyncio.get_running_loop(), self._limits.body_timeout_s
        if self._deadline is None:
            self._deadline = loop.time() + limit_s
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            self._read += await self._came_at_last()
            raise Refusal(
                HTTPStatus.REQUEST_TIMEOUT,
                "body_too_slow",
                f"the request did not arrive within {limit_s:g} seconds; {self._read:,} bytes did",
                ("body_timeout_s", limit_s),
                {"Connection": "close"},
            ) from None

    async def _came_at_last(self) -> int:
        """Bytes that a server holds back while it waits for more; 0 from one that does not."""
        try:
            async with asyncio.timeout(0):
                return len((await self._receive()).get("body", b""))
        except TimeoutError:
            return 0

    def _check(self, size: int) -> None:
        limit = self._limits.max_body_bytes
        if size > limit:
            raise too_large(limit)


def too_large(limit: int) -> Refusal:
    """The refusal of a body, or of a photo that was fetched."""
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"a request or photo may have {limit:,} bytes; this one has more. Send a smaller photo",
        ("max_body_bytes", limit),
        {"Connection": "close"},
    )


def _declared_bytes(scope: Scope) -> int:
    """What `Content-Length` says; 0 if it says nothing."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
