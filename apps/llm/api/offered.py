"""All models of the tenant over REST, and what a connection's host has to offer, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.llm.api import serializers
from apps.llm.api.base import ModelsApi, refusals, taken
from apps.llm.catalogue import ABILITIES
from apps.llm.selectors.administration import access_connection
from apps.llm.selectors.available import host_listing
from apps.llm.selectors.offered import offered_models
from apps.llm.services import models_set_state
from apps.llm.vendors.base import Modality
from apps.rest.pages import CURSOR, MAX_LIMIT, limit_of, page_of

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

PAGE: Final = 100
_SEARCH: Final = OpenApiParameter("q", str, description="Words of the name or id.")
_KIND: Final = OpenApiParameter("kind", str, enum=list(Modality))
_LIMIT: Final = OpenApiParameter("limit", int, description=f"Rows of a page: 1 to {MAX_LIMIT}.")


class OfferedModelListApi(ModelsApi):
    """Every model of the tenant, whoever may use it."""

    @extend_schema(
        operation_id="offered_models_list",
        tags=["models"],
        parameters=[
            _SEARCH,
            _KIND,
            OpenApiParameter("provider", str, description="The connection's name."),
            OpenApiParameter("ability", str, enum=list(ABILITIES)),
            OpenApiParameter("team", str, description="The name of a team that may use it."),
            OpenApiParameter("state", str, description="on or off."),
            CURSOR,
            _LIMIT,
        ],
        responses=serializers.ModelPage,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, offered_models(request.query_params))
        return Response({"results": serializers.ModelOutput(rows, many=True).data, "next": following})


class OfferedModelStateApi(ModelsApi):
    """Many models at once."""

    @extend_schema(
        operation_id="offered_models_state",
        tags=["models"],
        request=serializers.ModelStateInput,
        responses=serializers.ModelList,
    )
    def post(self, request: Request) -> Response:
        """Switch these models on or off; all of them, or none where one is not there."""
        values = taken(request, serializers.ModelStateInput)
        with refusals():
            models = models_set_state(actor=self.actor, **values)
        return Response({"results": serializers.ModelOutput(models, many=True).data})


class AvailableModelListApi(ModelsApi):
    """What the connection's host has, as it listed it last."""

    @extend_schema(
        operation_id="connections_available_models",
        tags=["connections"],
        parameters=[
            _SEARCH,
            _KIND,
            OpenApiParameter("offered", str, enum=["yes", "no"]),
            CURSOR,
            _LIMIT,
        ],
        responses=serializers.AvailablePage,
    )
    def get(self, request: Request, connection_id: UUID) -> Response:
        """By id, with window, abilities and price as far as known. Have a worker list them first."""
        listing = host_listing(access_connection(connection_id), request.query_params)
        limit, cursor = limit_of(request, usual=PAGE), request.query_params.get("cursor", "")
        entries = [entry for entry in listing.entries if entry["id"] > cursor]
        rows = listing.page(entries[:limit])
        following = rows[-1].id if len(entries) > limit else None
        found = serializers.AvailableOutput(rows, many=True).data
        return Response({"results": found, "total": listing.total, "next": following})
