"""Resolve once, check every address, connect to what was checked."""

import asyncio
import socket
from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from apps.egress.addresses import is_public, may_be_granted
from apps.egress.errors import EgressRefused

KEEPALIVE_SECONDS = 30
DNS_CACHE_SECONDS = 10


class CheckedResolver(AbstractResolver):
    """Resolves a name and refuses it whole when one of its addresses fails `accepts`.

    aiohttp connects to exactly what is returned here, so an answer that changes later changes nothing.
    """

    def __init__(self, accepts: Callable[[str], bool]) -> None:
        self._accepts = accepts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address of `host`; raises EgressRefused with no_address or private_address."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        except (OSError, UnicodeError) as error:
            raise EgressRefused("no_address") from error
        if not found:
            raise EgressRefused("no_address")
        if not all(self._accepts(str(sockaddr[0])) for *_, sockaddr in found):
            raise EgressRefused("private_address")
        return [
            ResolveResult(
                hostname=host,
                host=str(sockaddr[0]),
                port=port,
                family=address_family,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address_family, _, proto, _, sockaddr in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _public_socket(info: AddrInfoType) -> socket.socket:
    """The last lock: no socket is made for an address that is not public, however it came here."""
    family, kind, proto, _, sockaddr = info
    if not is_public(str(sockaddr[0])):
        raise EgressRefused("private_address")
    return socket.socket(family=family, type=kind, proto=proto)


def public_connector() -> aiohttp.TCPConnector:
    """Connects to public addresses only."""
    return aiohttp.TCPConnector(
        resolver=CheckedResolver(is_public),
        socket_factory=_public_socket,
        limit=0,
        ttl_dns_cache=DNS_CACHE_SECONDS,
        keepalive_timeout=KEEPALIVE_SECONDS,
    )


def granted_connector() -> aiohttp.TCPConnector:
    """Connects for (host, port) pairs that the operator allowed; the session checks the pair on each call."""
    return aiohttp.TCPConnector(
        resolver=CheckedResolver(may_be_granted),
        limit=0,
        ttl_dns_cache=DNS_CACHE_SECONDS,
        keepalive_timeout=KEEPALIVE_SECONDS,
    )
