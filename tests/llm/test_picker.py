"""What the picker tells of each model: what it costs, and why one is out of reach."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.llm.conftest import Connected, browser

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("hints")


def _in_acme(connected: Connected, work: Callable[[], Any]) -> Any:
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return work()


def _picked(connected: Connected, team: Any) -> list[dict[str, Any]]:
    found = browser(connected.cast, connected.cast.bob).get(f"/api/v1/models?team={team.pk}")
    results: list[dict[str, Any]] = found.json()["results"]
    return results


def test_picker_keeps_what_is_out_of_reach_and_says_why(connected: Connected) -> None:
    from django.utils import timezone

    from apps.llm.models import ConnectionHealth, Model
    from apps.llm.services import Offer, grants_change, model_offer, model_update

    team = connected.cast.engineering

    def fill() -> None:
        offers = [Offer("a-switched-off"), Offer("another"), Offer("never-granted")]
        off, other, _ = model_offer(actor=None, connection=connected.connection, offers=offers)
        grants_change(actor=None, teams=[team], models=[off, other], allowed=True)
        model_update(actor=None, model=off, changes={"is_enabled": False})

    _in_acme(connected, fill)
    rows = [(row["slug"], row["available"], row["reason"]) for row in _picked(connected, team)]
    assert rows == [
        ("big-model", True, None),
        ("another", True, None),
        ("a-switched-off", False, "Switched off by an administrator."),
    ]
    soon = timezone.now() + timedelta(minutes=1)

    def fail() -> None:
        ConnectionHealth.objects.update_or_create(
            connection=connected.connection, defaults={"state": "open", "retry_at": soon}
        )

    _in_acme(connected, fail)
    reasons = {row["slug"]: row["reason"] for row in _picked(connected, team)}
    assert reasons["big-model"] == "Its provider does not answer now. It is tried again by itself."
    assert "never-granted" not in reasons
    assert _in_acme(connected, lambda: Model.objects.filter(slug="never-granted").exists())


@pytest.mark.parametrize(
    ("price", "cost", "words"),
    [
        (("0", "0"), "free", "Free"),
        (("0.15", "0.6"), "low", "0.15 / 0.6 USD"),
        (("3", "15"), "medium", "3 / 15 USD"),
        (("15", "75"), "high", "15 / 75 USD"),
        (None, "unknown", "Unknown"),
    ],
)
def test_picker_hints_at_the_cost(
    connected: Connected, price: tuple[str, str] | None, cost: str, words: str
) -> None:
    from decimal import Decimal

    from apps.llm.services import model_update

    values = [Decimal(amount) for amount in price] if price else [None, None]
    changes = {"price_input": values[0], "price_output": values[1]}
    _in_acme(connected, lambda: model_update(actor=None, model=connected.chat, changes=changes))
    (row,) = _picked(connected, connected.cast.engineering)
    assert (row["cost"], row["price"]) == (cost, words)
