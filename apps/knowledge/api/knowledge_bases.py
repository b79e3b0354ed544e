"""Collections over REST: parse, one call, render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.files.api.uploads import UPLOAD_SCHEMA, UploadApi, uploaded_file
from apps.knowledge import selectors, services
from apps.knowledge.api import serializers
from apps.knowledge.narrowing import MOST_TAGS, narrowing_of
from apps.knowledge.outputs import document_output, knowledge_base_output, search_output
from apps.knowledge.permissions import access_knowledge_base, access_search, access_searchable, may_change
from apps.knowledge.scanning import collection_language_set, document_language_set, known_language
from apps.rest.pages import CURSOR, LIMIT, page_of

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request
    from rest_framework.serializers import Serializer

    from apps.knowledge.models import KnowledgeBase

TAGS = ["knowledge"]


def _taken(request: Request, kind: type[Serializer[Any]]) -> dict[str, Any]:
    read = kind(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


class _KnowledgeApi(TenantApi):
    scope = "knowledge"

    def shown(self, knowledge_base: KnowledgeBase) -> dict[str, Any]:
        """The collection as it is now."""
        row = selectors.counted(knowledge_base)
        return knowledge_base_output(row, may_change=may_change(self.actor, row))


class KnowledgeBaseListApi(IdempotentMixin, _KnowledgeApi):
    """The collections that the person may read."""

    @extend_schema(
        operation_id="knowledge_bases_list",
        tags=TAGS,
        parameters=[CURSOR, LIMIT],
        responses=serializers.KnowledgeBasePage,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        found = selectors.with_counts(selectors.visible_knowledge_bases(self.actor))
        rows, following = page_of(request, found)
        results = [knowledge_base_output(row, may_change=may_change(self.actor, row)) for row in rows]
        return Response({"results": results, "next": following})

    @extend_schema(
        operation_id="knowledge_bases_create",
        tags=TAGS,
        request=serializers.KnowledgeBaseCreateInput,
        responses={201: serializers.KnowledgeBaseOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new collection of one's own; shared with nobody unless asked."""
        return super().post(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        values = _taken(request, serializers.KnowledgeBaseCreateInput)
        language = values.pop("scan_language", "")
        made = services.knowledge_base_create(actor=self.actor, **values)
        collection_language_set(actor=self.actor, knowledge_base=made, scan_language=language)
        return Response(self.shown(made), status=201)


class KnowledgeBaseApi(_KnowledgeApi):
    """One collection."""

    @extend_schema(operation_id="knowledge_bases_read", tags=TAGS, responses=serializers.KnowledgeBaseOutput)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Its name, who may read it, and how many documents it holds."""
        return Response(self.shown(access_knowledge_base(self.actor, knowledge_base_id)))

    @extend_schema(
        operation_id="knowledge_bases_update",
        tags=TAGS,
        request=serializers.KnowledgeBaseUpdateInput,
        responses=serializers.KnowledgeBaseOutput,
    )
    def patch(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Rename or share it otherwise; the next question already obeys it."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        values = _taken(request, serializers.KnowledgeBaseUpdateInput)
        services.knowledge_base_update(
            actor=self.actor,
            knowledge_base=knowledge_base,
            name=values.get("name"),
            description=values.get("description"),
            sharing=_sharing(knowledge_base, values),
        )
        language = values.get("scan_language", knowledge_base.scan_language)
        collection_language_set(actor=self.actor, knowledge_base=knowledge_base, scan_language=language)
        return Response(self.shown(knowledge_base))

    @extend_schema(operation_id="knowledge_bases_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Delete it with all its documents; this can not be undone."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        services.knowledge_base_delete(actor=self.actor, knowledge_base=knowledge_base)
        return Response(status=204)


class DocumentListApi(UploadApi):
    """The documents of a collection."""

    scope = "knowledge"

    @extend_schema(
        operation_id="documents_list",
        tags=TAGS,
        parameters=[CURSOR, LIMIT],
        responses=serializers.DocumentPage,
    )
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Newest first."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id)
        rows, following = page_of(request, selectors.documents_of(self.actor, knowledge_base))
        return Response({"results": [document_output(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="documents_create",
        tags=TAGS,
        request=UPLOAD_SCHEMA,
        responses={200: serializers.DocumentUploadOutput, 201: serializers.DocumentUploadOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Upload a file; it is read in the background. Poll the document until it is ready or failed.

        Fields named `tag`, as many as there are tags, tag it; `scan_language` says what scans are read in.

        200 with `is_duplicate` where the collection has this content already; 201 otherwise.
        Safe to repeat with the same Idempotency-Key.
        """
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, knowledge_base_id: UUID) -> Response:
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        file = uploaded_file(request)
        language = known_language(request.POST.get("scan_language", ""))
        made = services.document_upload(
            actor=self.actor,
            knowledge_base=knowledge_base,
            name=file.name or "",
            stream=file,
            tags=request.POST.getlist("tag")[:MOST_TAGS],
        )
        if language and not made.is_duplicate:
            document_language_set(document=made.document, scan_language=language)
        output = document_output(made.document) | {"is_duplicate": made.is_duplicate}
        return Response(output, status=200 if made.is_duplicate else 201)


class SearchListApi(_KnowledgeApi):
    """Trial searches in a collection."""

    @extend_schema(
        operation_id="knowledge_bases_search",
        tags=TAGS,
        request=serializers.SearchInput,
        responses={202: serializers.SearchOutput},
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Have a worker search as an answer would; read GET /searches/ID until it is done."""
        knowledge_base = access_searchable(self.actor, knowledge_base_id)
        values = _taken(request, serializers.SearchInput)
        search = services.trial_search_start(
            actor=self.actor,
            knowledge_base=knowledge_base,
            query=values.pop("query"),
            narrowing=narrowing_of(values),
        )
        return Response(search_output(search, []), status=202)


class SearchesApi(_KnowledgeApi):
    """Searches in several collections at once."""

    @extend_schema(
        operation_id="searches_create",
        tags=TAGS,
        request=serializers.SearchesInput,
        responses={202: serializers.SearchOutput},
    )
    def post(self, request: Request) -> Response:
        """Have a worker search them as an answer would; read GET /searches/ID until it is done.

        Models are asked as the first collection's; one that it may not use leaves the words of the others.
        """
        values = _taken(request, serializers.SearchesInput)
        ids = dict.fromkeys(values.pop("knowledge_base_ids"))
        first, *beside = (access_searchable(self.actor, id_) for id_ in ids)
        search = services.trial_search_start(
            actor=self.actor,
            knowledge_base=first,
            query=values.pop("query"),
            narrowing=narrowing_of(values),
            beside=beside,
        )
        return Response(search_output(search, []), status=202)


class SearchApi(_KnowledgeApi):
    """One trial search."""

    @extend_schema(operation_id="searches_read", tags=TAGS, responses=serializers.SearchOutput)
    def get(self, request: Request, search_id: UUID) -> Response:
        """What was found, as far as the person may still read it."""
        search = access_search(self.actor, search_id)
        return Response(search_output(search, selectors.search_hits(self.actor, search)))


def _sharing(knowledge_base: KnowledgeBase, values: dict[str, Any]) -> services.Sharing | None:
    """The sharing that was asked for; what was left out stays."""
    if not {"visibility", "team_ids", "user_ids"} & values.keys():
        return None
    now = services.sharing_of(knowledge_base)
    return services.Sharing(
        values.get("visibility", now.visibility),
        tuple(values.get("team_ids", now.team_ids)),
        tuple(values.get("user_ids", now.user_ids)),
    )
