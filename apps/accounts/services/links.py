"""One-time links: sign in, set a new password, accept an invitation, set up the organisation."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.accounts.models import LinkKind, OneTimeLink, User
from apps.accounts.permissions import require_manage
from apps.accounts.tokens import random_token, token_hash
from apps.audit.services import record

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

LIVES: Final[dict[str, dt.timedelta]] = {
    LinkKind.SIGN_IN: dt.timedelta(days=1),
    LinkKind.RESET: dt.timedelta(hours=2),
    LinkKind.INVITE: dt.timedelta(days=7),
    LinkKind.SETUP: dt.timedelta(days=7),
}


def one_time_link_create(*, actor: Actor | None, kind: str, user: User | None) -> str:
    """Make a link; returns its path, which is kept nowhere. An older set-up link stops working.

    Raises 403 where an administrator makes a link into an owner's account.
    """
    if user is not None and actor is not None and actor.user_id != user.id:
        require_manage(actor, user)
    code = random_token()
    if kind == LinkKind.SETUP:
        OneTimeLink.objects.filter(kind=kind, used_at=None).delete()
    OneTimeLink.objects.create(
        kind=kind, code_hash=token_hash(code), user=user, expires_at=timezone.now() + LIVES[kind]
    )
    if user is not None:
        record(
            actor=actor, action="link.created", target_type="user", target_id=user.id, detail={"kind": kind}
        )
    return f"/setup?code={code}" if kind == LinkKind.SETUP else f"/link/{code}"


def link_use(*, code: str) -> OneTimeLink | None:
    """Use a link up; None when it was used, is expired or never existed. Only one of two callers gets it."""
    link = (
        OneTimeLink.objects.select_for_update()
        .filter(code_hash=token_hash(code), used_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if link is None or (link.user is not None and not link.user.is_active):
        return None
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    return link
