"""How fast models have answered, from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

MOST_ROWS: Final = 5_000
LEAST_CALLS: Final = 3

_SPEEDS: Final = Statement("""
SELECT model_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms_first),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY tokens_output * 1000.0 / greatest(ms_total - ms_first, 1))
FROM (SELECT model_id, ms_first, ms_total, tokens_output FROM metering_usagerecord
      WHERE tenant_id = %(tenant)s AND created_at > now() - interval '7 days' AND model_id = ANY(%(models)s)
        AND state = 'settled' AND error_kind = '' AND tokens_output > 0 AND ms_total > ms_first
      ORDER BY created_at DESC LIMIT %(most)s) AS recent
GROUP BY model_id HAVING count(*) >= %(least)s
""")


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians of the last week: milliseconds to the first token, tokens a second after it."""

    ms_first: int
    tokens_s: float


def speeds_of(model_ids: Collection[UUID]) -> dict[UUID, Measured]:
    """The speed of each model with at least three answers among the last 5,000 of these models."""
    values = {
        "tenant": current_tenant_id(),
        "models": list(model_ids),
        "most": MOST_ROWS,
        "least": LEAST_CALLS,
    }
    rows = execute(_SPEEDS, values).rows
    return {model_id: Measured(round(ms_first), float(tokens_s)) for model_id, ms_first, tokens_s in rows}
