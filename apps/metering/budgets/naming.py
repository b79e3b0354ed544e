"""What budgets are called follows what their subjects are called: refusals name a team as it is known now."""

from __future__ import annotations

from typing import Final

from django.db import connections

from apps.metering.budgets.models import Budget, Reach
from apps.metering.known_models import known_models
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope

EVERY_S: Final = 60.0

_FOLLOW: Final = """
UPDATE metering_budget b SET subject_name = left(n.name, 200)
FROM (SELECT tenant_id, id, name FROM accounts_team
      UNION ALL SELECT tenant_id, id, name FROM accounts_user
      UNION ALL SELECT tenant_id, id, name FROM accounts_apikey
      UNION ALL SELECT tenant_id, tenant_id, name FROM accounts_tenantsettings) AS n
WHERE b.archived_at IS NULL AND n.tenant_id = b.tenant_id AND n.id = b.subject_id
  AND b.subject_name <> left(n.name, 200)
"""
_OF_MODELS: Final = """
SELECT DISTINCT tenant_id FROM metering_budget WHERE reach = 'model' AND archived_at IS NULL
"""


def names_follow() -> None:
    """Take over new names of teams, people, keys, models and organisations; what is gone keeps its own."""
    with platform_scope(), connections[PLATFORM].cursor() as cursor:
        cursor.execute(_FOLLOW)
        cursor.execute(_OF_MODELS)
        tenants = [tenant_id for (tenant_id,) in cursor.fetchall()]
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            _of_models()


def _of_models() -> None:
    names = {model.id: model.name[:200] for model in known_models()}
    for budget in Budget.objects.filter(reach=Reach.MODEL, archived_at=None):
        name = names.get(budget.subject_id, budget.subject_name)
        if name != budget.subject_name:
            Budget.objects.filter(pk=budget.pk).update(subject_name=name)
