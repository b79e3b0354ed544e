"""People: who may add, change and lock out whom; a denial changes nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from apps.accounts.models import User
    from tests.factories import Cast


def actor(user: User) -> Any:
    from apps.accounts.actors import Actor

    return Actor(user, None, None, "192.0.2.1")


def actions() -> list[str]:
    from apps.audit.models import AuditEvent

    return list(AuditEvent.objects.order_by("created_at", "id").values_list("action", flat=True))


def test_an_email_is_unique_in_its_tenant_only(cast: Cast) -> None:
    from apps.accounts.services import user_create
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        with pytest.raises(ProblemError) as raised:
            user_create(actor=actor(cast.alice), email=" BOB@acme.example ", name="Second Bob")
        assert raised.value.errors == [
            {"field": "email", "message": "Somebody with this address is already here."}
        ]
    with tenant_scope(cast.globex.id):
        assert user_create(actor=None, email="bob@acme.example", name="Bob").email == "bob@acme.example"


@pytest.mark.parametrize("password", ["short 7", "password1", "bob@acme.example", "x" * 7])
def test_a_weak_password_is_refused_and_the_old_one_stays(cast: Cast, password: str) -> None:
    from apps.accounts.models import User
    from apps.accounts.services import password_set
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        before = User.objects.get(id=cast.bob.id).password
        with pytest.raises(ProblemError) as raised:
            password_set(actor=None, user=cast.bob, password=password)
        assert raised.value.status == 400
        assert User.objects.get(id=cast.bob.id).password == before


def test_a_long_password_is_kept_whole_by_argon2(cast: Cast) -> None:
    from apps.accounts.models import User
    from apps.accounts.services import password_set
    from apps.tenants.scope import tenant_scope

    long = "correct horse battery staple " * 3 + "ä"
    with tenant_scope(cast.acme.id):
        password_set(actor=None, user=cast.bob, password=long)
        bob = User.objects.get(id=cast.bob.id)
    assert bob.password.startswith("argon2$argon2id$")
    assert bob.check_password(long)
    assert not bob.check_password(long[:-1])


def test_a_new_password_ends_sessions_and_open_links(cast: Cast) -> None:
    from apps.accounts.models import LinkKind, OneTimeLink, Session
    from apps.accounts.services import one_time_link_create, password_set, session_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        session_create(user=cast.bob, ip=None, agent="")
        one_time_link_create(actor=None, kind=LinkKind.RESET, user=cast.bob)
        password_set(actor=None, user=cast.bob, password="four plain words here")
        assert not Session.objects.filter(user=cast.bob).exists()
        assert not OneTimeLink.objects.filter(user=cast.bob, used_at=None).exists()
        assert actions()[-2:] == ["sessions.ended", "user.password_set"]


def test_deactivating_ends_sessions_keys_and_links_at_once(cast: Cast) -> None:
    from apps.accounts.models import LinkKind, OneTimeLink, Session
    from apps.accounts.selectors import everyone
    from apps.accounts.services import (
        api_key_authenticate,
        api_key_create,
        credentials_alive,
        one_time_link_create,
        session_create,
        session_open,
        user_deactivate,
    )
    from apps.accounts.tokens import read_key
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        session, token = session_create(user=cast.bob, ip=None, agent="")
        key, text = api_key_create(
            actor=None, slug=cast.acme.slug, user=cast.bob, team=everyone(), name="Script"
        )
        one_time_link_create(actor=None, kind=LinkKind.SIGN_IN, user=cast.bob)
        parts = read_key(text)
        assert parts is not None
        assert session_open(token) == session
        assert api_key_authenticate(parts) == key
        assert credentials_alive(session_ids=[session.id], api_key_ids=[key.id]) == {session.id, key.id}
        user_deactivate(actor=actor(cast.alice), user=cast.bob)
        assert session_open(token) is None
        assert api_key_authenticate(parts) is None
        assert credentials_alive(session_ids=[session.id], api_key_ids=[key.id]) == set()
        assert not Session.objects.filter(user=cast.bob).exists()
        assert not OneTimeLink.objects.filter(user=cast.bob).exists()


def test_an_administrator_cannot_take_over_or_unmake_an_owner(cast: Cast) -> None:
    from apps.accounts.models import LinkKind, OneTimeLink, User
    from apps.accounts.services import one_time_link_create, user_create, user_deactivate, user_role_set
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        owner = user_create(actor=None, email="olga@acme.example", name="Olga", role="owner")
        user_create(actor=None, email="otto@acme.example", name="Otto", role="owner")
        alice, before = actor(cast.alice), len(actions())
        for attempt in (
            lambda: user_deactivate(actor=alice, user=owner),
            lambda: user_role_set(actor=alice, user=owner, role="member"),
            lambda: user_role_set(actor=alice, user=cast.bob, role="owner"),
            lambda: one_time_link_create(actor=alice, kind=LinkKind.RESET, user=owner),
            lambda: user_create(actor=alice, email="new@acme.example", name="New", role="owner"),
        ):
            with pytest.raises(ProblemError) as raised:
                attempt()
            assert raised.value.status == 403
        fresh = User.objects.get(id=owner.id)
        assert (fresh.role, fresh.is_active) == ("owner", True)
        assert User.objects.get(id=cast.bob.id).role == "member"
        assert not OneTimeLink.objects.exists()
        assert len(actions()) == before


def test_the_last_owner_stays_and_nobody_locks_themselves_out(cast: Cast) -> None:
    from apps.accounts.models import User
    from apps.accounts.services import user_deactivate, user_role_set
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.globex.id):
        mallory = actor(cast.mallory)
        refused: tuple[tuple[Callable[[], object], str], ...] = (
            (lambda: user_role_set(actor=mallory, user=cast.mallory, role="member"), "last_owner"),
            (lambda: user_deactivate(actor=mallory, user=cast.mallory), "own_account"),
            (lambda: user_deactivate(actor=None, user=cast.mallory), "last_owner"),
        )
        for attempt, code in refused:
            with pytest.raises(ProblemError) as raised:
                attempt()
            assert (raised.value.status, raised.value.code) == (409, code)
        fresh = User.objects.get(id=cast.mallory.id)
        assert (fresh.role, fresh.is_active) == ("owner", True)


def test_of_two_owners_who_unmake_each_other_one_stays(cast: Cast) -> None:
    from apps.accounts.models import User
    from apps.accounts.services import user_create, user_role_set
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    refused: list[str] = []

    def unmake(user_id: UUID) -> None:
        try:
            with tenant_scope(cast.globex.id):
                user_role_set(actor=None, user=User.objects.get(id=user_id), role="member")
        except ProblemError as problem:
            refused.append(problem.code)
        finally:
            connections.close_all()

    with tenant_scope(cast.globex.id):
        other = user_create(actor=None, email="o@globex.example", name="Other", role="owner")
    beside = threading.Thread(target=unmake, args=(cast.mallory.id,))
    with tenant_scope(cast.globex.id):
        user_role_set(actor=None, user=other, role="member")
        beside.start()
        beside.join(0.5)
        assert beside.is_alive()
    beside.join(20)
    assert refused == ["last_owner"]


def test_leaving_a_team_ends_the_keys_of_that_team_only(cast: Cast) -> None:
    from apps.accounts.models import ApiKey
    from apps.accounts.selectors import everyone, team_ids_of
    from apps.accounts.services import api_key_create, membership_remove
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        everybody = everyone()
        for team in (cast.engineering, everybody):
            api_key_create(actor=None, slug="acme", user=cast.bob, team=team, name=team.name)
        membership_remove(actor=actor(cast.alice), team=cast.engineering, user=cast.bob)
        alive = ApiKey.objects.filter(user=cast.bob, revoked_at=None)
        assert list(alive.values_list("name", flat=True)) == ["Everyone"]
        assert team_ids_of(cast.bob.id) == [everybody.id]


def test_people_of_another_tenant_are_404(cast: Cast) -> None:
    from apps.accounts.selectors import access_team, access_user
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.globex.id):
        with pytest.raises(ProblemError) as of_person:
            access_user(cast.bob.id)
        with pytest.raises(ProblemError) as of_team:
            access_team(cast.engineering.id)
    assert (of_person.value.status, of_team.value.status) == (404, 404)


@pytest.mark.parametrize(
    ("role", "capabilities"),
    [
        ("member", set()),
        ("auditor", {"admin.see", "audit.read", "costs.read", "policies.read"}),
        (
            "admin",
            {
                "admin.see", "models.manage", "people.manage", "teams.manage", "knowledge.manage",
                "audit.read", "settings.manage", "costs.manage", "costs.read", "policies.manage",
                "policies.read",
            },
        ),
        (
            "owner",
            {
                "admin.see", "models.manage", "people.manage", "teams.manage", "knowledge.manage",
                "audit.read", "settings.manage", "costs.manage", "costs.read", "policies.manage",
                "policies.read", "owners.manage",
            },
        ),
    ],
)  # fmt: skip
def test_roles_have_exactly_these_capabilities(role: str, capabilities: set[str]) -> None:
    from apps.accounts.permissions import CAPABILITIES

    assert CAPABILITIES[role] == capabilities


def test_a_mail_about_a_name_with_a_line_break_is_sent(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one line: a header takes no other, and the mail would be lost without a word."""
    from concurrent.futures import ThreadPoolExecutor

    from django.core import mail

    from apps.accounts import mail as sending
    from apps.tenants.scope import tenant_scope

    monkeypatch.setattr("django.conf.settings.EMAIL_HOST", "mail.example")
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    with ThreadPoolExecutor(1) as sender:
        monkeypatch.setattr(sending, "_sender", sender)
        with tenant_scope(cast.acme.id):
            sending.send_after_commit(
                to="a@acme.example",
                subject="Budget of Sales\nEurope",
                template="budget",
                context={"user": cast.alice, "title": "Asked for", "body": "For tests.", "path": "/"},
            )
    assert [message.subject for message in mail.outbox] == ["Budget of Sales Europe"]


def test_notifications_are_found_from_a_page_beside_the_chat(
    cast: Cast, signed_in: Callable[..., Any]
) -> None:
    page = signed_in(cast.bob).get("/knowledge")
    assert 'href="/notifications"' in page.content.decode()
