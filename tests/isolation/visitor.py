"""A signed-in caller of one organisation, by cookie or by API key, with every right that exists there."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import TYPE_CHECKING, Any

from django.test import Client

from apps.accounts.middleware import COOKIE
from apps.accounts.models import Role
from apps.accounts.permissions import SCOPES
from apps.accounts.selectors import everyone
from apps.accounts.services import api_key_create, session_create, user_create
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.factories import Organisation


class Visitor:
    """An owner with a session and a key of every scope."""

    def __init__(self, organisation: Organisation, name: str = "owner") -> None:
        self.organisation = organisation
        with tenant_scope(organisation.id):
            self.user = user_create(
                actor=None, email=f"{name}@{organisation.slug}.example", name=name.title(), role=Role.OWNER
            )
            _, cookie = session_create(user=self.user, ip="192.0.2.1", agent="test")
            _, self.key = api_key_create(
                actor=None,
                slug=organisation.slug,
                user=self.user,
                team=everyone(),
                name="all",
                scopes=list(SCOPES),
            )
        self.client = Client(headers={"host": organisation.host}, raise_request_exception=False)
        self.client.cookies[COOKIE] = cookie

    def call(self, method: str, path: str, body: Any = None, *, by_key: bool = False) -> Any:
        """The response to a request: JSON for the API, a form for pages."""
        headers = {"authorization": f"Bearer {self.key}"} if by_key else {}
        if path.startswith(("/api/", "/v1/")):
            return self.client.generic(
                method.upper(), path, _json(body), content_type="application/json", headers=headers
            )
        data = body or {}
        return getattr(self.client, method)(
            path, data if method in ("get", "post") else None, headers=headers
        )


def _json(body: Any) -> bytes:
    import json

    return b"" if body is None else json.dumps(body).encode()


def content(response: Any) -> bytes:
    """The whole body, also of a streamed file, a zip file unpacked; nothing of events, which have no end."""
    if not response.streaming:
        body: bytes = response.content
        return body
    chunks = response.streaming_content
    if not hasattr(chunks, "__aiter__"):
        return b"".join(chunks)
    if "Content-Disposition" not in response.headers:
        return b""
    return _unpacked(asyncio.run(_joined(chunks)))


async def _joined(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())
