"""Notifications inside the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from apps.accounts.models import Notification, User

if TYPE_CHECKING:
    from uuid import UUID


def notification_create(*, user: User, kind: str, title: str, body: str = "", url: str = "") -> Notification:
    """Tell a person something; `url` is a path inside the app."""
    return Notification.objects.create(user=user, kind=kind, title=title[:160], body=body, url=url[:300])


def notifications_read(*, user_id: UUID) -> int:
    """Mark all of a person's notifications as read."""
    return Notification.objects.filter(user_id=user_id, read_at=None).update(read_at=timezone.now())
