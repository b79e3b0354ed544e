"""How a collection is searched over REST: parse, one call, render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.api.gates import GatedChangeOutput, change_output
from apps.knowledge.api.narrowing import TAGS, TuningInput
from apps.knowledge.evaluation.gates import tuning_ask
from apps.knowledge.permissions import access_knowledge_base
from apps.knowledge.tuning import DEFAULT, Tuned, tuning_of

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class TuningOutput(serializers.Serializer[Any]):
    """How a collection is searched, and whether that is by the defaults."""

    passages = serializers.IntegerField()
    words = serializers.FloatField()
    strictness = serializers.FloatField()
    reranker_id = serializers.UUIDField(allow_null=True)
    is_default = serializers.BooleanField()


class TuningApi(TenantApi):
    """How a collection is searched."""

    scope = "knowledge"

    @extend_schema(operation_id="tuning_read", tags=TAGS, responses=TuningOutput)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """What was set, or the defaults."""
        return Response(_shown(tuning_of(access_knowledge_base(self.actor, knowledge_base_id))))

    @extend_schema(
        operation_id="tuning_set",
        tags=TAGS,
        request=TuningInput,
        responses={200: TuningOutput, 202: GatedChangeOutput},
    )
    def put(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Search it so from the next question on; 202 where its gate measures that first."""
        read = TuningInput(data=request.data)
        read.is_valid(raise_exception=True)
        return self._asked(knowledge_base_id, Tuned(**read.validated_data))

    @extend_schema(
        operation_id="tuning_reset", tags=TAGS, responses={200: TuningOutput, 202: GatedChangeOutput}
    )
    def delete(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Search it by the defaults again; 202 where its gate measures that first."""
        return self._asked(knowledge_base_id, DEFAULT)

    def _asked(self, knowledge_base_id: UUID, tuned: Tuned) -> Response:
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        waiting = tuning_ask(actor=self.actor, base=base, tuned=tuned)
        return Response(_shown(tuned)) if waiting is None else Response(change_output(waiting), status=202)


def _shown(tuned: Tuned) -> dict[str, Any]:
    return tuned.output() | {"is_default": tuned == DEFAULT}
