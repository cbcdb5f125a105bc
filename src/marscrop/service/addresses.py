"""Network addresses that a photo may be fetched from: public ones, and no way around that."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""From a host and a port to its addresses, as text."""

_PROTOCOLS: Final = IPv4Network("192.0.0.0/24")
"""IETF's own; older Pythons take parts of it for public."""
_UNICAST: Final = IPv6Network("2000::/3")
_DOCUMENTATION: Final = IPv6Network("3fff::/20")
"""New; older Pythons take it for public."""
_IPV4_WITHIN: Final = (  # an IPv4 address in other clothes, which a gateway may undress
    IPv6Network("::ffff:0:0/96"),  # mapped
    IPv6Network("::/96"),  # compatible
    IPv6Network("64:ff9b::/96"),  # NAT64
    IPv6Network("64:ff9b:1::/48"),  # NAT64, local
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("2001::/32"),  # Teredo
)


def is_public(address: str) -> bool:
    """Whether an address is on the public internet.

    Private, loopback, link-local, shared, multicast, reserved and unspecified ones are not, nor
    is any IPv6 address that holds an IPv4 one.
    """
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:  # such as fe80::1%eth0 or what no resolver should give
        return False
    if isinstance(parsed, IPv6Address):
        within = any(parsed in network for network in (_DOCUMENTATION, *_IPV4_WITHIN))
        if parsed not in _UNICAST or within:
            return False
    elif parsed in _PROTOCOLS:
        return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver, in its order.

    Raises:
        OSError: it has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
