"""Browser sessions: a random cookie, of which only the hash is kept, with idle and absolute limits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.accounts.actors import Actor
from apps.accounts.models import ApiKey, Session, User
from apps.accounts.tokens import random_token, token_hash
from apps.audit.services import record
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import DEFAULT, current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

ABSOLUTE: Final = dt.timedelta(days=30)
IDLE: Final = dt.timedelta(days=7)
_TOUCH: Final = dt.timedelta(minutes=1)
_SESSION_COLUMNS: Final = ("id", "tenant_id", "user_id", "last_seen_at")
_USER_COLUMNS: Final = (
    "id", "tenant_id", "password", "last_login", "email", "name", "role", "is_active", "language", "theme",
    "send_key", "follows_answers", "reads_answers", "created_at", "last_seen_at",
)  # fmt: skip
_COLUMNS: Final = ", ".join(
    [*(f"s.{name}" for name in _SESSION_COLUMNS), *(f"u.{name}" for name in _USER_COLUMNS)]
)
_OPEN: Final = Statement(f"""
SELECT {_COLUMNS}
FROM accounts_session s JOIN accounts_user u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
WHERE s.tenant_id = %s AND s.token_hash = %s AND s.expires_at > %s AND s.last_seen_at > %s AND u.is_active
""")  # noqa: S608 - the columns above, no input
"""In plain SQL, since it stands before every request of a page: by the ORM it took 1.6 ms, so 0.5."""


def session_create(*, user: User, ip: str | None, agent: str) -> tuple[Session, str]:
    """Start a session with a new id; returns it with the cookie's value, which is kept nowhere."""
    token = random_token()
    session = Session.objects.create(
        user=user,
        token_hash=token_hash(token),
        expires_at=timezone.now() + ABSOLUTE,
        ip=ip,
        agent=agent[:200],
    )
    record(
        actor=Actor(user, None, session.pk, ip),
        action="session.started",
        target_type="session",
        target_id=session.pk,
        detail={"agent": session.agent},
    )
    user.last_login = user.last_seen_at = timezone.now()
    user.save(update_fields=["last_login", "last_seen_at"])
    return session, token


def session_open(token: str) -> Session | None:
    """The living session of a cookie with its active person, or None. Touched at most once a minute."""
    now = timezone.now()
    row = execute(_OPEN, [current_tenant_id(), token_hash(token), now, now - IDLE]).row
    if row is None:
        return None
    cut = len(_SESSION_COLUMNS)
    session = Session.from_db(DEFAULT, _SESSION_COLUMNS, row[:cut])
    session.user = User.from_db(DEFAULT, _USER_COLUMNS, row[cut:])
    if session.last_seen_at < now - _TOUCH:
        Session.objects.filter(id=session.id).update(last_seen_at=now)
        User.objects.filter(id=session.user_id).update(last_seen_at=now)
    return session


def session_end(*, actor: Actor, session_id: UUID) -> bool:
    """End one of the actor's own sessions; False when it is not theirs."""
    ended, _ = Session.objects.filter(id=session_id, user_id=actor.user_id).delete()
    if ended:
        record(actor=actor, action="session.ended", target_type="session", target_id=session_id)
    return bool(ended)


def session_forget(*, token: str) -> None:
    """End the session of a cookie, if it is one: a browser that signs in anew gives up its old session."""
    if token:
        Session.objects.filter(token_hash=token_hash(token)).delete()


def sessions_end_all(*, actor: Actor | None, user: User, but: UUID | None = None) -> int:
    """End a person's sessions, all or all but one."""
    rows = Session.objects.filter(user=user)
    ended, _ = (rows.exclude(id=but) if but else rows).delete()
    if ended:
        record(
            actor=actor,
            action="sessions.ended",
            target_type="user",
            target_id=user.id,
            detail={"ended": ended},
        )
    return ended


def credentials_alive(*, session_ids: Collection[UUID], api_key_ids: Collection[UUID]) -> set[UUID]:
    """Which of these sessions and API keys still let their person in: two statements at most."""
    now = timezone.now()
    alive: set[UUID] = set()
    if session_ids:
        alive.update(
            Session.objects.filter(
                id__in=session_ids, expires_at__gt=now, last_seen_at__gt=now - IDLE, user__is_active=True
            ).values_list("id", flat=True)
        )
    if api_key_ids:
        keys = ApiKey.objects.filter(id__in=api_key_ids, revoked_at=None, user__is_active=True)
        alive.update(keys.exclude(expires_at__lte=now).values_list("id", flat=True))
    return alive
