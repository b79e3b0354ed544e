"""Unanswered questions over REST, for those who look after collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.api.serializers import NamedOutput
from apps.knowledge.care.access import access_question, looked_after
from apps.knowledge.care.models import QuestionState
from apps.knowledge.care.unanswered import question_close, question_output, questions_of
from apps.rest.errors import invalid
from apps.rest.pages import CURSOR, LIMIT, id_of, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase

TAGS: Final = ["knowledge"]
BASE: Final = OpenApiParameter("knowledge_base_id", str, description="Only those of this collection.")
STATE: Final = OpenApiParameter(
    "state", str, enum=QuestionState.values, description="Only those in this state."
)


class UnansweredUpdateInput(InputSerializer):
    """What became of a question."""

    state = serializers.ChoiceField(QuestionState.choices)


class UnansweredOutput(serializers.Serializer[Any]):
    """A question that the documents could not answer, with how often and by how many it was asked."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    knowledge_base = NamedOutput()
    state = serializers.ChoiceField(QuestionState.choices)
    times = serializers.IntegerField()
    people = serializers.IntegerField(help_text="How many asked it; never who.")
    first_asked_at = serializers.DateTimeField()
    last_asked_at = serializers.DateTimeField()


class UnansweredPage(serializers.Serializer[Any]):
    """A page of questions, the last asked first."""

    results = UnansweredOutput(many=True)
    next = serializers.CharField(allow_null=True)


class UnansweredListApi(TenantApi):
    """What people asked and the documents could not answer."""

    scope = "knowledge"

    @extend_schema(
        operation_id="unanswered_questions_list",
        tags=TAGS,
        parameters=[BASE, STATE, CURSOR, LIMIT],
        responses=UnansweredPage,
    )
    def get(self, request: Request) -> Response:
        """Of the collections that the caller looks after, the last asked first."""
        state = state_asked(request, QuestionState.values)
        found = questions_of(bases_asked(request, self.actor), state=state)
        rows, following = page_of(request, found, by="last_asked_at")
        return Response({"results": [question_output(row) for row in rows], "next": following})


class UnansweredApi(TenantApi):
    """One unanswered question."""

    scope = "knowledge"

    @extend_schema(
        operation_id="unanswered_questions_update",
        tags=TAGS,
        request=UnansweredUpdateInput,
        responses=UnansweredOutput,
    )
    def patch(self, request: Request, question_id: UUID) -> Response:
        """Say that it was answered since or is set aside, or open it again."""
        question = access_question(self.actor, question_id)
        read = UnansweredUpdateInput(data=request.data)
        read.is_valid(raise_exception=True)
        question_close(actor=self.actor, question=question, state=read.validated_data["state"])
        return Response(question_output(questions_of(looked_after(self.actor)).get(id=question_id)))


def bases_asked(request: Request, actor: Actor) -> QuerySet[KnowledgeBase]:
    """The collections that the actor looks after, or the one of them that the address names."""
    found = looked_after(actor)
    named = request.query_params.get("knowledge_base_id", "")
    return found.filter(id=id_of(named)) if named else found


def state_asked(request: Request, states: Sequence[str]) -> str:
    """The state that the address names, or nothing; raises ProblemError where it is none of these."""
    state: str = request.query_params.get("state", "")
    if state and state not in states:
        raise invalid([{"field": "state", "message": f"One of: {', '.join(states)}."}])
    return state
