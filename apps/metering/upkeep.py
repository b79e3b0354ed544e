"""Upkeep of the ledger: a reservation whose worker died is settled by estimate.

Runs as the platform role, across tenants; `apps.llm` hands it nothing, the row has all it needs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.metering.models import UsageRecord, UsageState
from apps.metering.prices import Price, Tokens, charge_for
from apps.runs.models import Run
from apps.tenants.platform import platform_scope

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_CALL: Final = timedelta(minutes=32)
"""A call ends after 30 minutes at the latest; what is open after that has lost its worker."""
AFTER_END: Final = timedelta(minutes=1)
BATCH: Final = 500
POSITIONS_PER_TOKEN: Final = 4


def settle_stale() -> int:
    """Settle reservations that outlived their call: a minute after their run ended, else after 32 minutes.

    The prompt counts as reserved, the answer by what its run's log holds, both marked as estimated. Returns
    how many rows were settled; safe to run twice, and beside a late worker.
    """
    now = timezone.now()
    with platform_scope():
        open_rows = UsageRecord.across.filter(state=UsageState.RESERVED, created_at__lt=now - AFTER_END)
        rows = list(open_rows.order_by("created_at")[:BATCH])
        runs = {
            run.pk: run
            for run in Run.across.filter(pk__in=[row.run_id for row in rows if row.run_id]).only(
                "state", "ended_at", "position"
            )
        }
        return sum(_settled(row, runs.get(row.run_id) if row.run_id else None, now) for row in rows)


def _settled(row: UsageRecord, run: Run | None, now: datetime) -> bool:
    has_ended = run is not None and run.ended_at is not None and run.ended_at < now - AFTER_END
    if not has_ended and row.created_at > now - LONGEST_CALL:
        return False
    output = run.position // POSITIONS_PER_TOKEN if run is not None and row.reserved_output else 0
    tokens = Tokens(
        row.reserved_input,
        min(output, row.reserved_output),
        estimated=True,
        units=row.units,
        unit=row.unit,
    )
    override = Price.of(row.override_input, row.override_output, row.override_unit, row.currency)
    charge = charge_for(
        tokens, override=override, base_url=row.base_url, model=row.model_asked, at=row.created_at
    )
    closed = UsageRecord.across.filter(pk=row.pk, tenant_id=row.tenant_id, state=UsageState.RESERVED).update(
        state=UsageState.SETTLED,
        tokens_input=tokens.input,
        tokens_output=tokens.output,
        estimated=True,
        price=charge.price,
        currency=charge.currency,
        cost=charge.cost,
        finish="interrupted",
        error_kind="lost",
        closed_at=now,
    )
    return bool(closed)
