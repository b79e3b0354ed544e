"""Withdrawing a version that is planned: typed wrong, or not wanted any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.services import record
from apps.metering.models import ExchangeRate, Markup, ModelPrice
from apps.metering.pricebook.services import price_said
from apps.rest.errors import ProblemError, not_found

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.metering.pricebook.models import Version

KINDS: Final[dict[str, type[Version]]] = {
    "exchange_rate": ExchangeRate,
    "markup": Markup,
    "model_price": ModelPrice,
}
"""As the audit log names them."""


def access_version(kind: str, version_id: UUID) -> Version:
    """One version of a kind of KINDS; raises 404."""
    found = KINDS[kind].objects.filter(pk=version_id).first() if kind in KINDS else None
    if found is None:
        raise not_found()
    return found


def version_withdraw(*, actor: Actor | None, kind: str, version: Version) -> None:
    """Let it never begin; raises 409 once it has: calls may have been made at it.

    The database decides by its own clock, so that no version vanishes in the moment it begins.
    """
    rows = KINDS[kind].objects.filter(pk=version.pk, valid_from__gt=timezone.now())
    try:
        with transaction.atomic():
            gone, _ = rows.delete()
    except IntegrityError:
        gone = 0
    if not gone:
        raise ProblemError(
            409,
            "version_begun",
            "This version has begun",
            "Calls may have been made at it, so it stays. Nothing was changed. Add another version instead.",
        )
    record(
        actor=actor,
        action=f"{kind}.withdrawn",
        target_type=kind,
        target_id=version.pk,
        before=_said(version) | {"valid_from": version.valid_from.isoformat()},
    )


def _said(version: Version) -> dict[str, Any]:
    if isinstance(version, ModelPrice):
        return {"model": version.model_slug} | price_said(version.price)
    return {"version": str(version)}
