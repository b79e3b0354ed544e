"""Usage for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.selectors import tenant_settings
from apps.metering.usage import selectors
from apps.metering.usage.filters import MOST_DAYS, NARROWING, RANGES, Sight, Wanted

if TYPE_CHECKING:
    from rest_framework.request import Request


class UsedOutput(serializers.Serializer[Any]):
    """What calls came to. `amount` is exact, in the organisation's currency, without `unpriced` calls."""

    calls = serializers.IntegerField()
    failed = serializers.IntegerField()
    unpriced = serializers.IntegerField(help_text="Calls whose cost is not known in that currency.")
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=28, decimal_places=12)


class UsageTotalOutput(UsedOutput):
    """All days together."""

    people = serializers.IntegerField(help_text="Different people.")


class UsageDayOutput(UsageTotalOutput):
    """One day of the organisation's time zone."""

    day = serializers.DateField()


class UsageShareOutput(UsedOutput):
    """One team, model, person or key; `id` null: calls that were made for none."""

    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class UsageOutput(serializers.Serializer[Any]):
    """Usage of a range of days, as far as the caller may see it."""

    since = serializers.DateField()
    until = serializers.DateField()
    currency = serializers.CharField()
    counted_at = serializers.DateTimeField(allow_null=True, help_text="What came later is not in it yet.")
    total = UsageTotalOutput()
    days = UsageDayOutput(many=True)
    teams = UsageShareOutput(many=True)
    models = UsageShareOutput(many=True)
    people = UsageShareOutput(many=True)
    keys = UsageShareOutput(many=True)


class UsageApi(TenantApi):
    """Who used what: everybody's for `costs.read`, else one's own and that of the teams one leads."""

    @extend_schema(
        operation_id="usage_read",
        parameters=[
            OpenApiParameter("range", str, enum=list(RANGES), description="30d where nothing else is said."),
            OpenApiParameter("since", str, description=f"A first day, YYYY-MM-DD; at most {MOST_DAYS} days."),
            OpenApiParameter("until", str, description="A last day, YYYY-MM-DD."),
            *(OpenApiParameter(name, str, description=f"The id of one {name}.") for name in NARROWING),
        ],
        responses=UsageOutput,
    )
    def get(self, request: Request) -> Response:
        """Totals, days, and at most 200 each of teams, models, people and keys, dearest first."""
        settings = tenant_settings()
        sight, wanted = Sight.of(self.actor), Wanted.exactly(request.query_params.dict(), settings.time_zone)
        plural = {"team": "teams", "model": "models", "person": "people", "key": "keys"}
        found = {
            "since": wanted.since,
            "until": wanted.until,
            "currency": settings.currency,
            "counted_at": selectors.counted_at(),
            "total": selectors.used_in_all(sight, wanted),
            "days": selectors.used_days(sight, wanted),
            **{plural[what]: selectors.used_by(sight, wanted, what) for what in NARROWING},
        }
        return Response(UsageOutput(found).data)
