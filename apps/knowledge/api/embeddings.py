"""The embedding model of a collection over REST: which it is, what another costs, and the change to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.knowledge.models import ReembeddingState
from apps.knowledge.permissions import MANAGE, access_knowledge_base
from apps.knowledge.reembedding import selectors, services
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.llm.models import Model

TAGS: Final = ["knowledge"]


class EmbeddingModelInput(InputSerializer):
    """The embedding model that a collection is to have; a trial waits for a decision before the switch."""

    model_id = serializers.UUIDField()
    is_trial = serializers.BooleanField(
        default=False, help_text="Measure the golden questions with both models first, then wait."
    )


class EmbeddingDefaultInput(InputSerializer):
    """The embedding model that new collections begin with; null for the built-in one."""

    model_id = serializers.UUIDField(allow_null=True)


class EmbeddingModelOutput(serializers.Serializer[Any]):
    """An embedding model."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class EmbeddingChoiceOutput(EmbeddingModelOutput):
    """A model that a collection may be given. `cost` of embedding all of it; null is unknown."""

    provider = serializers.CharField()
    cost = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    currency = serializers.CharField(allow_blank=True)


class NamedModelOutput(serializers.Serializer[Any]):
    """A model by the name that it had."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class StarterOutput(serializers.Serializer[Any]):
    """Who started it."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ReembeddingOutput(serializers.Serializer[Any]):
    """A collection's change to another embedding model. `tokens` is what its calls counted so far."""

    id = serializers.UUIDField()
    knowledge_base_id = serializers.UUIDField()
    model = NamedModelOutput()
    state = serializers.ChoiceField(choices=ReembeddingState.choices)
    error = serializers.CharField(allow_blank=True)
    chunks_total = serializers.IntegerField()
    chunks_done = serializers.IntegerField()
    tokens = serializers.IntegerField()
    started_by = StarterOutput(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class EmbeddingOutput(serializers.Serializer[Any]):
    """A collection's embedding model, null before its first document; and what a change of it would embed.

    `is_barred`: it may not be asked now, so new documents are found by their words only. `change` is the one
    that is under way or was the last.
    """

    model = EmbeddingModelOutput(allow_null=True)
    is_barred = serializers.BooleanField()
    chunks = serializers.IntegerField()
    tokens = serializers.IntegerField(help_text="Estimated.")
    choices = EmbeddingChoiceOutput(many=True)
    suggested = EmbeddingModelOutput(allow_null=True)
    change = ReembeddingOutput(allow_null=True)


class EmbeddingDefaultOutput(serializers.Serializer[Any]):
    """What new collections begin with, null for the built-in model; and what they could."""

    model_id = serializers.UUIDField(allow_null=True)
    choices = EmbeddingModelOutput(many=True)


class _KnowledgeApi(TenantApi):
    scope = "knowledge"


class EmbeddingApi(_KnowledgeApi):
    """A collection's embedding model."""

    @extend_schema(operation_id="embedding_read", tags=TAGS, responses=EmbeddingOutput)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Its model, what it may be changed to and what that costs, and the change under way."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        found = selectors.embedding_of(knowledge_base)
        choices = [
            _model(each.model)
            | {"provider": each.provider, "cost": each.cost.amount, "currency": each.cost.currency}
            for each in found.choices
        ]
        output = {
            "model": _model(found.serving) if found.serving else None,
            "is_barred": found.is_barred,
            "chunks": found.size.chunks,
            "tokens": found.size.tokens,
            "choices": choices,
            "suggested": _model(found.suggested) if found.suggested else None,
            "change": selectors.change_output(found.change) if found.change else None,
        }
        return Response(EmbeddingOutput(output).data)


class ReembeddingListApi(IdempotentMixin, _KnowledgeApi):
    """Changes of a collection's embedding model."""

    @extend_schema(
        operation_id="reembeddings_create",
        tags=TAGS,
        request=EmbeddingModelInput,
        responses={202: ReembeddingOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Embed all of it anew in the background; the present model serves until that is done.

        Poll the change until it is done, failed or cancelled. Read what it costs before (GET …/embedding).
        """
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, knowledge_base_id: UUID) -> Response:
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        read = EmbeddingModelInput(data=request.data)
        read.is_valid(raise_exception=True)
        change = services.reembedding_start(
            actor=self.actor, knowledge_base=knowledge_base, **read.validated_data
        )
        return Response(selectors.change_output(change), status=202)


class ReembeddingApi(_KnowledgeApi):
    """One change."""

    @extend_schema(operation_id="reembeddings_read", tags=TAGS, responses=ReembeddingOutput)
    def get(self, request: Request, reembedding_id: UUID) -> Response:
        """How far it is."""
        return Response(selectors.change_output(selectors.access_reembedding(self.actor, reembedding_id)))


class ReembeddingPauseApi(_KnowledgeApi):
    """Holding a change back."""

    @extend_schema(
        operation_id="reembeddings_pause", tags=TAGS, request=None, responses={200: ReembeddingOutput}
    )
    def post(self, request: Request, reembedding_id: UUID) -> Response:
        """Hold it back; what was embedded is kept."""
        change = selectors.access_reembedding(self.actor, reembedding_id)
        moved = services.reembedding_pause(actor=self.actor, change=change)
        return Response(selectors.change_output(moved))


class ReembeddingResumeApi(_KnowledgeApi):
    """Letting a change go on."""

    @extend_schema(
        operation_id="reembeddings_resume", tags=TAGS, request=None, responses={200: ReembeddingOutput}
    )
    def post(self, request: Request, reembedding_id: UUID) -> Response:
        """Go on after a pause or a failure, from what was embedded."""
        change = selectors.access_reembedding(self.actor, reembedding_id)
        moved = services.reembedding_resume(actor=self.actor, change=change)
        return Response(selectors.change_output(moved))


class ReembeddingCancelApi(_KnowledgeApi):
    """Giving a change up."""

    @extend_schema(
        operation_id="reembeddings_cancel", tags=TAGS, request=None, responses={200: ReembeddingOutput}
    )
    def post(self, request: Request, reembedding_id: UUID) -> Response:
        """Keep the present model; the new vectors are deleted."""
        change = selectors.access_reembedding(self.actor, reembedding_id)
        moved = services.reembedding_cancel(actor=self.actor, change=change)
        return Response(selectors.change_output(moved))


class EmbeddingDefaultApi(_KnowledgeApi):
    """The model that new collections begin with, for those who manage knowledge."""

    capability = MANAGE

    @extend_schema(operation_id="embedding_default_read", tags=TAGS, responses=EmbeddingDefaultOutput)
    def get(self, request: Request) -> Response:
        """The default and its alternatives."""
        return self._shown()

    @extend_schema(
        operation_id="embedding_default_update",
        tags=TAGS,
        request=EmbeddingDefaultInput,
        responses=EmbeddingDefaultOutput,
    )
    def put(self, request: Request) -> Response:
        """Choose it. Collections that have documents keep the model that they have."""
        read = EmbeddingDefaultInput(data=request.data)
        read.is_valid(raise_exception=True)
        services.embedding_default_set(actor=self.actor, model_id=read.validated_data["model_id"])
        return self._shown()

    def _shown(self) -> Response:
        models, chosen = selectors.default_choices()
        return Response({"model_id": chosen, "choices": [_model(model) for model in models]})


def _model(model: Model) -> dict[str, Any]:
    return {"id": model.id, "slug": model.slug, "name": model.name}
