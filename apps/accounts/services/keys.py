"""API keys: shown once, kept as prefix and hash, bound to a person and a team."""

from __future__ import annotations

import datetime as dt
import hmac
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.accounts import selectors
from apps.accounts.models import ApiKey, Team, User
from apps.accounts.permissions import CAPABILITIES, DEFAULT_SCOPES, SCOPES
from apps.accounts.tokens import KeyText, new_key, token_hash
from apps.audit.services import record
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_TOUCH: Final = dt.timedelta(minutes=1)


def _check_scopes(scopes: list[str], user: User) -> None:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise invalid([{"field": "scopes", "message": f"Choose from {', '.join(SCOPES)}."}])
    if "admin" in scopes and not CAPABILITIES.get(user.role):
        raise invalid(
            [{"field": "scopes", "message": "Only administrators can make a key that administers."}]
        )


def api_key_create(  # noqa: PLR0913 - what a key is
    *,
    actor: Actor | None,
    slug: str,
    user: User,
    team: Team,
    name: str,
    scopes: list[str] | None = None,
    expires_at: dt.datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key of the person in one of their teams; returns it with its text, never shown again."""
    scopes = list(DEFAULT_SCOPES) if scopes is None else scopes
    _check_scopes(scopes, user)
    if not selectors.teams_of(user.id).filter(id=team.id).exists():
        raise invalid([{"field": "team", "message": "Choose a team that the person is in."}])
    if expires_at is not None and expires_at <= timezone.now():
        raise invalid([{"field": "expires_at", "message": "Choose a time in the future."}])
    text = new_key(slug)
    key = ApiKey.objects.create(
        name=name.strip()[:80] or "API key",
        prefix=text.prefix,
        secret_hash=token_hash(text.secret),
        team=team,
        user=user,
        scopes=scopes,
        expires_at=expires_at,
    )
    record(
        actor=actor,
        action="api_key.created",
        target_type="api_key",
        target_id=key.id,
        after={
            "name": key.name,
            "prefix": key.prefix,
            "scopes": scopes,
            "team": team.name,
            "user": str(user.id),
        },
    )
    return key, str(text)


def api_key_revoke(*, actor: Actor | None, key: ApiKey) -> None:
    """End a key now."""
    if key.revoked_at is None:
        ApiKey.objects.filter(id=key.id).update(revoked_at=timezone.now())
        record(actor=actor, action="api_key.revoked", target_type="api_key", target_id=key.id)


def api_key_authenticate(text: KeyText) -> ApiKey | None:
    """The living key with its active person, in the scope of the tenant that it names; one statement."""
    now = timezone.now()
    key = (
        ApiKey.objects.select_related("user", "team")
        .filter(prefix=text.prefix, revoked_at=None, user__is_active=True)
        .first()
    )
    if key is None or not hmac.compare_digest(key.secret_hash, token_hash(text.secret)):
        return None
    if key.expires_at is not None and key.expires_at <= now:
        return None
    if key.last_used_at is None or key.last_used_at < now - _TOUCH:
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)
    return key
