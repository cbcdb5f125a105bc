"""Who may use a review: whoever has the address that it printed.

It writes files, and other people of this machine reach its port too. So the address holds a
secret, which the page's first answer turns into a cookie; `service.callers` refuses other sites'
pages.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from marscrop.service.refusals import Refusal

PARAMETER: Final = "key"
"""Of the address."""


class Secret:
    """A secret of one review."""

    def __init__(self, port: int) -> None:
        """A new one.

        Args:
            port: of the server: browsers send cookies to all ports of a host.
        """
        self.text = secrets.token_urlsafe(24)
        self._cookie = f"marscrop_review_{port}"

    def allows(self, connection: HTTPConnection) -> bool:
        """Whether a request has it, as a cookie or in its address."""
        given = (connection.cookies.get(self._cookie), connection.query_params.get(PARAMETER))
        return any(
            one and secrets.compare_digest(one.encode(), self.text.encode()) for one in given
        )

    def set_in(self, response: FileResponse) -> None:
        """Have the browser send it from now on."""
        response.set_cookie(self._cookie, self.text, httponly=True, samesite="strict")


class AccessMiddleware:
    """Middleware that refuses whoever does not have the secret with 403."""

    def __init__(self, app: ASGIApp, secret: Secret) -> None:
        self._app = app
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._secret.allows(HTTPConnection(scope)):
            refusal = Refusal(
                HTTPStatus.FORBIDDEN,
                "no_key",
                "open the address that marscrop review printed, with the key in it",
            )
            await refusal.response()(scope, receive, send)
        else:
            await self._app(scope, receive, send)
