"""What calls of one name in the ledger came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum

from apps.metering.models import UsageRecord, UsageState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls that were used, their costs by currency, and how many of them have no known price."""

    calls: int
    unpriced: int
    costs: Mapping[str, Decimal]


def tally(step: str, *, since: dt.datetime) -> Tally:
    """Of the calls that were named `step` from that moment on; in a scope."""
    used = UsageRecord.objects.filter(step=step, created_at__gte=since, state=UsageState.SETTLED)
    rows = used.values("currency").annotate(
        calls=Count("id"), unpriced=Count("id", filter=Q(cost=None)), cost=Sum("cost")
    )
    found = list(rows.order_by("currency"))
    return Tally(
        sum(row["calls"] for row in found),
        sum(row["unpriced"] for row in found),
        {row["currency"]: row["cost"] for row in found if row["cost"] is not None},
    )
