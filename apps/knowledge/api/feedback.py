"""Feedback on passages over REST, for those who look after collections. It is given in a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.api.care import BASE, bases_asked, state_asked
from apps.knowledge.api.serializers import NamedOutput
from apps.knowledge.care.access import access_feedback
from apps.knowledge.care.feedback import feedback_of, feedback_outputs, feedback_resolve
from apps.knowledge.care.models import FeedbackKind, FeedbackState
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

TAGS: Final = ["knowledge"]
STATE: Final = OpenApiParameter("state", str, enum=FeedbackState.values, description="Only what is so.")


class PassageFeedbackUpdateInput(InputSerializer):
    """Whether it was seen to."""

    state = serializers.ChoiceField(FeedbackState.choices)


class PassageFeedbackOutput(serializers.Serializer[Any]):
    """What a person said of a passage, with what was asked and the document's version at that time."""

    id = serializers.UUIDField()
    knowledge_base = NamedOutput()
    document = NamedOutput()
    document_version = serializers.IntegerField()
    chunk_id = serializers.UUIDField()
    kind = serializers.ChoiceField(FeedbackKind.choices)
    kind_label = serializers.CharField()
    comment = serializers.CharField(allow_blank=True)
    question = serializers.CharField()
    passage = serializers.CharField(allow_null=True, help_text="Null where the caller may not read it.")
    given_by = NamedOutput()
    state = serializers.ChoiceField(FeedbackState.choices)
    created_at = serializers.DateTimeField()


class PassageFeedbackPage(serializers.Serializer[Any]):
    """A page of feedback, newest first."""

    results = PassageFeedbackOutput(many=True)
    next = serializers.CharField(allow_null=True)


class PassageFeedbackListApi(TenantApi):
    """What people said of passages."""

    scope = "knowledge"

    @extend_schema(
        operation_id="passage_feedback_list",
        tags=TAGS,
        parameters=[BASE, STATE, CURSOR, LIMIT],
        responses=PassageFeedbackPage,
    )
    def get(self, request: Request) -> Response:
        """In the collections that the caller looks after, newest first."""
        state = state_asked(request, FeedbackState.values)
        rows, following = page_of(request, feedback_of(bases_asked(request, self.actor), state=state))
        return Response({"results": feedback_outputs(self.actor, rows), "next": following})


class PassageFeedbackApi(TenantApi):
    """One piece of feedback."""

    scope = "knowledge"

    @extend_schema(
        operation_id="passage_feedback_update",
        tags=TAGS,
        request=PassageFeedbackUpdateInput,
        responses=PassageFeedbackOutput,
    )
    def patch(self, request: Request, feedback_id: UUID) -> Response:
        """Say that it was seen to, or open it again."""
        feedback = access_feedback(self.actor, feedback_id)
        read = PassageFeedbackUpdateInput(data=request.data)
        read.is_valid(raise_exception=True)
        is_resolved = read.validated_data["state"] == FeedbackState.RESOLVED
        feedback_resolve(actor=self.actor, feedback=feedback, is_resolved=is_resolved)
        return Response(feedback_outputs(self.actor, [feedback])[0])
