"""Measurements of collections over REST: runs with their figures, and what each question found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.api.narrowing import TuningInput
from apps.knowledge.evaluation import comparing, measuring
from apps.knowledge.evaluation.settings import Wanted
from apps.knowledge.models import EvaluationState
from apps.knowledge.tuning import Tuned
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.knowledge.models import EvaluationRun

TAGS = ["knowledge"]


class EvaluationInput(InputSerializer):
    """What to measure with; a field that is left out is as the collection is set, and without answers."""

    tuning = TuningInput(required=False, allow_null=True, help_text="Search otherwise than it is set.")
    answers_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="A chat model that answers each question."
    )
    judge_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="A chat model that judges these answers."
    )


class EvaluationOutput(serializers.Serializer[Any]):
    """A run.

    `figures` are means over its questions, those that there are: ndcg@10, recall@10, mrr@10; passages, the
    share of the named passages that were handed over; citations, the share that the cited passages bear out;
    judged; and search_p50, search_p95, answer_p50, answer_p95 in milliseconds. `costs` by currency; of
    `calls` to models `unpriced` have no known price.
    """

    id = serializers.UUIDField()
    state = serializers.ChoiceField(EvaluationState.choices)
    error = serializers.CharField(allow_blank=True)
    setting = serializers.DictField()
    figures = serializers.DictField(child=serializers.FloatField())
    costs = serializers.DictField(child=serializers.CharField())
    calls = serializers.IntegerField()
    unpriced = serializers.IntegerField()
    measured = serializers.IntegerField()
    total = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class EvaluationPageOutput(serializers.Serializer[Any]):
    """A page of runs, newest first."""

    results = EvaluationOutput(many=True)
    next = serializers.CharField(allow_null=True)


class EvaluationResultOutput(serializers.Serializer[Any]):
    """What one question found: ids of documents, best first; figures are null where there are none.

    `answer` and `verdict` are empty where they rest on documents that one may not read.
    """

    question_id = serializers.UUIDField()
    text = serializers.CharField()
    expected = serializers.ListField(child=serializers.UUIDField())
    found = serializers.ListField(child=serializers.UUIDField())
    ndcg = serializers.FloatField(allow_null=True)
    recall = serializers.FloatField(allow_null=True)
    mrr = serializers.FloatField(allow_null=True)
    passages = serializers.FloatField(allow_null=True)
    answer = serializers.CharField(allow_blank=True)
    supported = serializers.FloatField(allow_null=True)
    judged = serializers.FloatField(allow_null=True)
    verdict = serializers.CharField(allow_blank=True)
    search_ms = serializers.IntegerField(allow_null=True)
    answer_ms = serializers.IntegerField(allow_null=True)


class EvaluationDetailOutput(EvaluationOutput):
    """A run with its questions."""

    results = EvaluationResultOutput(many=True)


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
        return Response({"results": [run_output(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="evaluations_start",
        tags=TAGS,
        request=EvaluationInput,
        responses={202: EvaluationOutput},
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Measure the collection as it is set now, or otherwise; read the run until it is done or failed."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        read = EvaluationInput(data=request.data)
        read.is_valid(raise_exception=True)
        values = dict(read.validated_data)
        tuning = values.pop("tuning", None)
        wanted = Wanted(tuned=Tuned(**tuning) if tuning else None, **values)
        run = measuring.evaluation_start(actor=self.actor, base=base, wanted=wanted)
        return Response(run_output(run), status=202)


class EvaluationApi(TenantApi):
    """One evaluation."""

    scope = "knowledge"

    @extend_schema(operation_id="evaluations_read", tags=TAGS, responses=EvaluationDetailOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """How far it is, its figures, and what each question found."""
        run = comparing.access_run(self.actor, run_id)
        results = EvaluationResultOutput(comparing.results_of(self.actor, run), many=True).data
        return Response(run_output(run) | {"measured": len(results), "results": results})


def run_output(run: EvaluationRun) -> dict[str, Any]:
    """A run as clients see it."""
    names = (
        "id", "state", "error", "setting", "figures", "costs", "calls", "unpriced", "total", "created_at",
        "finished_at",
    )  # fmt: skip
    return {name: getattr(run, name) for name in names} | {"measured": getattr(run, "measured", 0)}
