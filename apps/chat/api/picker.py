"""REST of the model picker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts import selectors as accounts
from apps.accounts.api.base import TenantApi
from apps.chat import errors, selectors
from apps.chat.api import serializers
from apps.rest.pages import id_of

if TYPE_CHECKING:
    from rest_framework.request import Request


class ModelListApi(TenantApi):
    """The models of a team."""

    scope = "chat"

    @extend_schema(
        operation_id="model_list",
        parameters=[
            OpenApiParameter("team", str, description="A team of yours; Everyone, or the key's, without it.")
        ],
        responses=serializers.PickedModelList,
    )
    def get(self, request: Request) -> Response:
        """What the team may use, its default first."""
        raw = request.query_params.get("team")
        team = accounts.team_of(self.actor, id_of(raw) if raw else None)
        if team is None:
            raise errors.not_found()
        return Response({"results": selectors.picked_models(team.id, self.actor.user_id)})
