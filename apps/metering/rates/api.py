"""Limits a minute for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.permissions import require
from apps.accounts.selectors import access_team
from apps.metering.known_models import known_model
from apps.metering.models import LimitOf
from apps.metering.rates.forms import MOST
from apps.metering.rates.selectors import access_limit, all_limits
from apps.metering.rates.services import Wanted, rate_limit_delete, rate_limit_set
from apps.rest.errors import invalid, not_found
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class RateLimitInput(InputSerializer):
    """At most so many a minute; what is null or left out is not limited, both: the limit is removed."""

    team_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Null: the organisation's default."
    )
    of = serializers.ChoiceField(LimitOf.choices)
    model_id = serializers.UUIDField(required=False, allow_null=True, help_text="Where `of` is model.")
    requests = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST)
    tokens = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST)


class RateLimitOutput(serializers.Serializer[Any]):
    """A limit of requests and tokens a minute."""

    id = serializers.UUIDField()
    team_id = serializers.UUIDField(allow_null=True)
    team = serializers.CharField(source="team.name", default="")
    of = serializers.ChoiceField(LimitOf.choices)
    model_id = serializers.UUIDField(allow_null=True)
    model = serializers.CharField(source="model_slug")
    requests = serializers.IntegerField(allow_null=True)
    tokens = serializers.IntegerField(allow_null=True)


class RateLimitListOutput(serializers.Serializer[Any]):
    """All limits of the organisation."""

    results = RateLimitOutput(many=True)


class RateLimitListApi(TenantApi):
    """Every limit a minute."""

    scope = "admin"
    capability = "costs.read"

    @extend_schema(operation_id="rate_limit_list", responses=RateLimitListOutput)
    def get(self, request: Request) -> Response:
        """Those of the organisation and of every team."""
        return Response({"results": RateLimitOutput(all_limits(), many=True).data})

    @extend_schema(
        operation_id="rate_limit_set", request=RateLimitInput, responses={200: RateLimitOutput, 204: None}
    )
    def put(self, request: Request) -> Response:
        """Set one in the place of the one before; 204 where nothing is limited any more."""
        require(self.actor, "costs.manage")
        read = RateLimitInput(data=request.data)
        read.is_valid(raise_exception=True)
        said = read.validated_data
        limit = rate_limit_set(
            actor=self.actor,
            team=access_team(said["team_id"]) if said.get("team_id") else None,
            wanted=_wanted(said),
        )
        return Response(status=204) if limit is None else Response(RateLimitOutput(limit).data)


class RateLimitApi(TenantApi):
    """One limit."""

    scope = "admin"
    capability = "costs.manage"

    @extend_schema(operation_id="rate_limit_delete", responses={204: None})
    def delete(self, request: Request, limit_id: UUID) -> Response:
        """Limit that no more."""
        rate_limit_delete(actor=self.actor, limit=access_limit(limit_id))
        return Response(status=204)


def _wanted(said: dict[str, Any]) -> Wanted:
    model_id = said.get("model_id")
    if model_id is None:
        return Wanted(said["of"], said.get("requests"), said.get("tokens"))
    if said["of"] != LimitOf.MODEL:
        raise invalid([{"field": "model_id", "message": "Leave it out: this limit is not of one model."}])
    model = known_model(model_id)
    if model is None:
        raise not_found()
    return Wanted(said["of"], said.get("requests"), said.get("tokens"), model.id, model.slug)
