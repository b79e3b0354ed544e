"""Who may read a document or a folder over REST, and why the caller may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.access_models import Visibility
from apps.knowledge.explaining import reasons_for
from apps.knowledge.permissions import access_content, access_document, access_knowledge_base
from apps.knowledge.restricting import (
    MOST_FOLDER,
    Place,
    Readers,
    clean_folder,
    readers_at,
    restriction_at,
    restriction_set,
)
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
    readers = readers_at(restriction_at(place))
    return {
        "folder": place.folder,
        "visibility": readers.visibility,
        "user_ids": list(readers.user_ids),
        "team_ids": list(readers.team_ids),
    }
