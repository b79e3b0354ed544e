"""Who may read a document or a folder over REST, and why the caller may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.access_models import Visibility
from apps.knowledge.explaining import reasons_for
from apps.knowledge.permissions import access_content, access_document, access_knowledge_base
from apps.knowledge.readership import readers_by, reasons, restricted_in, rules_of
from apps.knowledge.restricting import (
    MOST_FOLDER,
    Place,
    Readers,
    clean_folder,
    readers_at,
    restriction_at,
    restriction_set,
)
from apps.knowledge.sharing import effect_on
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

TAGS = ["knowledge"]
MOST = 1_000


class ReadersInput(InputSerializer):
    """Who may read it among its collection's readers; ids count with their own visibility."""

    visibility = serializers.ChoiceField(Visibility.choices)
    user_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST)
    team_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST)


class FolderReadersInput(ReadersInput):
    """The same for a folder, "HR/Contracts", and all beneath it."""

    folder = serializers.CharField(max_length=MOST_FOLDER)


class ReadersOutput(serializers.Serializer[Any]):
    """Who may read a place; `tenant` leaves it to its collection."""

    folder = serializers.CharField(allow_blank=True)
    visibility = serializers.ChoiceField(Visibility.choices)
    user_ids = serializers.ListField(child=serializers.UUIDField())
    team_ids = serializers.ListField(child=serializers.UUIDField())


class ReasonOutput(serializers.Serializer[Any]):
    """Why one rule admits a person."""

    rule = serializers.CharField(help_text="As “the folder “HR””.")
    by = serializers.CharField(help_text="As “member of Sales”.")


class ReaderOutput(serializers.Serializer[Any]):
    """A person who can read a place, with what admits them."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    reasons = ReasonOutput(many=True)


class ReaderPage(serializers.Serializer[Any]):
    """A page of readers, the newest accounts first."""

    results = ReaderOutput(many=True)
    next = serializers.CharField(allow_null=True)


class ChangeOutput(serializers.Serializer[Any]):
    """How many people, and the names of up to twenty."""

    count = serializers.IntegerField()
    names = serializers.ListField(child=serializers.CharField())


class EffectOutput(serializers.Serializer[Any]):
    """Who could read the place only afterwards, who only before, and how many both."""

    gained = ChangeOutput()
    lost = ChangeOutput()
    kept = serializers.IntegerField()


class RestrictionOutput(ReadersOutput):
    """A folder or a document with fewer readers than its collection."""

    document_id = serializers.UUIDField(allow_null=True)


class RestrictionListOutput(serializers.Serializer[Any]):
    """All of a collection: folders first."""

    results = RestrictionOutput(many=True)


class PlaceReadersInput(ReadersInput):
    """The same for a collection, or for the folder that is named."""

    folder = serializers.CharField(max_length=MOST_FOLDER, required=False, allow_blank=True)


class WhyOutput(serializers.Serializer[Any]):
    """Each rule that admits the caller, in words."""

    reasons = serializers.ListField(child=serializers.CharField())


class DocumentAccessApi(TenantApi):
    """A document's own readers."""

    scope = "knowledge"

    @extend_schema(operation_id="documents_access_read", tags=TAGS, responses=ReadersOutput)
    def get(self, request: Request, document_id: UUID) -> Response:
        """For those who may change the document."""
        document = access_document(self.actor, document_id, change=True)
        return Response(_output(Place(document.knowledge_base, document)))

    @extend_schema(
        operation_id="documents_access_set", tags=TAGS, request=ReadersInput, responses=ReadersOutput
    )
    def put(self, request: Request, document_id: UUID) -> Response:
        """Narrow who may read it; the next question already obeys."""
        document = access_document(self.actor, document_id, change=True)
        place = Place(document.knowledge_base, document)
        restriction_set(actor=self.actor, place=place, readers=_readers(_taken(request, ReadersInput)))
        return Response(_output(place))


class FolderAccessApi(TenantApi):
    """The readers of a collection's folders."""

    scope = "knowledge"

    @extend_schema(operation_id="folders_access_list", tags=TAGS, responses=RestrictionListOutput)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """The folders and documents with fewer readers than the collection."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        rows = [
            _told(readers_at(row), row.folder) | {"document_id": row.document_id}
            for row in restricted_in(knowledge_base)
        ]
        return Response({"results": rows})

    @extend_schema(
        operation_id="folders_access_set", tags=TAGS, request=FolderReadersInput, responses=ReadersOutput
    )
    def put(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Narrow who may read a folder and all beneath it; the next question already obeys."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        values = _taken(request, FolderReadersInput)
        place = Place(knowledge_base, folder=clean_folder(values["folder"]))
        restriction_set(actor=self.actor, place=place, readers=_readers(values))
        return Response(_output(place))


FOLDER = OpenApiParameter("folder", str, description="A folder of it, “HR/Contracts”.")


class _PlaceApi(TenantApi):
    scope = "knowledge"

    def readers(self, request: Request, place: Place) -> Response:
        """Who can read the place, with why."""
        rules = rules_of(place)
        rows, following = page_of(request, readers_by(rules))
        why = reasons(rules, [row.id for row in rows])
        results = [
            {
                "id": row.id,
                "name": row.name,
                "email": row.email,
                "reasons": [{"rule": reason.what, "by": reason.said} for reason in why[row.id]],
            }
            for row in rows
        ]
        return Response({"results": results, "next": following})

    def effect(self, place: Place, values: dict[str, Any]) -> Response:
        """What other readers would change."""
        found = effect_on(self.actor, place, _readers(values))
        return Response(EffectOutput(found).data)


class DocumentReadersApi(_PlaceApi):
    """Who can read a document."""

    @extend_schema(
        operation_id="documents_readers", tags=TAGS, parameters=[CURSOR, LIMIT], responses=ReaderPage
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """Each with what admits them; for those who may change the document."""
        document = access_document(self.actor, document_id, change=True)
        return self.readers(request, Place(document.knowledge_base, document))


class DocumentEffectApi(_PlaceApi):
    """What other readers of a document would change."""

    @extend_schema(
        operation_id="documents_access_effect", tags=TAGS, request=ReadersInput, responses=EffectOutput
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """Who would gain and who would lose it; nothing is changed."""
        document = access_document(self.actor, document_id, change=True)
        return self.effect(Place(document.knowledge_base, document), _taken(request, ReadersInput))


class KnowledgeBaseReadersApi(_PlaceApi):
    """Who can read a collection or one of its folders."""

    @extend_schema(
        operation_id="knowledge_bases_readers",
        tags=TAGS,
        parameters=[CURSOR, LIMIT, FOLDER],
        responses=ReaderPage,
    )
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Each with what admits them; for those who may change the collection."""
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        folder = request.query_params.get("folder", "")
        return self.readers(request, Place(base, folder=clean_folder(folder) if folder else ""))


class KnowledgeBaseEffectApi(_PlaceApi):
    """What other readers of a collection or a folder would change."""

    @extend_schema(
        operation_id="knowledge_bases_access_effect",
        tags=TAGS,
        request=PlaceReadersInput,
        responses=EffectOutput,
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Who would gain and who would lose it; nothing is changed."""
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        values = _taken(request, PlaceReadersInput)
        folder = values.get("folder", "")
        return self.effect(Place(base, folder=clean_folder(folder) if folder else ""), values)


class DocumentWhyApi(TenantApi):
    """Why the caller can see a document."""

    scope = "knowledge"

    @extend_schema(operation_id="documents_why", tags=TAGS, responses=WhyOutput)
    def get(self, request: Request, document_id: UUID) -> Response:
        """404 for whoever may not read it."""
        document = access_content(self.actor, document_id)
        return Response({"reasons": reasons_for(self.actor, document)})


def _taken(request: Request, kind: type[ReadersInput]) -> dict[str, Any]:
    read = kind(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


def _readers(values: dict[str, Any]) -> Readers:
    return Readers(values["visibility"], tuple(values.get("user_ids", ())), tuple(values.get("team_ids", ())))


def _output(place: Place) -> dict[str, Any]:
    return _told(readers_at(restriction_at(place)), place.folder)


def _told(readers: Readers, folder: str) -> dict[str, Any]:
    return {
        "folder": folder,
        "visibility": readers.visibility,
        "user_ids": list(readers.user_ids),
        "team_ids": list(readers.team_ids),
    }
