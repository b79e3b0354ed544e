"""Which connections are due for a probe: the maintenance process looks, a worker asks the host."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from django.db import connections

from apps.runs import outbox
from apps.tenants.platform import PLATFORM, platform_scope

if TYPE_CHECKING:
    from uuid import UUID

PROBE_EVERY_S: Final = 5.0
QUIET_S: Final = 300
"""A connection that answers is asked that often; so is a new one first."""
DOUBTFUL_S: Final = 15
"""And one whose last probe failed."""
HINT_AGAIN_S: Final = 30.0
MOST_A_ROUND: Final = 100

_DUE: Final = """
SELECT c.tenant_id, c.id
FROM llm_connection c
JOIN tenants_tenant t ON t.id = c.tenant_id AND t.state = 'active'
LEFT JOIN llm_connectionhealth h ON h.tenant_id = c.tenant_id AND h.connection_id = c.id
WHERE c.is_enabled AND c.vendor <> 'extractive'
  AND (EXISTS (SELECT 1 FROM llm_model m WHERE m.tenant_id = c.tenant_id AND m.connection_id = c.id)
       OR EXISTS (SELECT 1 FROM llm_deployment d WHERE d.tenant_id = c.tenant_id AND d.connection_id = c.id))
  AND CASE WHEN h.state <> 'closed' THEN h.retry_at
           ELSE coalesce(h.probed_at, c.updated_at)
                + make_interval(secs => CASE WHEN h.probe_failures > 0 THEN %s ELSE %s END)
      END <= clock_timestamp()
ORDER BY h.state <> 'closed' DESC NULLS LAST, h.probed_at NULLS FIRST
LIMIT %s
"""


class Prober:
    """Kept between rounds: what was hinted lately, so that a busy worker is not told again and again."""

    def __init__(self) -> None:
        self._hinted: dict[UUID, float] = {}

    def hint(self) -> int:
        """Have workers probe what is due, at most 100 a round; returns how many hints were sent."""
        from apps.llm.tasks import probe_connection

        now = time.monotonic()
        self._hinted = {key: at for key, at in self._hinted.items() if at > now - HINT_AGAIN_S}
        due = [pair for pair in _due() if pair[1] not in self._hinted]
        for tenant_id, connection_id in due:
            self._hinted[connection_id] = now
            ids = (str(tenant_id), str(connection_id))
            outbox.post(lambda ids=ids: probe_connection.delay(*ids))  # type: ignore[misc]  # bound here
        return len(due)


def _due() -> list[tuple[UUID, UUID]]:
    with platform_scope(), connections[PLATFORM].cursor() as cursor:
        cursor.execute(_DUE, [float(DOUBTFUL_S), float(QUIET_S), MOST_A_ROUND])
        return [(row[0], row[1]) for row in cursor.fetchall()]
