"""Sessions: only a hash is kept, idle and absolute limits hold, one statement loads them (D16)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from tests.factories import Cast


def statements(captured: object) -> list[str]:
    return [query["sql"] for query in captured.captured_queries]  # type: ignore[attr-defined]  # CaptureQueriesContext


def test_the_cookie_is_kept_as_a_hash_and_opens_once_per_tenant(cast: Cast) -> None:
    from apps.accounts.models import Session
    from apps.accounts.services import session_create, session_open
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        session, token = session_create(user=cast.bob, ip="192.0.2.1", agent="Firefox" * 100)
        row = Session.objects.filter(id=session.id).values().get()
        assert token not in str(row)
        assert len(token) >= 43
        assert row["agent"] == ("Firefox" * 100)[:200]
        opened = session_open(token)
        assert opened is not None
        assert opened.user == cast.bob
        assert session_open(token + "x") is None
    with tenant_scope(cast.globex.id):
        assert session_open(token) is None


def test_idle_and_absolute_limits_end_a_session(cast: Cast) -> None:
    from apps.accounts.models import Session
    from apps.accounts.services import credentials_alive, session_create, session_open
    from apps.accounts.services.sessions import ABSOLUTE, IDLE
    from apps.tenants.scope import tenant_scope

    assert (dt.timedelta(days=7), dt.timedelta(days=30)) == (IDLE, ABSOLUTE)
    now = timezone.now()
    with tenant_scope(cast.acme.id):
        session, token = session_create(user=cast.bob, ip=None, agent="")
        rows = Session.objects.filter(id=session.id)
        for ended in (
            {"last_seen_at": now - IDLE},
            {"last_seen_at": now, "expires_at": now - dt.timedelta(seconds=1)},
        ):
            rows.update(**ended)
            assert session_open(token) is None
            assert credentials_alive(session_ids=[session.id], api_key_ids=[]) == set()
        rows.update(expires_at=now + dt.timedelta(hours=1))
        assert session_open(token) == session


def test_loading_is_one_statement_and_is_noted_once_a_minute(cast: Cast) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.models import Session
    from apps.accounts.services import session_create, session_open
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        session, token = session_create(user=cast.bob, ip=None, agent="")
        with CaptureQueriesContext(connection) as first:
            opened = session_open(token)
            assert opened is not None
            assert opened.user.email == "bob@acme.example"
        assert len(statements(first)) == 1
        earlier = timezone.now() - dt.timedelta(minutes=2)
        Session.objects.filter(id=session.id).update(last_seen_at=earlier)
        with CaptureQueriesContext(connection) as touched:
            session_open(token)
        assert len(statements(touched)) == 3
        assert Session.objects.get(id=session.id).last_seen_at > earlier
        with CaptureQueriesContext(connection) as again:
            session_open(token)
        assert len(statements(again)) == 1


def test_the_loaded_person_is_whole_and_can_be_saved(cast: Cast) -> None:
    from apps.accounts.models import Session, User
    from apps.accounts.services import session_create, session_open
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        session, token = session_create(user=cast.bob, ip="192.0.2.1", agent="Firefox")
        opened = session_open(token)
        assert opened is not None
        person = User.objects.get(id=cast.bob.id)
        columns = [field.attname for field in User._meta.concrete_fields]
        assert {name: opened.user.__dict__[name] for name in columns} == {
            name: getattr(person, name) for name in columns
        }
        assert opened.expires_at == Session.objects.get(id=session.id).expires_at
        opened.user.name = "Robert"
        opened.user.save(update_fields=["name"])
        assert User.objects.get(id=cast.bob.id).name == "Robert"


def test_one_ends_own_sessions_only(cast: Cast) -> None:
    from apps.accounts.actors import Actor
    from apps.accounts.models import Session
    from apps.accounts.services import session_create, session_end
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        mine, _ = session_create(user=cast.bob, ip=None, agent="")
        other, _ = session_create(user=cast.carol, ip=None, agent="")
        bob = Actor(cast.bob)
        assert not session_end(actor=bob, session_id=other.id)
        assert session_end(actor=bob, session_id=mine.id)
        assert list(Session.objects.values_list("id", flat=True)) == [other.id]


def test_expired_rows_are_removed_and_living_ones_stay(cast: Cast) -> None:
    from apps.accounts.models import IdempotencyKey, Session, SignInAttempt
    from apps.accounts.services import session_create
    from apps.accounts.upkeep import remove_expired
    from apps.tenants.scope import tenant_scope

    day = dt.timedelta(days=1)
    with tenant_scope(cast.acme.id):
        gone, _ = session_create(user=cast.bob, ip=None, agent="")
        stays, _ = session_create(user=cast.bob, ip=None, agent="")
        Session.objects.filter(id=gone.id).update(expires_at=timezone.now() - day)
        attempt = SignInAttempt.objects.create(email_hash="x")
        SignInAttempt.objects.filter(id=attempt.id).update(created_at=timezone.now() - day)
        key = IdempotencyKey.objects.create(user=cast.bob, key="k", method_path="POST /", body_hash="h")
        IdempotencyKey.objects.filter(id=key.id).update(created_at=timezone.now() - 2 * day)
    assert remove_expired() >= 3
    with tenant_scope(cast.acme.id):
        assert list(Session.objects.values_list("id", flat=True)) == [stays.id]
        assert not SignInAttempt.objects.exists()
        assert not IdempotencyKey.objects.exists()
