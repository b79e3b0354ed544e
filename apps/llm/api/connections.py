"""Connections over REST: keys go in and never come out; a worker tests and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin
from apps.llm.api import serializers
from apps.llm.api.base import ModelsApi, refusals, taken
from apps.llm.models import CheckKind, Connection, Model
from apps.llm.selectors.administration import access_check, access_connection
from apps.llm.services import (
    Offer,
    connection_check_start,
    connection_create,
    connection_delete,
    connection_update,
    model_offer,
)
from apps.llm.vendors.base import Modality
from apps.rest.pages import CURSOR, LIMIT, page_of

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

TAGS = ["connections"]


class ConnectionListApi(IdempotentMixin, ModelsApi):
    """The tenant's connections."""

    @extend_schema(
        operation_id="connections_list",
        tags=TAGS,
        parameters=[
            CURSOR,
            LIMIT,
        ],
        responses=serializers.ConnectionPage,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, Connection.objects.all())
        return Response({"results": serializers.ConnectionOutput(rows, many=True).data, "next": following})

    @extend_schema(
        operation_id="connections_create",
        tags=TAGS,
        request=serializers.ConnectionCreateInput,
        responses={201: serializers.ConnectionOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Connect a host; the key is sealed for it. Safe to repeat with an Idempotency-Key."""
        return super().post(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        values = taken(request, serializers.ConnectionCreateInput)
        with refusals():
            connection = connection_create(actor=self.actor, **values)
        return Response(serializers.ConnectionOutput(connection).data, status=201)


class ConnectionApi(ModelsApi):
    """One connection."""

    @extend_schema(operation_id="connections_read", tags=TAGS, responses=serializers.ConnectionOutput)
    def get(self, request: Request, connection_id: UUID) -> Response:
        """Everything but the key."""
        return Response(serializers.ConnectionOutput(access_connection(connection_id)).data)

    @extend_schema(
        operation_id="connections_update",
        tags=TAGS,
        request=serializers.ConnectionUpdateInput,
        responses=serializers.ConnectionOutput,
    )
    def patch(self, request: Request, connection_id: UUID) -> Response:
        """Change it, or replace its key."""
        connection = access_connection(connection_id)
        changes = taken(request, serializers.ConnectionUpdateInput)
        with refusals():
            connection_update(actor=self.actor, connection=connection, changes=changes)
        return Response(serializers.ConnectionOutput(connection).data)

    @extend_schema(operation_id="connections_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, connection_id: UUID) -> Response:
        """Remove it with its key, models and grants."""
        connection = access_connection(connection_id)
        with refusals():
            connection_delete(actor=self.actor, connection=connection)
        return Response(status=204)


class ConnectionTestApi(ModelsApi):
    """Have a worker test the connection."""

    kind = CheckKind.TEST

    @extend_schema(
        operation_id="connections_test", tags=TAGS, request=None, responses={202: serializers.CheckOutput}
    )
    def post(self, request: Request, connection_id: UUID) -> Response:
        """The check that was started; read it until it is done or failed."""
        connection = access_connection(connection_id)
        check = connection_check_start(actor=self.actor, connection=connection, kind=self.kind)
        return Response(serializers.CheckOutput(check).data, status=202)


class ConnectionListingApi(ConnectionTestApi):
    """Have a worker list the host's models."""

    kind = CheckKind.LIST

    @extend_schema(
        operation_id="connections_list_models",
        tags=TAGS,
        request=None,
        responses={202: serializers.CheckOutput},
    )
    def post(self, request: Request, connection_id: UUID) -> Response:
        """The check that was started; its `found` holds the models once it is done."""
        return super().post(request, connection_id)


class ConnectionCheckApi(ModelsApi):
    """A test or listing."""

    @extend_schema(operation_id="connections_check", tags=TAGS, responses=serializers.CheckOutput)
    def get(self, request: Request, connection_id: UUID, check_id: UUID) -> Response:
        """Its state and result, in our words, never the host's."""
        check = access_check(access_connection(connection_id), check_id)
        return Response(serializers.CheckOutput(check).data)


class ConnectionModelsApi(ModelsApi):
    """The models that a connection offers."""

    @extend_schema(operation_id="connections_models", tags=TAGS, responses=serializers.ModelList)
    def get(self, request: Request, connection_id: UUID) -> Response:
        """By name."""
        rows = Model.objects.filter(connection=access_connection(connection_id)).select_related("connection")
        return Response({"results": serializers.ModelOutput(rows.order_by("name"), many=True).data})

    @extend_schema(
        operation_id="connections_offer",
        tags=TAGS,
        request=serializers.OffersInput,
        responses={201: serializers.ModelList},
    )
    def post(self, request: Request, connection_id: UUID) -> Response:
        """Offer more of the host's models; grant them to teams afterwards."""
        connection = access_connection(connection_id)
        asked = taken(request, serializers.OffersInput)["models"]
        offers = [
            Offer(wish["vendor_model"], Modality(wish["modality"]) if "modality" in wish else None)
            for wish in asked
        ]
        with refusals():
            models = model_offer(actor=self.actor, connection=connection, offers=offers)
        return Response({"results": serializers.ModelOutput(models, many=True).data}, status=201)
