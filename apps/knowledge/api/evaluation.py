"""Evaluation of collections over REST: golden questions, runs, what each question found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.api.serializers import NamedOutput
from apps.knowledge.evaluation import comparing, golden, measuring
from apps.knowledge.models import EvaluationState
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.knowledge.models import EvaluationRun, GoldenQuestion

TAGS = ["knowledge"]
MOST_DOCUMENTS = 100


class GoldenQuestionInput(InputSerializer):
    """A question with the documents that answer it."""

    text = serializers.CharField(max_length=golden.LONGEST)
    document_ids = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_DOCUMENTS)


class GoldenQuestionOutput(serializers.Serializer[Any]):
    """The same, kept; without documents it is not measured."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    origin = serializers.CharField(help_text="hand, csv or feedback.")
    documents = NamedOutput(many=True)
    created_at = serializers.DateTimeField()


class GoldenQuestionPage(serializers.Serializer[Any]):
    """A page of golden questions, newest first."""

    results = GoldenQuestionOutput(many=True)
    next = serializers.CharField(allow_null=True)


class EvaluationOutput(serializers.Serializer[Any]):
    """A run: `figures` are ndcg@10, recall@10 and mrr@10 over its questions."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(EvaluationState.choices)
    setting = serializers.DictField()
    figures = serializers.DictField()
    measured = serializers.IntegerField()
    total = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class EvaluationPageOutput(serializers.Serializer[Any]):
    """A page of runs, newest first."""

    results = EvaluationOutput(many=True)
    next = serializers.CharField(allow_null=True)


class EvaluationResultOutput(serializers.Serializer[Any]):
    """What one question found: ids of documents, best first."""

    question_id = serializers.UUIDField()
    text = serializers.CharField()
    expected = serializers.ListField(child=serializers.UUIDField())
    found = serializers.ListField(child=serializers.UUIDField())
    ndcg = serializers.FloatField()
    recall = serializers.FloatField()
    mrr = serializers.FloatField()


class EvaluationDetailOutput(EvaluationOutput):
    """A run with its questions."""

    results = EvaluationResultOutput(many=True)


class GoldenQuestionListApi(TenantApi):
    """The golden questions of a collection, for those who may change it."""

    scope = "knowledge"

    @extend_schema(
        operation_id="golden_questions_list",
        tags=TAGS,
        parameters=[CURSOR, LIMIT],
        responses=GoldenQuestionPage,
    )
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Newest first."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        rows, following = page_of(request, comparing.questions_of(base))
        return Response({"results": [_question(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="golden_questions_set",
        tags=TAGS,
        request=GoldenQuestionInput,
        responses={201: GoldenQuestionOutput},
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Keep a question with exactly these documents; the same words are the same question."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        read = GoldenQuestionInput(data=request.data)
        read.is_valid(raise_exception=True)
        question = golden.question_set(actor=self.actor, base=base, **read.validated_data)
        return Response(_question(comparing.access_question(self.actor, question.id)), status=201)


class GoldenQuestionApi(TenantApi):
    """One golden question."""

    scope = "knowledge"

    @extend_schema(operation_id="golden_questions_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, question_id: UUID) -> Response:
        """Take it out; runs that measured it keep their results."""
        golden.question_delete(actor=self.actor, question=comparing.access_question(self.actor, question_id))
        return Response(status=204)


class EvaluationListApi(TenantApi):
    """The evaluations of a collection, for those who may change it."""

    scope = "knowledge"

    @extend_schema(
        operation_id="evaluations_list",
        tags=TAGS,
        parameters=[CURSOR, LIMIT],
        responses=EvaluationPageOutput,
    )
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Newest first."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        rows, following = page_of(request, comparing.runs_of(base))
        return Response({"results": [_run(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="evaluations_start", tags=TAGS, request=None, responses={202: EvaluationOutput}
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Measure the collection as it is set now; read the run until it is done or failed."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        return Response(_run(measuring.evaluation_start(actor=self.actor, base=base)), status=202)


class EvaluationApi(TenantApi):
    """One evaluation."""

    scope = "knowledge"

    @extend_schema(operation_id="evaluations_read", tags=TAGS, responses=EvaluationDetailOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """How far it is, its figures, and what each question found."""
        run = comparing.access_run(self.actor, run_id)
        results = EvaluationResultOutput(run.results.order_by("text"), many=True).data
        return Response(_run(run) | {"measured": len(results), "results": results})


def _question(question: GoldenQuestion) -> dict[str, Any]:
    named = [{"id": row.document_id, "name": row.document.title} for row in question.sources.all()]
    return {
        "id": question.id,
        "text": question.text,
        "origin": question.origin,
        "documents": named,
        "created_at": question.created_at,
    }


def _run(run: EvaluationRun) -> dict[str, Any]:
    names = ("id", "state", "setting", "figures", "total", "created_at", "finished_at")
    return {name: getattr(run, name) for name in names} | {"measured": getattr(run, "measured", 0)}
