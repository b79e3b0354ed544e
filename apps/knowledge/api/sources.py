"""Sources over REST, for those who manage knowledge: parse, one call, render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.knowledge.api import source_serializers as serializers
from apps.knowledge.connectors import services
from apps.knowledge.connectors.outputs import item_output, kind_output, source_output
from apps.knowledge.connectors.registry import KINDS
from apps.knowledge.connectors.selectors import access_source, items_of, sources
from apps.knowledge.permissions import MANAGE, access_knowledge_base
from apps.rest.pages import CURSOR, LIMIT, page_of

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request
    from rest_framework.serializers import Serializer

    from apps.knowledge.connectors.models import Source

TAGS = ["knowledge"]


def _taken(request: Request, kind: type[Serializer[Any]]) -> dict[str, Any]:
    read = kind(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


class _SourceApi(TenantApi):
    scope = "knowledge"
    capability = MANAGE


class SourceKindListApi(_SourceApi):
    """What can be followed."""

    @extend_schema(
        operation_id="source_kinds_list", tags=TAGS, responses=serializers.SourceKindOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        """Every kind with the settings that it takes."""
        return Response([kind_output(kind) for kind in KINDS.values()])


class SourceListApi(IdempotentMixin, _SourceApi):
    """The organisation's sources."""

    @extend_schema(
        operation_id="sources_list", tags=TAGS, parameters=[CURSOR, LIMIT], responses=serializers.SourcePage
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, sources())
        return Response({"results": [source_output(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="sources_create",
        tags=TAGS,
        request=serializers.SourceCreateInput,
        responses={201: serializers.SourceOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Follow a source into a collection, at once for the first time. The secret is never given back."""
        return super().post(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        given = _taken(request, serializers.SourceCreateInput)
        base = access_knowledge_base(self.actor, given["knowledge_base_id"], change=True)
        values = services.SourceValues(
            given["name"], given.get("every_minutes", 60), given["settings"], given.get("secret", "")
        )
        made = services.source_create(
            actor=self.actor, knowledge_base=base, kind=given["kind"], values=values
        )
        return Response(source_output(access_source(made.id)), status=201)


class SourceApi(_SourceApi):
    """One source."""

    @extend_schema(operation_id="sources_read", tags=TAGS, responses=serializers.SourceOutput)
    def get(self, request: Request, source_id: UUID) -> Response:
        """Its settings without the secret, its state, and what the last sync did."""
        return Response(source_output(access_source(source_id)))

    @extend_schema(
        operation_id="sources_update",
        tags=TAGS,
        request=serializers.SourceUpdateInput,
        responses=serializers.SourceOutput,
    )
    def patch(self, request: Request, source_id: UUID) -> Response:
        """Change or pause it; a setting that is left out stays, and so does the secret."""
        source = access_source(source_id)
        given = _taken(request, serializers.SourceUpdateInput)
        if given.keys() - {"is_paused"}:
            self._change(source, given)
        if "is_paused" in given:
            services.source_pause(actor=self.actor, source=source, is_paused=given["is_paused"])
        return Response(source_output(access_source(source_id)))

    @extend_schema(
        operation_id="sources_delete",
        tags=TAGS,
        parameters=[
            OpenApiParameter(
                "documents", str, enum=["keep", "delete"], description="`keep` unless `delete` is given."
            )
        ],
        responses={204: None},
    )
    def delete(self, request: Request, source_id: UUID) -> Response:
        """Stop following it and destroy its secret; its documents stay unless `documents=delete`."""
        source = access_source(source_id)
        delete_documents = request.query_params.get("documents") == "delete"
        services.source_remove(actor=self.actor, source=source, delete_documents=delete_documents)
        return Response(status=204)

    def _change(self, source: Source, given: dict[str, Any]) -> None:
        values = services.SourceValues(
            given.get("name", source.name),
            given.get("every_minutes", source.every_minutes),
            source.settings | given.get("settings", {}),
            given.get("secret", ""),
        )
        services.source_update(actor=self.actor, source=source, values=values)


class SourceSyncApi(_SourceApi):
    """A sync."""

    @extend_schema(
        operation_id="sources_sync", tags=TAGS, request=None, responses={202: serializers.SourceOutput}
    )
    def post(self, request: Request, source_id: UUID) -> Response:
        """Begin it now, also after a failure; read the source until its state is no longer syncing."""
        services.source_sync(actor=self.actor, source=access_source(source_id))
        return Response(source_output(access_source(source_id)), status=202)


class SourceItemListApi(_SourceApi):
    """What a source holds."""

    @extend_schema(
        operation_id="source_items_list",
        tags=TAGS,
        parameters=[CURSOR, LIMIT],
        responses=serializers.SourceItemPage,
    )
    def get(self, request: Request, source_id: UUID) -> Response:
        """Its files with the documents made of them, and why one was left out; the last changed first."""
        rows, following = page_of(request, items_of(access_source(source_id)), by="updated_at")
        return Response({"results": [item_output(row) for row in rows], "next": following})
