"""Who may call: by which host names, and from which sites' pages.

A service without users is guarded by where it listens, and a browser on that machine is inside. So
any page that is open there could use it, and could read its answers once its own name is made to
resolve to 127.0.0.1 (DNS rebinding). Other programs can send whatever headers they like; they
need no browser either.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from marscrop.errors import OptionError
from marscrop.service.refusals import Refusal

_WILDCARDS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to
ANY_ADDRESS: Final = "0.0.0.0"  # noqa: S104
ANY_HOST: Final = "*"
_HOST: Final = re.compile(r"(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?", re.ASCII)
_MOST_REPEATED: Final = 100
_LINKED: Final = frozenset({"/", "/docs"})
"""What other sites may link to; the files of these pages lie under /page/."""


def names_served(host: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """The host names of a service that listens on an address.

    Args:
        host: to listen on.
        allowed: names that were given for it; without any, one that listens on all addresses
            is called by any of them, and by the machine's name.
    """
    if host not in _WILDCARDS:
        return (host, *allowed)
    return tuple(allowed) or (ANY_ADDRESS, socket.gethostname())


class HostNames:
    """Host names that a service answers to; those of the machine itself always."""

    def __init__(self, names: Iterable[str]) -> None:
        """Understand names: host names or addresses, `ANY_ADDRESS` or `ANY_HOST`.

        Raises:
            OptionError: one that is none.
        """
        self._names = {"localhost"}
        for name in names:
            bare = _bare(f"[{name}]" if name.count(":") > 1 else name)
            if bare is None and name != ANY_HOST:
                raise OptionError.of("allow_host", "must be such as crops.example.com", name)
            self._names.add(bare or ANY_HOST)

    def __contains__(self, host: str) -> bool:
        """Whether a Host header names one; the port is not looked at."""
        name = _bare(host)
        if name is None:
            return False
        if name in self._names or ANY_HOST in self._names:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        # An address cannot be made to resolve to another one.
        return address.is_loopback or ANY_ADDRESS in self._names


class CallersMiddleware:
    """Middleware that refuses other hosts with 421, and other sites' pages with 403."""

    def __init__(self, app: ASGIApp, hosts: HostNames, origins: Iterable[str]) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal.response()(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        hosts, origin, site = [], None, None
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value.decode("latin-1"))
            elif name == b"origin" and origin is None:
                origin = value.decode("latin-1")
            elif name == b"sec-fetch-site" and site is None:
                site = value.decode("latin-1")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            got = ", ".join(hosts)[:_MOST_REPEATED]
            return Refusal(
                HTTPStatus.MISDIRECTED_REQUEST,
                "unknown_host",
                f"this service does not answer to the host {got!r}; if it is called so, start it "
                f"with --allow-host",
            )
        if _may_be_linked(scope) or self._is_own(hosts[0], origin, site):
            return None
        return Refusal(
            HTTPStatus.FORBIDDEN,
            "cross_site",
            "other sites' pages may not use this service; to let one in, start it with --cors and "
            "its origin",
        )

    def _is_own(self, host: str, origin: str | None, site: str | None) -> bool:
        """Whether no other site's page asks: a page of ours, of a named origin, or no page."""
        if origin is not None and (origin in self._origins or ANY_HOST in self._origins):
            return True
        if site in ("same-origin", "none"):  # no page can set it, and proxies leave it
            return True
        if origin is None:
            return site != "cross-site"
        return origin.partition("://")[2].lower() == host.lower()


def _may_be_linked(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] == "GET" and (path in _LINKED or path.startswith("/page/"))


def _bare(host: str) -> str | None:
    """A host without its port, as it is compared; None if it is none."""
    found = _HOST.fullmatch(host.lower())
    return (found[1] or found[2]).removesuffix(".") if found else None
