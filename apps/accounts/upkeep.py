"""What maintenance does for accounts: rows that let nobody in any more are removed."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import IdempotencyKey, OneTimeLink, Session, SignInAttempt
from apps.accounts.services.sessions import IDLE
from apps.accounts.services.sign_in import WINDOW
from apps.tenants.platform import platform_scope

IDEMPOTENCY_KEPT: Final = dt.timedelta(days=1)


def remove_expired() -> int:
    """Delete ended sessions and links, old sign-in attempts and idempotency keys of all tenants; how many."""
    now = timezone.now()
    with platform_scope():
        gone = [
            Session.across.filter(Q(expires_at__lt=now) | Q(last_seen_at__lt=now - IDLE)).delete(),
            OneTimeLink.across.filter(expires_at__lt=now).delete(),
            SignInAttempt.across.filter(created_at__lt=now - WINDOW).delete(),
            IdempotencyKey.across.filter(created_at__lt=now - IDEMPOTENCY_KEPT).delete(),
        ]
    return sum(deleted for deleted, _ in gone)
