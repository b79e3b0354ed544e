"""Days as the organisation's clocks tell them: what review dates are compared with."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import DateField, DateTimeField, ExpressionWrapper, F, Func, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Now
from django.utils import timezone

from apps.accounts.models import TenantSettings
from apps.accounts.selectors import tenant_settings

_NOW: Final = Now()


def today() -> dt.date:
    """The day that it is where the organisation is; one statement."""
    return timezone.now().astimezone(ZoneInfo(tenant_settings().time_zone)).date()


def day_of(moment: Combinable = _NOW) -> Cast:
    """The same inside a statement, or the day of another moment."""
    zone = Subquery(TenantSettings.objects.values("time_zone")[:1])
    return Cast(Func(zone, moment, function="timezone", output_field=DateTimeField()), DateField())


def days_after(day: Combinable, days: int | F) -> ExpressionWrapper[Any]:
    """A day so many days after another, inside a statement."""
    return ExpressionWrapper(day + days, output_field=DateField())
