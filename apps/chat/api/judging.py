"""REST of what a person says of an answer and of the passages that it cites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.chat import judging, selectors
from apps.chat.api.serializers import RatingOutput
from apps.knowledge.care.feedback import MOST_COMMENT
from apps.knowledge.care.models import FeedbackKind
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class RatingInput(InputSerializer):
    """Good or bad; reasons and a comment count with bad ones."""

    is_good = serializers.BooleanField()
    reasons = serializers.ListField(
        child=serializers.ChoiceField(judging.REASONS), default=list, max_length=len(judging.REASONS)
    )
    comment = serializers.CharField(default="", allow_blank=True, max_length=judging.MOST_COMMENT)


class PassageFeedbackInput(InputSerializer):
    """What is wrong with a cited passage; kept with the question, for those who look after the collection."""

    chunk_id = serializers.UUIDField()
    kind = serializers.ChoiceField(FeedbackKind.choices)
    comment = serializers.CharField(default="", allow_blank=True, max_length=MOST_COMMENT)


class PassageFeedbackGiven(serializers.Serializer[Any]):
    """What was kept."""

    id = serializers.UUIDField()
    chunk_id = serializers.UUIDField()
    kind = serializers.ChoiceField(FeedbackKind.choices)
    comment = serializers.CharField(allow_blank=True)


class MessageRatingApi(TenantApi):
    """What the person says of an answer."""

    scope = "chat"

    @extend_schema(operation_id="message_rate", request=RatingInput, responses=RatingOutput)
    def put(self, request: Request, message_id: UUID) -> Response:
        """Good or bad; replaces what was said before."""
        read = RatingInput(data=request.data)
        selectors.access_message(self.actor, message_id)
        read.is_valid(raise_exception=True)
        values = read.validated_data
        rating = judging.Rating(values["is_good"], tuple(values["reasons"]), values["comment"])
        message = judging.answer_rate(actor=self.actor, message_id=message_id, rating=rating)
        return Response(message.rating)

    @extend_schema(operation_id="message_unrate", responses={204: None})
    def delete(self, request: Request, message_id: UUID) -> Response:
        """Take it back."""
        judging.answer_rate(actor=self.actor, message_id=message_id, rating=None)
        return Response(status=204)


class PassageFeedbackApi(TenantApi):
    """What the person says of a passage."""

    scope = "chat"

    @extend_schema(
        operation_id="message_passage_feedback",
        request=PassageFeedbackInput,
        responses={201: PassageFeedbackGiven},
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        """Say what is wrong with a passage that the answer cites; saying it again replaces it."""
        selectors.access_message(self.actor, message_id)
        read = PassageFeedbackInput(data=request.data)
        read.is_valid(raise_exception=True)
        given = judging.passage_judge(actor=self.actor, message_id=message_id, **read.validated_data)
        output = {"id": given.id, "chunk_id": given.chunk_id, "kind": given.kind, "comment": given.comment}
        return Response(output, status=201)
