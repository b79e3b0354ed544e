"""Golden questions over REST: kept, approved, proposed by a model, imported as a set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.files.api.uploads import UploadApi
from apps.knowledge.api.serializers import NamedOutput
from apps.knowledge.evaluation import comparing, golden, making
from apps.knowledge.evaluation.golden import Draft, Right
from apps.knowledge.models import EvaluationState, MakingKind
from apps.rest.errors import not_found
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.knowledge.models import GoldenMaking, GoldenQuestion

TAGS = ["knowledge"]
MOST_DOCUMENTS = 100
PROPOSED = OpenApiParameter("proposed", bool, description="Those that wait for approval instead.")


class GoldenSourceInput(InputSerializer):
    """A right document with its worth among the right ones, and words of it that should be handed over."""

    document_id = serializers.UUIDField()
    gain = serializers.FloatField(default=1.0, min_value=0.001, max_value=1000)
    passage = serializers.CharField(
        default="", allow_blank=True, max_length=golden.LONGEST_PASSAGE, trim_whitespace=False
    )


class GoldenQuestionInput(InputSerializer):
    """A question with the documents that answer it, by id or with more about each, and the right answer."""

    text = serializers.CharField(max_length=golden.LONGEST)
    document_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_DOCUMENTS, default=list
    )
    sources = GoldenSourceInput(many=True, default=list)
    answer = serializers.CharField(default="", allow_blank=True, max_length=golden.LONGEST_ANSWER)

    @property
    def draft(self) -> Draft:
        """What was sent."""
        values = self.validated_data
        rights = dict.fromkeys(values["document_ids"], Right())
        rights |= {row["document_id"]: Right(row["gain"], row["passage"]) for row in values["sources"]}
        return Draft(values["text"], rights, answer=values["answer"])


class GoldenSourceOutput(serializers.Serializer[Any]):
    """A right document, kept; `passage` is empty where one may not read it."""

    document_id = serializers.UUIDField()
    gain = serializers.FloatField()
    passage = serializers.CharField(allow_blank=True)


class GoldenQuestionOutput(serializers.Serializer[Any]):
    """A question, kept; without documents and answer, or while it waits for approval, it is not measured."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    answer = serializers.CharField(allow_blank=True)
    origin = serializers.CharField(help_text="hand, csv, feedback, model or beir.")
    is_proposed = serializers.BooleanField()
    documents = NamedOutput(many=True)
    sources = GoldenSourceOutput(many=True)
    created_at = serializers.DateTimeField()


class GoldenQuestionPage(serializers.Serializer[Any]):
    """A page of golden questions, newest first."""

    results = GoldenQuestionOutput(many=True)
    next = serializers.CharField(allow_null=True)


class ProposalsInput(InputSerializer):
    """Which model is to propose questions, and how many."""

    model_id = serializers.UUIDField()
    count = serializers.IntegerField(min_value=1, max_value=making.MOST_PROPOSED, default=10)


class GoldenSetInput(serializers.Serializer[Any]):
    """A set in BEIR's layout; without a corpus its documents are those of the collection, by name or id."""

    queries = serializers.FileField(help_text="queries.jsonl")
    qrels = serializers.FileField(help_text="qrels.tsv or qrels/test.tsv")
    corpus = serializers.FileField(required=False, help_text="corpus.jsonl")
    name = serializers.CharField(required=False, max_length=100)


class GoldenMakingOutput(serializers.Serializer[Any]):
    """Questions that are being made: `done` of `total` steps, `made` questions so far."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(MakingKind.choices)
    state = serializers.ChoiceField(EvaluationState.choices)
    error = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    made = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class GoldenQuestionListApi(TenantApi):
    """The golden questions of a collection, for those who may change it."""

    scope = "knowledge"

    @extend_schema(
        operation_id="golden_questions_list",
        tags=TAGS,
        parameters=[PROPOSED, CURSOR, LIMIT],
        responses=GoldenQuestionPage,
    )
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Newest first; proposals, all at once and oldest first, only of passages that one may read."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        if request.query_params.get("proposed") in {"true", "1"}:
            proposals = comparing.proposals_of(self.actor, base)
            return Response({"results": [_question(row) for row in proposals], "next": None})
        rows, following = page_of(request, comparing.questions_of(base))
        shown = comparing.withheld(self.actor, list(rows))
        return Response({"results": [_question(row) for row in shown], "next": following})

    @extend_schema(
        operation_id="golden_questions_set",
        tags=TAGS,
        request=GoldenQuestionInput,
        responses={201: GoldenQuestionOutput},
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Keep a question with exactly these documents; the same words are the same question."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        question = golden.question_set(actor=self.actor, base=base, draft=_draft(request))
        return Response(_question(comparing.access_question(self.actor, question.id)), status=201)


class GoldenQuestionApi(TenantApi):
    """One golden question."""

    scope = "knowledge"

    @extend_schema(
        operation_id="golden_questions_update",
        tags=TAGS,
        request=GoldenQuestionInput,
        responses=GoldenQuestionOutput,
    )
    def put(self, request: Request, question_id: UUID) -> Response:
        """Give it other words, documents or another answer; a proposal is approved by it."""
        question = comparing.access_question(self.actor, question_id)
        if not question.may_be_read:  # type: ignore[attr-defined]  # as access_question tells it
            raise not_found()
        golden.question_change(actor=self.actor, question=question, draft=_draft(request))
        return Response(_question(comparing.access_question(self.actor, question_id)))

    @extend_schema(operation_id="golden_questions_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, question_id: UUID) -> Response:
        """Take it out, or discard a proposal; runs that measured it keep their results."""
        golden.question_delete(actor=self.actor, question=comparing.access_question(self.actor, question_id))
        return Response(status=204)


class GoldenQuestionApproveApi(TenantApi):
    """Approving what a model proposed."""

    scope = "knowledge"

    @extend_schema(
        operation_id="golden_questions_approve",
        tags=TAGS,
        request=None,
        responses={200: GoldenQuestionOutput},
    )
    def post(self, request: Request, question_id: UUID) -> Response:
        """Measure it from now on."""
        question = comparing.access_question(self.actor, question_id)
        golden.question_approve(actor=self.actor, question=question)
        return Response(_question(comparing.access_question(self.actor, question_id)))


class ProposalsApi(TenantApi):
    """Having questions proposed."""

    scope = "knowledge"

    @extend_schema(
        operation_id="golden_questions_propose",
        tags=TAGS,
        request=ProposalsInput,
        responses={202: GoldenMakingOutput},
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Have a model write questions from passages that one may read; each waits for approval."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        read = ProposalsInput(data=request.data)
        read.is_valid(raise_exception=True)
        begun = making.proposals_start(actor=self.actor, base=base, **read.validated_data)
        return Response(_making(begun), status=202)


class GoldenSetApi(UploadApi):
    """Importing a set."""

    scope = "knowledge"

    @extend_schema(
        operation_id="golden_sets_import",
        tags=TAGS,
        request={"multipart/form-data": GoldenSetInput},
        responses={202: GoldenMakingOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read a set in BEIR's layout into the collection, in the background: documents and questions.

        Safe to repeat with the same Idempotency-Key.
        """
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, knowledge_base_id: UUID) -> Response:
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        files = {
            name: file for name in making.FILES if isinstance(file := request.FILES.get(name), UploadedFile)
        }
        name = str(request.POST.get("name") or "")
        begun = making.set_import(actor=self.actor, base=base, files=files, name=name)
        return Response(_making(begun), status=202)


class GoldenMakingApi(TenantApi):
    """How far the making of questions is."""

    scope = "knowledge"

    @extend_schema(operation_id="golden_makings_newest", tags=TAGS, responses=GoldenMakingOutput)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """What is being made for the collection, or was made last; 404 where nothing was."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        newest = making.newest_making(base)
        if newest is None:
            raise not_found()
        return Response(_making(newest))


def _draft(request: Request) -> Draft:
    read = GoldenQuestionInput(data=request.data)
    read.is_valid(raise_exception=True)
    return read.draft


def _question(question: GoldenQuestion) -> dict[str, Any]:
    names = ("id", "text", "answer", "origin", "is_proposed", "created_at")
    sources = list(question.sources.all())
    return {name: getattr(question, name) for name in names} | {
        "documents": [{"id": row.document_id, "name": row.document.title} for row in sources],
        "sources": [
            {"document_id": row.document_id, "gain": row.gain, "passage": row.passage} for row in sources
        ],
    }


def _making(row: GoldenMaking) -> dict[str, Any]:
    names = (
        "id", "kind", "state", "error", "note", "total", "done", "made", "created_at", "finished_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}
