"""What every template knows of the person: set by the page views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.accounts.permissions import can

if TYPE_CHECKING:
    from django.http import HttpRequest


def person(request: HttpRequest) -> dict[str, Any]:
    """`actor`, `organisation` and `can_administer`; empty on pages for everybody."""
    actor = getattr(request, "actor", None)
    return {
        "actor": actor,
        "organisation": getattr(request, "organisation", None),
        "can_administer": bool(actor and can(actor, "admin.see")),
    }
