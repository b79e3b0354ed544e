"""The day that a model is told."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import TenantSettings
from apps.chat.selectors import asked
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from tests.factories import Cast


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_the_organisations_day(cast: Cast, zone: str) -> None:
    with tenant_scope(cast.acme.id):
        TenantSettings.objects.update(time_zone=zone)
    with tenant_scope(cast.acme.id):
        found = asked(conversation_id=uuid4(), question_id=uuid4(), answer_id=uuid4())
    here = dt.datetime.now(ZoneInfo(zone))
    assert found.today in {here.date(), (here - dt.timedelta(minutes=1)).date()}
