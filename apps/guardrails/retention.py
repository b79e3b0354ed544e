"""How long what rules found is kept: as the organisation's policy says, tenant by tenant."""

from __future__ import annotations

from typing import Final

from django.db import connections

from apps.guardrails.models import KEEP_DAYS
from apps.tenants.platform import PLATFORM, platform_scope

EVERY_S: Final = 3600.0
LEAST_DAYS: Final = 7
MOST_DAYS: Final = 3650
AT_ONCE: Final = 5_000
"""Rows of one statement, so that none holds locks for long."""

_KEPT: Final = """
SELECT n.id, coalesce((SELECT p.keep_days FROM guardrails_policy p
                       JOIN accounts_team t ON t.tenant_id = p.tenant_id AND t.id = p.team_id
                       WHERE p.tenant_id = n.id AND t.is_everyone), %s)
FROM tenants_tenant n
"""
_FORGET: Final = """
DELETE FROM guardrails_rulehit
WHERE tenant_id = %(tenant)s AND id IN (
    SELECT id FROM guardrails_rulehit
    WHERE tenant_id = %(tenant)s AND created_at < clock_timestamp() - make_interval(days => %(days)s)
    LIMIT %(limit)s)
"""


def findings_forget() -> int:
    """Remove what is older than its organisation keeps it; how many rows went. The maintenance process."""
    with platform_scope(), connections[PLATFORM].cursor() as cursor:
        cursor.execute(_KEPT, [KEEP_DAYS])
        kept = cursor.fetchall()
    removed = 0
    for tenant, days in kept:
        while True:
            with platform_scope(), connections[PLATFORM].cursor() as cursor:
                cursor.execute(_FORGET, {"tenant": tenant, "days": days, "limit": AT_ONCE})
                gone = cursor.rowcount
            removed += gone
            if gone < AT_ONCE:
                break
    return removed
