"""From a stored connection to where it leads: addresses checked, the key opened for its own origin only."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from apps.egress.addresses import is_public, may_be_granted
from apps.llm.vendors.base import ErrorKind, VendorError
from apps.llm.vendors.interface import Endpoint
from apps.vault import open_sealed
from apps.vault.errors import VaultError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.llm.models import Connection

KEY_FIELD = "llm.connection.sealed_key"
BUILTIN = "builtin"
EXTRACTIVE = "extractive"
OWN_VENDORS = frozenset({BUILTIN, EXTRACTIVE})
"""Vendors that the installation connects by itself; nobody adds them by hand."""
_PORTS = {"http": 80, "https": 443}
_LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL, taken apart."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def is_private(self) -> bool:
        """True for what names a private place by itself; what a name resolves to is checked at each call."""
        try:
            return not is_public(self.host)
        except ValueError:
            return "." not in self.host or self.host.endswith(_LOCAL_ENDINGS)

    @property
    def may_be_allowed(self) -> bool:
        """False for what no operator can open either: metadata, link-local and multicast addresses."""
        try:
            return may_be_granted(self.host)
        except ValueError:
            return True


@dataclass(frozen=True, slots=True)
class Place:
    """Of a connection what a call needs; the key is still sealed."""

    tenant_id: UUID
    vendor: str
    base_url: str
    host: str
    port: int
    settings: Mapping[str, str]
    sealed_key: bytes
    key_origin: str

    @classmethod
    def of(cls, connection: Connection) -> Place:
        """The place of a connection's row."""
        return cls(
            connection.tenant_id,
            connection.vendor,
            connection.base_url,
            connection.host,
            connection.port,
            connection.settings,
            bytes(connection.sealed_key),
            connection.key_origin,
        )


class BadAddressError(ValueError):
    """The base URL can not be used; the message says why and what to enter."""


def address_of(url: str) -> Address:
    """Take a base URL apart; raises BadAddressError.

    Absolute http or https, without user, password, query or fragment. A trailing slash is dropped.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadAddressError(
            "This is not an address. Enter one such as https://api.example.com/v1."
        ) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadAddressError("The address must begin with https:// or http:// and name a host.")
    if parts.username or parts.password or "@" in parts.netloc:
        raise BadAddressError(
            "The address must not hold a user name or password. Enter the key in its own field."
        )
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise BadAddressError("The address must not have a query (?) or a fragment (#). Remove that part.")
    if any(character.isspace() or ord(character) < 32 or character == "\\" for character in url):  # noqa: PLR2004 - control characters
        raise BadAddressError("The address must not hold spaces or control characters.")
    host = _plain_host(parts.hostname)
    return Address(url.rstrip("/"), parts.scheme, host, port or _PORTS[parts.scheme])


def _plain_host(host: str) -> str:
    """Lower case, without a trailing dot; refuses numbers that only some resolvers read as an IP address."""
    host = host.lower().rstrip(".")
    try:
        return str(ip_address(host))
    except ValueError:
        last = host.rsplit(".", 1)[-1]
        if last.isdigit() or last.startswith("0x"):
            raise BadAddressError("Write an IP address in full, such as 192.0.2.10.") from None
        return host


def endpoint_of(place: Place, *, is_allowed: bool) -> Endpoint:
    """Where the connection's calls go, with its key opened; for the moment of a call only.

    The built-in model server's address and key are the operator's own settings, so it needs no entry in the
    allow-list. Raises VendorError(authentication) when the key can not be opened or belongs to another host.
    """
    if place.vendor == BUILTIN:
        address = address_of(settings.MODEL_SERVER_URL)
        allowed = frozenset({(address.host, address.port)})
        return Endpoint(address.url, settings.MODEL_SERVER_KEY, {}, place.tenant_id, allowed)
    pairs = frozenset({(place.host, place.port)}) if is_allowed else frozenset()
    key = _opened_key(place)
    return Endpoint(place.base_url, key, place.settings, place.tenant_id, pairs)


def _opened_key(place: Place) -> str:
    if not place.sealed_key:
        return ""
    if place.key_origin != address_of(place.base_url).origin:
        raise _unusable("belongs to another address")
    try:
        return open_sealed(place.sealed_key, tenant_id=place.tenant_id, field=KEY_FIELD)
    except VaultError as error:
        raise _unusable("can not be opened") from error


def _unusable(why: str) -> VendorError:
    return VendorError(
        ErrorKind.AUTHENTICATION,
        f"The connection's key {why}. Nothing was sent. An administrator must replace the key.",
    )
