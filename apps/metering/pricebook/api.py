"""The price book for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.permissions import require
from apps.accounts.selectors import access_team, tenant_settings
from apps.metering.known_models import known_model
from apps.metering.pricebook import selectors, services
from apps.metering.pricebook.withdrawing import access_version, version_withdraw
from apps.metering.prices import Price
from apps.rest.errors import not_found
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

_PRICE: dict[str, Any] = {
    "max_digits": 16, "decimal_places": 6, "min_value": 0, "allow_null": True, "required": False,
}  # fmt: skip


class CurrencyInput(InputSerializer):
    """The currency that costs are counted in."""

    currency = serializers.CharField(min_length=3, max_length=3)


class ExchangeRateInput(InputSerializer):
    """A version; `valid_from` left out: now."""

    currency = serializers.CharField(min_length=3, max_length=3)
    rate = serializers.DecimalField(
        max_digits=20, decimal_places=10, help_text="What one unit is worth in the organisation's currency."
    )
    valid_from = serializers.DateTimeField(required=False, allow_null=True)


class ExchangeRateOutput(serializers.Serializer[Any]):
    """One unit of `currency` is `rate` of `into` from `valid_from` on."""

    id = serializers.UUIDField()
    currency = serializers.CharField()
    into = serializers.CharField()
    rate = serializers.DecimalField(max_digits=20, decimal_places=10)
    valid_from = serializers.DateTimeField()


class MarkupInput(InputSerializer):
    """A version; without a team for every one, without a model for every one."""

    percent = serializers.DecimalField(max_digits=7, decimal_places=3)
    team_id = serializers.UUIDField(required=False, allow_null=True)
    model_id = serializers.UUIDField(required=False, allow_null=True)
    valid_from = serializers.DateTimeField(required=False, allow_null=True)


class MarkupOutput(serializers.Serializer[Any]):
    """What is charged on top of the cost, in percent."""

    id = serializers.UUIDField()
    percent = serializers.DecimalField(max_digits=7, decimal_places=3)
    team_id = serializers.UUIDField(allow_null=True)
    team = serializers.CharField(source="team_name")
    model_id = serializers.UUIDField(allow_null=True)
    model = serializers.CharField(source="model_slug")
    valid_from = serializers.DateTimeField()


class ModelPriceInput(InputSerializer):
    """A version; all prices null: as published."""

    model_id = serializers.UUIDField()
    price_input = serializers.DecimalField(**_PRICE)
    price_output = serializers.DecimalField(**_PRICE)
    price_unit = serializers.DecimalField(**_PRICE)
    currency = serializers.CharField(min_length=3, max_length=3, default="USD")
    valid_from = serializers.DateTimeField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both prices of tokens or neither."""
        if (attrs.get("price_input") is None) != (attrs.get("price_output") is None):
            raise serializers.ValidationError({"price_input": ["Give both prices of tokens, or neither."]})
        return attrs


class ModelPriceOutput(serializers.Serializer[Any]):
    """What a model costs per 1,000,000 tokens and per piece from `valid_from` on."""

    id = serializers.UUIDField()
    model_id = serializers.UUIDField()
    model = serializers.CharField(source="model_slug")
    price_input = serializers.DecimalField(max_digits=16, decimal_places=6, allow_null=True)
    price_output = serializers.DecimalField(max_digits=16, decimal_places=6, allow_null=True)
    price_unit = serializers.DecimalField(max_digits=16, decimal_places=6, allow_null=True)
    currency = serializers.CharField()
    valid_from = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)


class ExchangeRatePage(serializers.Serializer[Any]):
    """Newest first."""

    results = ExchangeRateOutput(many=True)
    next = serializers.CharField(allow_null=True)


class MarkupPage(serializers.Serializer[Any]):
    """Newest first."""

    results = MarkupOutput(many=True)
    next = serializers.CharField(allow_null=True)


class ModelPricePage(serializers.Serializer[Any]):
    """Newest first."""

    results = ModelPriceOutput(many=True)
    next = serializers.CharField(allow_null=True)


class CostApi(TenantApi):
    """An endpoint of the price book: reading needs `costs.read`, writing `costs.manage`."""

    scope = "admin"
    capability = "costs.read"

    def taken(self, form: type[InputSerializer], request: Request) -> dict[str, Any]:
        """The body of a write; raises 403 and 400."""
        require(self.actor, "costs.manage")
        read = form(data=request.data)
        read.is_valid(raise_exception=True)
        said: dict[str, Any] = read.validated_data
        return said


class CurrencyApi(CostApi):
    """The currency that costs are counted in."""

    @extend_schema(operation_id="currency_read", responses=CurrencyInput)
    def get(self, request: Request) -> Response:
        """Three letters."""
        return Response({"currency": tenant_settings().currency})

    @extend_schema(operation_id="currency_set", request=CurrencyInput, responses=CurrencyInput)
    def put(self, request: Request) -> Response:
        """Count costs in another one from now on; the days are made anew in it."""
        said = self.taken(CurrencyInput, request)
        services.currency_set(actor=self.actor, currency=said["currency"])
        return Response(said)


class ExchangeRateListApi(CostApi):
    """Versions of exchange rates."""

    @extend_schema(operation_id="exchange_rate_list", parameters=[CURSOR, LIMIT], responses=ExchangeRatePage)
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, selectors.exchange_rates(), by="valid_from")
        return Response({"results": ExchangeRateOutput(rows, many=True).data, "next": following})

    @extend_schema(
        operation_id="exchange_rate_add", request=ExchangeRateInput, responses={201: ExchangeRateOutput}
    )
    def post(self, request: Request) -> Response:
        """Add a version; earlier calls keep theirs."""
        found = services.exchange_rate_add(actor=self.actor, **self.taken(ExchangeRateInput, request))
        return Response(ExchangeRateOutput(found).data, status=201)


class MarkupListApi(CostApi):
    """Versions of mark-ups."""

    @extend_schema(operation_id="markup_list", parameters=[CURSOR, LIMIT], responses=MarkupPage)
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, selectors.markups(), by="valid_from")
        return Response({"results": MarkupOutput(rows, many=True).data, "next": following})

    @extend_schema(operation_id="markup_add", request=MarkupInput, responses={201: MarkupOutput})
    def post(self, request: Request) -> Response:
        """Add a version; earlier calls keep theirs."""
        said = self.taken(MarkupInput, request)
        team_id, model_id = said.pop("team_id", None), said.pop("model_id", None)
        model = known_model(model_id) if model_id else None
        if model_id and model is None:
            raise not_found()
        found = services.markup_add(
            actor=self.actor, team=access_team(team_id) if team_id else None, model=model, **said
        )
        return Response(MarkupOutput(found).data, status=201)


class ModelPriceListApi(CostApi):
    """Versions of models' prices."""

    @extend_schema(operation_id="model_price_list", parameters=[CURSOR, LIMIT], responses=ModelPricePage)
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, selectors.model_prices(), by="valid_from")
        return Response({"results": ModelPriceOutput(rows, many=True).data, "next": following})

    @extend_schema(
        operation_id="model_price_plan", request=ModelPriceInput, responses={201: ModelPriceOutput}
    )
    def post(self, request: Request) -> Response:
        """Add a version; one that begins later is taken over within a minute of its time."""
        said = self.taken(ModelPriceInput, request)
        model = known_model(said["model_id"])
        if model is None:
            raise not_found()
        price = Price.of(
            said.get("price_input"), said.get("price_output"), said.get("price_unit"), said["currency"]
        )
        found = services.price_plan(
            actor=self.actor, model=model, price=price, valid_from=said.get("valid_from")
        )
        return Response(ModelPriceOutput(found).data, status=201)


class _VersionApi(CostApi):
    """One version of the price book."""

    kind: ClassVar[str]

    def delete(self, request: Request, version_id: UUID) -> Response:
        """Withdraw it before it begins; 409 once it has, since calls may have been made at it."""
        del request
        require(self.actor, "costs.manage")
        version_withdraw(actor=self.actor, kind=self.kind, version=access_version(self.kind, version_id))
        return Response(status=204)


@extend_schema_view(delete=extend_schema(operation_id="exchange_rate_withdraw", responses={204: None}))
class ExchangeRateApi(_VersionApi):
    """One version of an exchange rate."""

    kind = "exchange_rate"


@extend_schema_view(delete=extend_schema(operation_id="markup_withdraw", responses={204: None}))
class MarkupApi(_VersionApi):
    """One version of a mark-up."""

    kind = "markup"


@extend_schema_view(delete=extend_schema(operation_id="model_price_withdraw", responses={204: None}))
class ModelPriceApi(_VersionApi):
    """One version of a model's price."""

    kind = "model_price"
