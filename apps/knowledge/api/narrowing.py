"""What searches may be narrowed to, over REST: parse, one call, render. And how a collection is searched, as
clients say it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.labelling import facets
from apps.knowledge.permissions import access_searchable
from apps.knowledge.tuning import DEFAULT, MOST_PASSAGES, MOST_STRICTNESS
from apps.rest.errors import invalid
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from rest_framework.request import Request

TAGS = ["knowledge"]
MOST_BASES = 20
OF = OpenApiParameter(
    "knowledge_base_id", UUID, many=True, required=True, description="Collections that are searched."
)


class KindFacet(serializers.Serializer[Any]):
    """A kind of file."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the word, and DRF's
    documents = serializers.IntegerField()


class TagFacet(serializers.Serializer[Any]):
    """A tag."""

    tag = serializers.CharField()
    documents = serializers.IntegerField()


class OwnerFacet(serializers.Serializer[Any]):
    """A person who answers for documents, or added them."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    documents = serializers.IntegerField()


class FacetsOutput(serializers.Serializer[Any]):
    """What a search can be narrowed to, the commonest first."""

    kinds = KindFacet(many=True)
    tags = TagFacet(many=True)
    owners = OwnerFacet(many=True)


class FacetsApi(TenantApi):
    """What searches in some collections can be narrowed to."""

    scope = "knowledge"

    @extend_schema(operation_id="knowledge_bases_facets", tags=TAGS, parameters=[OF], responses=FacetsOutput)
    def get(self, request: Request) -> Response:
        """Kinds, tags and owners of the documents that one may read there, with their numbers."""
        ids = _ids(request.query_params.getlist("knowledge_base_id"))
        bases = [access_searchable(self.actor, id_) for id_ in ids]
        return Response(facets(self.actor, [base.id for base in bases]))


class TuningInput(InputSerializer):
    """How a collection is searched; a field that is left out takes its default."""

    passages = serializers.IntegerField(
        min_value=1, max_value=MOST_PASSAGES, default=DEFAULT.passages, help_text="Most for one answer."
    )
    words = serializers.FloatField(
        min_value=0, max_value=1, default=DEFAULT.words, help_text="The share of words against meaning."
    )
    strictness = serializers.FloatField(
        min_value=0,
        max_value=MOST_STRICTNESS,
        default=DEFAULT.strictness,
        help_text="Multiplies what a passage must reach; 0 lets everything through.",
    )
    reranker_id = serializers.UUIDField(allow_null=True, default=None, help_text="A model that orders.")


def _ids(given: list[str]) -> list[UUID]:
    """The ids of an address; raises ProblemError 400."""
    try:
        ids = list(dict.fromkeys(UUID(text) for text in given))
    except ValueError:
        ids = []
    if not 0 < len(ids) <= MOST_BASES:
        message = f"Name 1 to {MOST_BASES} collections by their ids."
        raise invalid([{"field": "knowledge_base_id", "message": message}])
    return ids
