"""What the chat's endpoints take and give. Outputs describe apps.chat.outputs, which makes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.chat.conversations import MAX_KNOWLEDGE_BASES
from apps.chat.models import MessageRole
from apps.chat.parts import MAX_FILES, MAX_TEXT
from apps.chat.prompting import Length
from apps.guardrails.classes import SLUGS
from apps.knowledge.api.serializers import NarrowingInput, NarrowingOutput
from apps.rest.serializers import InputSerializer
from apps.runs.api.views import RunErrorOutput, RunOutput
from apps.runs.models import RunState, StepState

FILE_STATES = ["uploading", "reading", "ready", "failed"]
ANNOTATIONS = [
    "citation", "unsupported", "no_source", "nearest", "without_knowledge", "verified",
    "fallback", "route", "budget", "cut_short",
]  # fmt: skip


class ConversationCreateInput(InputSerializer):
    """A new chat; without a team it counts for Everyone, or for the API key's team."""

    team_id = serializers.UUIDField(required=False, allow_null=True)
    model = serializers.CharField(required=False, allow_null=True, max_length=120)
    knowledge_base_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_KNOWLEDGE_BASES
    )
    narrowing = NarrowingInput(required=False)


class ConversationUpdateInput(InputSerializer):
    """What to change; a field that is left out stays."""

    title = serializers.CharField(required=False, max_length=200)
    model = serializers.CharField(required=False, max_length=120)
    is_pinned = serializers.BooleanField(required=False)
    knowledge_base_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_KNOWLEDGE_BASES
    )
    narrowing = NarrowingInput(required=False)


class MessageSendInput(InputSerializer):
    """A question. `client_id` is made by the client; the same one again gives the same answer back."""

    client_id = serializers.UUIDField()
    text = serializers.CharField(allow_blank=True, max_length=MAX_TEXT, trim_whitespace=False)
    parent_id = serializers.UUIDField(allow_null=True, default=None)
    model = serializers.CharField(required=False, allow_null=True, max_length=120)
    file_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MAX_FILES)


class MessageRegenerateInput(InputSerializer):
    """Another answer to the same question."""

    client_id = serializers.UUIDField()
    model = serializers.CharField(required=False, allow_null=True, max_length=120)
    knowledge = serializers.BooleanField(
        default=True, help_text="False: nothing is looked up, the model answers from what it was taught."
    )
    verified = serializers.BooleanField(
        default=True, help_text="False: a model answers also where an expert's answer fits."
    )
    length = serializers.ChoiceField(
        [Length.SHORTER.value, Length.LONGER.value],
        required=False,
        help_text="Than an answer usually is.",
    )
    confirm_rules = serializers.ListField(
        child=serializers.UUIDField(),
        default=list,
        max_length=100,
        help_text="Rules that asked before anything was sent (error `policy_ask`): send it all the same.",
    )


class ModelName(serializers.Serializer[Any]):
    """A model as a message names it."""

    slug = serializers.CharField()
    name = serializers.CharField()


class KnowledgeBaseName(serializers.Serializer[Any]):
    """A knowledge base as a conversation names it."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class FileError(serializers.Serializer[Any]):
    """Why a file can not be used."""

    kind = serializers.CharField()
    detail = serializers.CharField()


class AttachedFile(serializers.Serializer[Any]):
    """A file of a chat and how far it was read."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField()
    media_type = serializers.CharField()
    document_id = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(FILE_STATES)
    error = FileError(allow_null=True)
    data_class = serializers.ChoiceField(SLUGS, help_text="How far it may go.")
    pages = serializers.IntegerField(allow_null=True)


class ConversationOutput(serializers.Serializer[Any]):
    """A chat in the history."""

    id = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    team_id = serializers.UUIDField()
    model = serializers.CharField(allow_null=True)
    current_message_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    is_pinned = serializers.BooleanField()
    running = serializers.BooleanField(help_text="Whether an answer is being written.")


class ConversationDetailOutput(ConversationOutput):
    """A chat with what it looks in."""

    knowledge_bases = KnowledgeBaseName(many=True)
    files = AttachedFile(many=True)
    narrowing = NarrowingOutput(help_text="Which documents of the knowledge bases are looked at.")


class ConversationMatch(serializers.Serializer[Any]):
    """The newest message that holds the words of a search, and its text around them."""

    message_id = serializers.UUIDField()
    text = serializers.CharField(allow_blank=True)


class ConversationFound(ConversationOutput):
    """A chat in a list."""

    match = ConversationMatch(
        allow_null=True, help_text="With `q`: the message that holds the words; null where the title does."
    )


class ConversationPage(serializers.Serializer[Any]):
    """A page of chats: pinned ones first, then the last used; of a search the last used first."""

    results = ConversationFound(many=True)
    next = serializers.CharField(allow_null=True)


class MessagePart(serializers.Serializer[Any]):
    """A piece of a message: `text` for text and reasoning, `file` for a file.

    A picture has `url` (on this origin, for the person alone), `name` and `alt`, what it was asked to show.
    """

    type = serializers.ChoiceField(["text", "reasoning", "file", "picture"])
    text = serializers.CharField(required=False)
    file = AttachedFile(required=False)
    url = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    alt = serializers.CharField(required=False)


class NearDocument(serializers.Serializer[Any]):
    """A document that came near a question without answering it."""

    document_id = serializers.UUIDField()
    document_title = serializers.CharField()
    chunk_id = serializers.UUIDField()
    page = serializers.IntegerField(allow_null=True)
    place = serializers.CharField(required=False, allow_blank=True)


class Annotation(serializers.Serializer[Any]):
    """A note on a text: a citation (all fields), `unsupported` (a claim, by its place, that no passage
    supports), `no_source`, `nearest` (what came nearest then, and the question's words it does not hold),
    `without_knowledge` (nothing was looked up), `verified` (an expert's answer: to which question, approved
    by whom and when), `fallback` (which model did not answer), `route`, `budget`
    (its `notice` says that a budget is nearly used), or `cut_short` (at the model's limit of length).
    """

    type = serializers.ChoiceField(ANNOTATIONS)
    number = serializers.IntegerField(required=False)
    start = serializers.IntegerField(required=False, help_text="Code points into the text part.")
    end = serializers.IntegerField(required=False)
    chunk_id = serializers.UUIDField(required=False)
    document_id = serializers.UUIDField(required=False)
    document_title = serializers.CharField(required=False)
    page = serializers.IntegerField(required=False, allow_null=True)
    place = serializers.CharField(
        required=False, allow_blank=True, help_text="Page, slide, or sheet and rows, to be shown as it is."
    )
    heading = serializers.ListField(child=serializers.CharField(), required=False)
    quote = serializers.CharField(required=False)
    verified = serializers.BooleanField(required=False)
    data_class = serializers.ChoiceField(SLUGS, required=False)
    model = ModelName(required=False)
    reason = serializers.CharField(required=False)
    review_by = serializers.DateField(required=False, help_text="When somebody looks at the source again.")
    is_stale = serializers.BooleanField(required=False, help_text="That day has passed.")
    missing = serializers.ListField(child=serializers.CharField(), required=False)
    documents = NearDocument(many=True, required=False)
    answer_id = serializers.UUIDField(required=False)
    question = serializers.CharField(required=False)
    approved_by = serializers.CharField(required=False)
    approved_at = serializers.DateTimeField(required=False, allow_null=True)
    notice = serializers.CharField(required=False)


class MessageStep(serializers.Serializer[Any]):
    """A stage of an answer."""

    index = serializers.IntegerField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the event's word, and DRF's
    state = serializers.ChoiceField(StepState.choices)
    data = serializers.DictField()  # type: ignore[assignment]  # as above
    ms = serializers.IntegerField(allow_null=True)


class MessageUsage(serializers.Serializer[Any]):
    """Tokens of an answer; `cost` is null where the price is unknown."""

    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    estimated = serializers.BooleanField()
    cost = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_blank=True)


class RatingOutput(serializers.Serializer[Any]):
    """What the person says of an answer."""

    is_good = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())
    comment = serializers.CharField(allow_blank=True)


class MessageOutput(serializers.Serializer[Any]):
    """A question or an answer. While `state` is queued, follow `run_id` for the text."""

    id = serializers.UUIDField()
    client_id = serializers.UUIDField(allow_null=True)
    conversation_id = serializers.UUIDField()
    parent_id = serializers.UUIDField(allow_null=True)
    role = serializers.ChoiceField(MessageRole.choices)
    state = serializers.ChoiceField(RunState.choices)
    parts = MessagePart(many=True)
    annotations = Annotation(many=True)
    steps = MessageStep(many=True)
    model = ModelName(allow_null=True)
    run_id = serializers.UUIDField(allow_null=True)
    error = RunErrorOutput(allow_null=True)
    usage = MessageUsage(allow_null=True)
    rating = RatingOutput(allow_null=True)
    created_at = serializers.DateTimeField()


class MessagePage(serializers.Serializer[Any]):
    """A page of a chat's tree, oldest first."""

    results = MessageOutput(many=True)
    next = serializers.CharField(allow_null=True)


class MessageSentOutput(serializers.Serializer[Any]):
    """What was accepted."""

    question = MessageOutput()
    answer = MessageOutput()
    run = RunOutput()


class MessageRegeneratedOutput(serializers.Serializer[Any]):
    """The new answer that was begun."""

    answer = MessageOutput()
    run = RunOutput()


class PickedModel(serializers.Serializer[Any]):
    """A model of the picker."""

    slug = serializers.CharField()
    name = serializers.CharField()
    purpose = serializers.CharField(allow_blank=True)
    vendor_label = serializers.CharField()
    badges = serializers.ListField(child=serializers.CharField())
    context_window = serializers.IntegerField(allow_null=True)
    cost = serializers.ChoiceField(
        choices=("free", "low", "medium", "high", "unknown"), allow_null=True, help_text="Null for a route."
    )
    price = serializers.CharField(allow_null=True, help_text="In and out per 1,000,000 tokens, in words.")
    is_default = serializers.BooleanField(help_text="The team's.")
    is_own_default = serializers.BooleanField(help_text="The person's own, which goes before the team's.")
    available = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    cleared_for = serializers.ChoiceField(
        SLUGS,
        allow_null=True,
        help_text="The highest data class that it may receive, or with which a route can answer; null: none.",
    )


class PickedModelList(serializers.Serializer[Any]):
    """What a team may use, its default first."""

    results = PickedModel(many=True)
