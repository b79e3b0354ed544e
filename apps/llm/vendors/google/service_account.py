"""Access tokens of a Google service account: an assertion, signed, exchanged, kept while the token lasts.

https://developers.google.com/identity/protocols/oauth2/service-account (RFC 7523)
"""

import asyncio
import hashlib
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID
from weakref import WeakKeyDictionary

import orjson
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from apps.llm.vendors.base import ErrorKind, VendorError
from apps.llm.vendors.errors import error
from apps.llm.vendors.http import Call, fetch_json
from apps.llm.vendors.interface import Endpoint

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_SECONDS = 3600
_EARLY_SECONDS = 300.0
_MOST_KEPT = 4096
_UNREADABLE = (
    "The service account's key cannot be read. Nothing was sent. An admin should enter the whole JSON file "
    "that Google Cloud gave."
)
_REFUSED = (
    "Google refused the service account. Nothing was answered. An admin should enter the JSON of a key that "
    "is enabled, and give the account the role Vertex AI User."
)

_Known = tuple[UUID, bytes]


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What Google's JSON file says."""

    email: str
    project: str
    key_id: str
    token_uri: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    ends: float


_tokens: dict[_Known, _Token] = {}
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Known, asyncio.Lock]] = WeakKeyDictionary()


def is_service_account(secret: str) -> bool:
    """True for a JSON file, False for an API key."""
    return secret.lstrip().startswith("{")


def account_of(secret: str) -> ServiceAccount:
    """The account in a JSON file; raises VendorError (authentication)."""
    try:
        read = orjson.loads(secret)
        account = ServiceAccount(
            str(read["client_email"]),
            str(read.get("project_id", "")),
            str(read.get("private_key_id", "")),
            str(read.get("token_uri") or TOKEN_URI),
            str(read["private_key"]),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise error(ErrorKind.AUTHENTICATION, message=_UNREADABLE, detail="not the JSON of a key") from None
    return account


async def access_token(endpoint: Endpoint) -> str:
    """A token of the endpoint's service account that holds for five minutes more at least.

    One exchange at a time for a connection and an event loop. Raises VendorError.
    """
    known = _known(endpoint)
    if (token := _kept(known)) is not None:
        return token
    turns = _turns.setdefault(asyncio.get_running_loop(), {})
    async with turns.setdefault(known, asyncio.Lock()):
        if (token := _kept(known)) is not None:
            return token
        fresh = await _exchanged(endpoint)
        _keep(known, fresh)
        return fresh.value


def forget_token(endpoint: Endpoint) -> None:
    """Give up a token that the host no longer takes."""
    _tokens.pop(_known(endpoint), None)


def signed_assertion(account: ServiceAccount, now: int) -> str:
    """A JWT that says who asks for what; RS256 (RFC 7515). Raises VendorError (authentication)."""
    try:
        key = load_pem_private_key(account.private_key.encode(), password=None)
    except (ValueError, TypeError):
        raise error(ErrorKind.AUTHENTICATION, message=_UNREADABLE, detail="not a private key") from None
    if not isinstance(key, RSAPrivateKey):
        raise error(ErrorKind.AUTHENTICATION, message=_UNREADABLE, detail="not an RSA key")
    head = {"alg": "RS256", "typ": "JWT"} | ({"kid": account.key_id} if account.key_id else {})
    claims = {
        "iss": account.email,
        "scope": _SCOPE,
        "aud": account.token_uri,
        "iat": now,
        "exp": now + _ASSERTION_SECONDS,
    }
    said = f"{_encoded(orjson.dumps(head))}.{_encoded(orjson.dumps(claims))}"
    return f"{said}.{_encoded(key.sign(said.encode(), PKCS1v15(), SHA256()))}"


async def _exchanged(endpoint: Endpoint) -> _Token:
    account = account_of(endpoint.api_key)
    place = _place_of_tokens(endpoint, account)
    assertion = await asyncio.to_thread(signed_assertion, account, int(time.time()))
    body = urlencode({"grant_type": _GRANT, "assertion": assertion}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = await fetch_json(place, Call(account.token_uri, headers, body))
    except VendorError as failed:
        if failed.kind in {ErrorKind.BAD_REQUEST, ErrorKind.AUTHENTICATION, ErrorKind.NOT_FOUND}:
            raise error(ErrorKind.AUTHENTICATION, message=_REFUSED, detail=failed.detail) from None
        raise
    return _token_of(answer)


def _place_of_tokens(endpoint: Endpoint, account: ServiceAccount) -> Endpoint:
    """Where the assertion goes: the account's own address, over TLS unless the operator allowed that host."""
    try:
        parts = urlsplit(account.token_uri)
        is_fit = parts.scheme == "https" or ((parts.hostname or "").lower(), parts.port) in endpoint.allowed
    except ValueError:
        is_fit = False
    if not is_fit:
        raise error(ErrorKind.AUTHENTICATION, message=_UNREADABLE, detail="token_uri is no https address")
    return replace(endpoint, base_url=account.token_uri, api_key="", settings={})


def _token_of(answer: object) -> _Token:
    said: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    value, seconds = said.get("access_token"), said.get("expires_in")
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and value):
        raise error(ErrorKind.PROTOCOL, detail="the token endpoint gave no token")
    lasts = float(seconds) if isinstance(seconds, int | float) else 0.0
    return _Token(value, time.monotonic() + lasts - _EARLY_SECONDS)


def _known(endpoint: Endpoint) -> _Known:
    """Never shared between tenants; the key itself is not kept."""
    return endpoint.tenant_id, hashlib.sha256(endpoint.api_key.encode()).digest()


def _kept(known: _Known) -> str | None:
    token = _tokens.get(known)
    return token.value if token is not None and time.monotonic() < token.ends else None


def _keep(known: _Known, token: _Token) -> None:
    """Ended tokens go when there are many."""
    if len(_tokens) >= _MOST_KEPT:
        now = time.monotonic()
        for ended in [name for name, kept in list(_tokens.items()) if kept.ends <= now]:
            _tokens.pop(ended, None)
    if len(_tokens) < _MOST_KEPT:
        _tokens[known] = token


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
