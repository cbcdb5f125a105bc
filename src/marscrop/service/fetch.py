"""Photos from named hosts. Off unless hosts are named.

A host is resolved once a hop, every address it has must be public, and the connection goes to the
address that was checked: a name that resolves otherwise a moment later changes nothing. Redirects
are new hops, with the same rules. Proxies and credentials of the environment are not used.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

import httpx2

from marscrop.errors import OptionError
from marscrop.service.addresses import Resolve, is_public, resolve
from marscrop.service.body_limits import too_large
from marscrop.service.limits import ServiceLimits
from marscrop.service.refusals import Refusal, bad_request

_PORTS: Final = {"http": 80, "https": 443}
_HEADERS: Final = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "marscrop"}


class Fetcher:
    """Fetches photos over HTTP and HTTPS."""

    def __init__(
        self,
        limits: ServiceLimits,
        *,
        resolve: Resolve = resolve,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare.

        Args:
            limits: the hosts, and the limits.
            resolve: names to addresses.
            transport: that carries requests; httpx2's own by default.
        """
        self._limits = limits
        self._hosts = frozenset(map(_named_host, limits.allowed_hosts))
        self._resolve = resolve
        self._transport = transport

    async def fetch(self, url: str) -> bytes:
        """The bytes of a photo.

        Raises:
            Refusal: 422, a URL that is not allowed; 413, too large; 502, no photo came; 504, not
                in time.
        """
        limit_s = self._limits.fetch_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                return await self._follow(url)
        except (TimeoutError, httpx2.TimeoutException):
            raise Refusal(
                HTTPStatus.GATEWAY_TIMEOUT,
                "url_too_slow",
                f"the photo did not arrive within {limit_s:g} seconds",
                ("fetch_timeout_s", limit_s),
            ) from None
        except httpx2.HTTPError as error:
            raise _upstream(f"the photo could not be fetched: {type(error).__name__}") from None

    async def _follow(self, text: str) -> bytes:
        most = self._limits.max_redirects
        url = _parse(text)
        # A client a photo: a connection that is kept would be reused for another host's address.
        async with httpx2.AsyncClient(
            transport=self._transport,
            trust_env=False,
            timeout=None,
        ) as client:
            for _ in range(most + 1):
                async with client.stream(**await self._pinned(url)) as response:  # type: ignore[arg-type]
                    if not response.has_redirect_location:
                        return await self._read(response)
                    url = _parse(str(url.join(response.headers["location"])))
        raise _upstream(f"more than {most} redirects on the way to the photo")

    async def _pinned(self, url: httpx2.URL) -> dict[str, object]:
        """The request for a URL, with the address it goes to.

        Raises:
            Refusal: the host was not named, or has an address that is not public.
        """
        port = _PORTS[url.scheme] if url.port is None else url.port
        # As it goes over the wire: resolvers know older rules for what `url.host` makes of it.
        host, place = url.raw_host.decode("ascii"), url.netloc.decode("ascii")
        if place not in self._hosts:
            raise _not_allowed(f"photos are not fetched from {place}")
        try:
            addresses = await self._resolve(host, port)
        except OSError:
            raise _upstream(f"{host} has no address") from None
        if not addresses or not all(map(is_public, addresses)):
            raise _not_allowed(f"{host} has an address that is not public")
        return {
            "method": "GET",
            "url": url.copy_with(host=addresses[0]),
            "headers": {**_HEADERS, "Host": place},
            "extensions": {"sni_hostname": host},  # whose certificate is checked
        }

    async def _read(self, response: httpx2.Response) -> bytes:
        if response.status_code != HTTPStatus.OK:
            raise _upstream(f"the photo's host answered {response.status_code}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _upstream("the photo came compressed, which was not asked for")
        limit = self._limits.max_body_bytes
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > limit:
                raise too_large(limit)
        return bytes(content)


def _parse(text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
        url.port, url.host  # noqa: B018 - both may raise
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        raise bad_request(f"url must be http://... or https://...; got {text[:200]!r}") from None
    if url.scheme not in _PORTS or not url.host:
        raise bad_request(f"url must be http://... or https://...; got {text[:200]!r}")
    if url.userinfo:
        raise _not_allowed("a url must not hold a user name or password")
    return url


def _named_host(text: str) -> str:
    """A host of `allowed_hosts`, with its port if it has one, as hosts of URLs are compared.

    Raises:
        OptionError: it is no host.
    """
    try:
        place = httpx2.URL(f"http://{text}").netloc.decode("ascii")
    except (httpx2.InvalidURL, ValueError):
        place = ""
    if not place or any(character in text for character in "/\\@?#% "):
        raise OptionError.of(
            "allow_url", "must be a host such as images.example.com, or with a port", text
        )
    return place


def _not_allowed(message: str) -> Refusal:
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "url_not_allowed", message)


def _upstream(message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_GATEWAY, "url_failed", message)
