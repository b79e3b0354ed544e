"""Browsers and API clients of the cast, on their organisations' hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from apps.accounts.models import User
    from tests.factories import Cast, Organisation

PASSWORD = "four plain words here"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with the least cost: these tests are not about its time."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)
    monkeypatch.setattr(Argon2PasswordHasher, "parallelism", 1)


@pytest.fixture
def visit() -> Callable[[Organisation], Client]:
    """A browser on an organisation's host, not signed in."""
    from django.test import Client

    def at(organisation: Organisation, **options: object) -> Client:
        return Client(HTTP_HOST=organisation.host, **options)  # type: ignore[arg-type]  # headers and options alike

    return at


@pytest.fixture
def signed_in(cast: Cast, visit: Callable[..., Client]) -> Callable[..., Client]:
    """A browser in which a person is signed in."""
    from apps.accounts.middleware import COOKIE
    from apps.accounts.services import session_create
    from apps.tenants.scope import tenant_scope

    def as_person(user: User, **options: object) -> Client:
        organisation = cast.acme if user.tenant_id == cast.acme.id else cast.globex
        client = visit(organisation, **options)
        with tenant_scope(organisation.id):
            _, token = session_create(user=user, ip="192.0.2.1", agent="test")
        client.cookies[COOKIE] = token
        return client

    return as_person


@pytest.fixture
def key_of(cast: Cast) -> Callable[..., str]:
    """An API key of a person, in Everyone, with these scopes."""
    from apps.accounts.selectors import everyone
    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    def made(user: User, *scopes: str) -> str:
        organisation = cast.acme if user.tenant_id == cast.acme.id else cast.globex
        with tenant_scope(organisation.id):
            _, text = api_key_create(
                actor=None,
                slug=organisation.slug,
                user=user,
                team=everyone(),
                name="Test",
                scopes=list(scopes) or None,
            )
        return text

    return made
