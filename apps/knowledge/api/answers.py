"""Verified answers and experts over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.api.serializers import NamedOutput
from apps.knowledge.care import answers
from apps.knowledge.care.answer_models import AnswerState
from apps.knowledge.permissions import access_knowledge_base
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.accounts.actors import Actor
    from apps.knowledge.care.answer_models import VerifiedAnswer

TAGS: Final = ["knowledge"]
MOST_EXPERTS: Final = 100


class VerifiedAnswerInput(InputSerializer):
    """An answer as it is written; it waits for an expert's approval, also after each change."""

    questions = serializers.ListField(
        child=serializers.CharField(max_length=answers.MOST_QUESTION),
        min_length=1,
        max_length=answers.MOST_QUESTIONS,
    )
    text = serializers.CharField(max_length=answers.MOST_TEXT)
    document_ids = serializers.ListField(
        child=serializers.UUIDField(), default=list, max_length=answers.MOST_SOURCES
    )
    review_by = serializers.DateField(allow_null=True, default=None)


class ApprovalInput(InputSerializer):
    """True approves, false withdraws."""

    is_approved = serializers.BooleanField()


class VerifiedSourceOutput(serializers.Serializer[Any]):
    """A passage that the answer rests on."""

    document_id = serializers.UUIDField(allow_null=True, help_text="Null where it was deleted.")
    title = serializers.CharField()
    page = serializers.IntegerField(allow_null=True)
    place = serializers.CharField(help_text="Page, slide, or sheet and rows; empty where there is none.")
    chunk_id = serializers.UUIDField()


class VerifiedAnswerOutput(serializers.Serializer[Any]):
    """An expert's answer. It wins over generated ones while it is in force."""

    id = serializers.UUIDField()
    knowledge_base_id = serializers.UUIDField()
    questions = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()
    state = serializers.ChoiceField(AnswerState.choices)
    is_in_force = serializers.BooleanField()
    has_changed_source = serializers.BooleanField()
    review_by = serializers.DateField(allow_null=True)
    approved_by = NamedOutput(allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)
    sources = VerifiedSourceOutput(many=True)
    created_at = serializers.DateTimeField()


class VerifiedAnswerPage(serializers.Serializer[Any]):
    """A page of answers, newest first."""

    results = VerifiedAnswerOutput(many=True)
    next = serializers.CharField(allow_null=True)


class ExpertsInput(InputSerializer):
    """Who may approve answers, beside the collection's owner."""

    user_ids = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_EXPERTS)


class ExpertsOutput(serializers.Serializer[Any]):
    """The experts by name."""

    people = NamedOutput(many=True)


class VerifiedAnswerListApi(TenantApi):
    """A collection's verified answers."""

    scope = "knowledge"

    @extend_schema(
        operation_id="verified_answers_list",
        tags=TAGS,
        parameters=[CURSOR, LIMIT],
        responses=VerifiedAnswerPage,
    )
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Newest first, for those who may write them; without those on documents that they may not read."""
        base = answers.access_answers(self.actor, knowledge_base_id)
        rows, following = page_of(request, answers.answers_of(self.actor, base))
        return Response({"results": [answers.answer_output(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="verified_answers_create",
        tags=TAGS,
        request=VerifiedAnswerInput,
        responses={201: VerifiedAnswerOutput},
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Write one; it is a draft until an expert approves it."""
        base = answers.access_answers(self.actor, knowledge_base_id)
        made = answers.answer_save(actor=self.actor, base=base, draft=_draft(request))
        return Response(_shown(self.actor, made), status=201)


class VerifiedAnswerApi(TenantApi):
    """One verified answer."""

    scope = "knowledge"

    @extend_schema(operation_id="verified_answers_read", tags=TAGS, responses=VerifiedAnswerOutput)
    def get(self, request: Request, answer_id: UUID) -> Response:
        """Its wordings, text, sources and state."""
        return Response(_shown(self.actor, answers.access_answer(self.actor, answer_id)))

    @extend_schema(
        operation_id="verified_answers_update",
        tags=TAGS,
        request=VerifiedAnswerInput,
        responses=VerifiedAnswerOutput,
    )
    def put(self, request: Request, answer_id: UUID) -> Response:
        """Change it; it waits for approval again."""
        answer = answers.access_answer(self.actor, answer_id)
        base = answer.knowledge_base
        answers.answer_save(actor=self.actor, base=base, draft=_draft(request), answer=answer)
        return Response(_shown(self.actor, answer))

    @extend_schema(operation_id="verified_answers_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, answer_id: UUID) -> Response:
        """Delete it; chats keep what they said."""
        answers.answer_delete(actor=self.actor, answer=answers.access_answer(self.actor, answer_id))
        return Response(status=204)


class VerifiedAnswerApprovalApi(TenantApi):
    """An expert's word."""

    scope = "knowledge"

    @extend_schema(
        operation_id="verified_answers_approve",
        tags=TAGS,
        request=ApprovalInput,
        responses=VerifiedAnswerOutput,
    )
    def put(self, request: Request, answer_id: UUID) -> Response:
        """Approve it, or withdraw it; for the collection's owner and its experts."""
        answer = answers.access_answer(self.actor, answer_id)
        read = ApprovalInput(data=request.data)
        read.is_valid(raise_exception=True)
        is_approved = read.validated_data["is_approved"]
        answers.answer_approve(actor=self.actor, answer=answer, is_approved=is_approved)
        return Response(_shown(self.actor, answer))


class ExpertsApi(TenantApi):
    """A collection's experts."""

    scope = "knowledge"

    @extend_schema(operation_id="experts_read", tags=TAGS, responses=ExpertsOutput)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Who may approve answers, beside the owner."""
        base = access_knowledge_base(self.actor, knowledge_base_id)
        people = [{"id": row.user_id, "name": row.user.name} for row in answers.experts_of(base)]
        return Response({"people": people})

    @extend_schema(operation_id="experts_set", tags=TAGS, request=ExpertsInput, responses=ExpertsOutput)
    def put(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Name them; for those who may change the collection."""
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        read = ExpertsInput(data=request.data)
        read.is_valid(raise_exception=True)
        answers.experts_set(actor=self.actor, base=base, user_ids=read.validated_data["user_ids"])
        return self.get(request, knowledge_base_id)


def _draft(request: Request) -> answers.Draft:
    read = VerifiedAnswerInput(data=request.data)
    read.is_valid(raise_exception=True)
    values = read.validated_data
    return answers.Draft(
        tuple(values["questions"]), values["text"], tuple(values["document_ids"]), values["review_by"]
    )


def _shown(actor: Actor, answer: VerifiedAnswer) -> dict[str, Any]:
    return answers.answer_output(answers.answers_of(actor, answer.knowledge_base).get(id=answer.id))
