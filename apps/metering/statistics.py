"""What the ledger says of connections over time: how many calls, how many failed, how fast they answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection as database

from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from uuid import UUID

LONGEST_NOTED_S: Final = 600
"""A call that was begun longer ago counts no more towards the present state of its connection."""

_RECENT: Final = Statement("""
SELECT count(*), count(*) FILTER (WHERE error_kind = ANY(%(kinds)s))
FROM metering_usagerecord
WHERE tenant_id = %(tenant)s AND connection_id = %(connection)s
  AND created_at > now() - make_interval(secs => %(longest)s)
  AND closed_at > greatest(clock_timestamp() - make_interval(secs => %(window)s), %(since)s::timestamptz)
""")
_FIGURES: Final = """
SELECT {key}, count(*), count(*) FILTER (WHERE error_kind = ANY(%(kinds)s)),
       percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY coalesce(ms_first, ms_total))
           FILTER (WHERE state = 'settled' AND error_kind = '' AND finish <> 'stopped')
FROM metering_usagerecord
WHERE tenant_id = %(tenant)s AND created_at >= %(since)s AND state <> 'reserved'
  AND (%(connection)s::uuid IS NULL OR connection_id = %(connection)s)
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Calls of a connection or a span; milliseconds to the first token (for vectors: to the answer)."""

    calls: int = 0
    errors: int = 0
    p50: int | None = None
    p95: int | None = None

    @property
    def error_rate(self) -> float | None:
        """Failed calls of all, 0 to 1; None without any."""
        return self.errors / self.calls if self.calls else None

    @property
    def error_percent(self) -> str:
        """The error rate as text, empty without calls."""
        return f"{self.errors / self.calls:.1%}" if self.calls else ""


def recent_outcomes(
    *, connection_id: UUID, kinds: Iterable[str], window_s: int, since: datetime | None
) -> tuple[int, int]:
    """The connection's calls that ended within `window_s` seconds and after `since`; how many failed."""
    values = {
        "tenant": current_tenant_id(),
        "connection": connection_id,
        "kinds": sorted(kinds),
        "longest": float(LONGEST_NOTED_S),
        "window": float(window_s),
        "since": since,
    }
    row = execute(_RECENT, values).row
    return (row[0], row[1]) if row else (0, 0)


def figures_by_connection(*, kinds: Iterable[str], since: datetime) -> dict[UUID, Figures]:
    """The figures of every connection that was called since then, in the tenant in scope."""
    return _figures("connection_id", {"kinds": sorted(kinds), "since": since, "connection": None})


def figures_over_time(
    *, kinds: Iterable[str], since: datetime, span: timedelta, connection_id: UUID | None = None
) -> dict[datetime, Figures]:
    """The figures of each span that had calls, by the span's begin; of one connection or of all."""
    values = {"kinds": sorted(kinds), "since": since, "span": span, "connection": connection_id}
    return _figures("date_bin(%(span)s, created_at, %(since)s)", values)


def _figures(key: str, values: dict[str, Any]) -> dict[Any, Figures]:
    with database.cursor() as cursor:
        cursor.execute(_FIGURES.format(key=key), values | {"tenant": current_tenant_id()})
        return {row[0]: Figures(row[1], row[2], *(row[3] or (None, None))) for row in cursor.fetchall()}
