"""Where a webhook may be: a public address over https, or one the operator has allowed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.errors import InvalidArgumentError

LONGEST = 2048
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


Lookup = Callable[[str, int], list[str]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddressError(Exception):
    """The host's name leads to an address that must not be called."""


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's address taken apart; `path` begins with a slash and holds the query."""

    host: str
    port: int
    path: str
    secure: bool


def target(uri: str, *, plain: bool, field: str = "webhook.uri") -> Target:
    """`uri` as a target; http only where `plain` is allowed. InvalidArgumentError names `field`."""
    if len(uri) > LONGEST or not uri.isascii() or any(character.isspace() for character in uri):
        raise InvalidArgumentError(field, f"is not an address of at most {LONGEST} plain characters")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise InvalidArgumentError(field, "is not an address") from error
    if parts.scheme != "https" and not (plain and parts.scheme == "http"):
        raise InvalidArgumentError(field, "must begin with https://")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidArgumentError(field, "needs a host, and neither a user nor a fragment")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname, port or (443 if secure else 80), path, secure)


def looked_up(host: str, port: int) -> list[str]:
    """Every address of `host`; OSError when it is unknown."""
    return [str(entry[4][0]).split("%")[0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def resolved(where: Target, allowed: tuple[Network, ...], lookup: Lookup = looked_up) -> str:
    """The one address to connect to, so that what was checked is what is called.

    All of a name's addresses must be public or `allowed`: one that is not shows what the name is for.
    ForbiddenAddressError; OSError when the name is unknown.
    """
    found = [ipaddress.ip_address(address) for address in lookup(where.host, where.port)]
    if not found or not all(_callable(address, allowed) for address in found):
        raise ForbiddenAddressError("the webhook's host is not a public address")
    return str(found[0])


def _callable(address: Address, allowed: tuple[Network, ...]) -> bool:
    if any(address in network for network in allowed if network.version == address.version):
        return True
    inner = _embedded(address)
    if inner is not None:
        return _callable(inner, allowed)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
