"""What the endpoints take and give. Outputs describe apps.knowledge.outputs, which makes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.guardrails.classes import SLUGS
from apps.knowledge.models import DocumentState, SearchState, Visibility
from apps.knowledge.narrowing import KIND_CHOICES, KINDS, LONGEST_TAG, MOST_TAGS
from apps.knowledge.parsing.ocr.languages import CHOICES
from apps.knowledge.services import MOST_QUERY
from apps.rest.serializers import InputSerializer

MOST_TEAMS = 200
MOST_PEOPLE = 1_000
MOST_OWNERS = 50
MOST_SEARCHED = 20


class TagsField(serializers.ListField):
    """Tags of a document: each once, whatever its capitals."""

    child = serializers.CharField(max_length=LONGEST_TAG)

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_TAGS, **options)


class ScanLanguageField(serializers.ChoiceField):
    """What pictures of text are read in: a language's ISO 639-1 code, or `auto`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(CHOICES, required=False, **options)


class NamedOutput(serializers.Serializer[Any]):
    """Something by id and name."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class KnowledgeBaseCreateInput(InputSerializer):
    """A new collection; `team_ids` count with the visibility `teams`, `user_ids` with `people`."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    team_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_TEAMS)
    user_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_PEOPLE)
    scan_language = ScanLanguageField(help_text="For documents without a choice of their own.")


class KnowledgeBaseUpdateInput(KnowledgeBaseCreateInput):
    """What to change; a field that is left out stays."""

    name = serializers.CharField(max_length=120, required=False)


class KnowledgeBaseOutput(serializers.Serializer[Any]):
    """A collection of documents."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    visibility = serializers.ChoiceField(Visibility.choices)
    data_class = serializers.ChoiceField(SLUGS)
    teams = NamedOutput(many=True)
    people = NamedOutput(many=True)
    owner = NamedOutput(allow_null=True)
    scan_language = serializers.CharField(help_text="What scans are read in: a code, or `auto`.")
    documents = serializers.IntegerField()
    failed = serializers.IntegerField()
    may_change = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class KnowledgeBasePage(serializers.Serializer[Any]):
    """A page of collections, newest first."""

    results = KnowledgeBaseOutput(many=True)
    next = serializers.CharField(allow_null=True)


class DocumentErrorOutput(serializers.Serializer[Any]):
    """Why a document could not be read."""

    kind = serializers.CharField()
    detail = serializers.CharField()


class OriginOutput(serializers.Serializer[Any]):
    """The source that brought a document."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    link = serializers.CharField(
        allow_blank=True, help_text="Leads back to it: a web address, or its place in the source."
    )


class DocumentOutput(serializers.Serializer[Any]):
    """A document of a collection and how far it was read."""

    id = serializers.UUIDField()
    knowledge_base_id = serializers.UUIDField()
    title = serializers.CharField()
    name = serializers.CharField(help_text="The file's name.")
    size = serializers.IntegerField()
    media_type = serializers.CharField()
    state = serializers.ChoiceField(DocumentState.choices)
    error = DocumentErrorOutput(allow_null=True)
    note = serializers.CharField(allow_blank=True, help_text="What a reader should know though it is ready.")
    is_retryable = serializers.BooleanField()
    pages = serializers.IntegerField(allow_null=True)
    pages_read = serializers.IntegerField(allow_null=True, help_text="How many are done, while it is read.")
    chunks = serializers.IntegerField()
    language = serializers.CharField(allow_null=True)
    scan_language = serializers.CharField(
        allow_blank=True, help_text="Its own choice of what scans are read in; empty: its collection's."
    )
    read_as = serializers.ListField(
        child=serializers.CharField(), help_text="What its scans were found to be in; `und`: none known."
    )
    folder = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()
    version_of = serializers.UUIDField(allow_null=True, help_text="The document whose version this is.")
    chunk_size = serializers.IntegerField(help_text="Most characters of a passage.")
    tags = serializers.ListField(child=serializers.CharField())
    dated = serializers.DateField(allow_null=True, help_text="What day it is of, where somebody said so.")
    data_class = serializers.ChoiceField(SLUGS, help_text="At least its collection's, unless lowered.")
    class_reason = serializers.CharField(allow_blank=True, help_text="Why it is lower than its collection's.")
    uploaded_by = NamedOutput(allow_null=True)
    origin = OriginOutput(allow_null=True, help_text="Its source; nothing for an upload.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DocumentPage(serializers.Serializer[Any]):
    """A page of documents, newest first."""

    results = DocumentOutput(many=True)
    next = serializers.CharField(allow_null=True)


class DocumentUploadOutput(DocumentOutput):
    """What an upload became."""

    is_duplicate = serializers.BooleanField(
        help_text="The collection had this content already: this is that document, nothing was added."
    )


class ChunkDocumentOutput(serializers.Serializer[Any]):
    """The document that a passage is from."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    media_type = serializers.CharField()
    data_class = serializers.ChoiceField(SLUGS)
    knowledge_base = NamedOutput(allow_null=True)
    origin = OriginOutput(allow_null=True, help_text="Its source; nothing for an upload.")


class ReviewOutput(serializers.Serializer[Any]):
    """Who answers for a document, by when it is looked at again, whether that day has passed."""

    owner = NamedOutput(allow_null=True)
    review_by = serializers.DateField(allow_null=True)
    is_stale = serializers.BooleanField()


class PlaceField(serializers.CharField):
    """Where a passage stands, to be shown as it is."""

    def __init__(self) -> None:
        super().__init__(
            allow_blank=True,
            help_text="Page, slide, or sheet and rows (sheet Sales, rows 12-40); empty where none is known.",
        )


class ChunkOutput(serializers.Serializer[Any]):
    """A passage with the text around it."""

    id = serializers.UUIDField()
    document = ChunkDocumentOutput()
    page = serializers.IntegerField(allow_null=True)
    place = PlaceField()
    heading = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    review = ReviewOutput()


class DocumentUpdateInput(InputSerializer):
    """What is said of a document; a field that is left out stays."""

    tags = TagsField(required=False)
    dated = serializers.DateField(required=False, allow_null=True, help_text="What day it is of.")


class NarrowingInput(InputSerializer):
    """What a search looks at; each that is given must hold, of several values one suffices."""

    kinds = serializers.ListField(
        child=serializers.ChoiceField(KIND_CHOICES), required=False, max_length=len(KINDS)
    )
    tags = TagsField(required=False)
    owner_ids = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_OWNERS,
        help_text="Who answers for it, else who added it.",
    )
    since = serializers.DateField(required=False, allow_null=True, help_text="This day or later.")
    until = serializers.DateField(required=False, allow_null=True, help_text="This day or earlier.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A range begins before it ends."""
        since, until = attrs.get("since"), attrs.get("until")
        if since and until and since > until:
            raise serializers.ValidationError({"until": "This day is before the first one."})
        return attrs


class NarrowingOutput(serializers.Serializer[Any]):
    """What a search looks at; what is left out narrows nothing."""

    kinds = serializers.ListField(child=serializers.CharField(), required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    owner_ids = serializers.ListField(child=serializers.UUIDField(), required=False)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class SearchInput(NarrowingInput):
    """A question to try, in all of the collection or in a part of it."""

    query = serializers.CharField(max_length=MOST_QUERY)


class SearchesInput(SearchInput):
    """A question to several collections at once; passages of all of them compete for the places."""

    knowledge_base_ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_SEARCHED
    )


class RankReasonsOutput(serializers.Serializer[Any]):
    """Why a passage stands at its place; shares from 0 to 1, compared with the others found."""

    meaning = serializers.FloatField(allow_null=True)
    words = serializers.FloatField(allow_null=True)
    pointed = serializers.FloatField(
        allow_null=True, help_text="Of what the question quotes or names; null where it does neither."
    )
    reranker = serializers.FloatField(allow_null=True, help_text="Null where no model put it in order.")


class SearchHitOutput(serializers.Serializer[Any]):
    """A passage that was found."""

    chunk_id = serializers.UUIDField()
    document_id = serializers.UUIDField()
    document_title = serializers.CharField()
    knowledge_base_id = serializers.UUIDField()
    page = serializers.IntegerField(allow_null=True)
    place = PlaceField()
    heading = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()
    data_class = serializers.ChoiceField(SLUGS)
    score = serializers.FloatField()
    why = RankReasonsOutput()


class SearchOutput(serializers.Serializer[Any]):
    """A trial search; read it again until its state is done."""

    id = serializers.UUIDField()
    query = serializers.CharField()
    state = serializers.ChoiceField(SearchState.choices)
    narrowing = NarrowingOutput()
    notes = serializers.ListField(child=serializers.CharField(), help_text="What went otherwise than set.")
    results = SearchHitOutput(many=True)
