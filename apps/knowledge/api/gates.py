"""Gates over REST: how much a collection may get worse, and what is measured or held back because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.api.evaluation import EvaluationOutput, run_output
from apps.knowledge.evaluation import comparing, gates
from apps.knowledge.models import GatedState
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.knowledge.models import GatedChange

TAGS = ["knowledge"]


class GateInput(InputSerializer):
    """How much nDCG@10 or recall@10 may fall (0 to 1) before a change is held back."""

    most_fall = serializers.FloatField(min_value=0, max_value=1)


class GatedChangeOutput(serializers.Serializer[Any]):
    """A change that is measured, before and after, or held back: `why`.

    `is_over` where only an administrator can make it all the same. `tuned` is what a change of tuning asks
    for, `model` what a change of embedding model does.
    """

    id = serializers.UUIDField()
    state = serializers.ChoiceField(GatedState.choices)
    why = serializers.CharField(allow_blank=True)
    is_over = serializers.BooleanField()
    tuned = serializers.DictField()
    model = serializers.CharField(allow_null=True)
    before = EvaluationOutput()
    after = EvaluationOutput()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class GateOutput(serializers.Serializer[Any]):
    """A collection's gate, null without one, and the change that waits at it."""

    most_fall = serializers.FloatField(allow_null=True)
    change = GatedChangeOutput(allow_null=True)


class GateApi(TenantApi):
    """The gate of a collection, for those who may change it."""

    scope = "knowledge"

    @extend_schema(operation_id="gate_read", tags=TAGS, responses=GateOutput)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """The gate and what waits at it."""
        return self._shown(knowledge_base_id)

    @extend_schema(operation_id="gate_set", tags=TAGS, request=GateInput, responses=GateOutput)
    def put(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Hold changes back that make answers harder to find; loosening it needs an administrator."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        read = GateInput(data=request.data)
        read.is_valid(raise_exception=True)
        gates.gate_set(actor=self.actor, base=base, **read.validated_data)
        return self._shown(knowledge_base_id)

    @extend_schema(operation_id="gate_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Take it away; an administrator."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        gates.gate_set(actor=self.actor, base=base, most_fall=None)
        return Response(status=204)

    def _shown(self, knowledge_base_id: UUID) -> Response:
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        gate, change = gates.gate_of(base), gates.open_change(base)
        most_fall = gate.most_fall if gate else None
        return Response({"most_fall": most_fall, "change": change_output(change) if change else None})


class GatedChangeApi(TenantApi):
    """One change at a gate."""

    scope = "knowledge"

    @extend_schema(operation_id="gated_changes_read", tags=TAGS, responses=GatedChangeOutput)
    def get(self, request: Request, change_id: UUID) -> Response:
        """How far its measurement is, and what became of it."""
        return Response(change_output(gates.access_change(self.actor, change_id)))


class GatedChangeAcceptApi(TenantApi):
    """Making a change that is held back."""

    scope = "knowledge"

    @extend_schema(
        operation_id="gated_changes_accept", tags=TAGS, request=None, responses={200: GatedChangeOutput}
    )
    def post(self, request: Request, change_id: UUID) -> Response:
        """Make it; one that the gate refused only as an administrator, which is audited."""
        change = gates.access_change(self.actor, change_id)
        return Response(change_output(gates.change_accept(actor=self.actor, change=change)))


class GatedChangeWithdrawApi(TenantApi):
    """Giving a change up."""

    scope = "knowledge"

    @extend_schema(
        operation_id="gated_changes_withdraw", tags=TAGS, request=None, responses={200: GatedChangeOutput}
    )
    def post(self, request: Request, change_id: UUID) -> Response:
        """Leave the collection as it is."""
        change = gates.access_change(self.actor, change_id)
        return Response(change_output(gates.change_withdraw(actor=self.actor, change=change)))


class GatedChangeAgainApi(TenantApi):
    """Measuring a change once more."""

    scope = "knowledge"

    @extend_schema(
        operation_id="gated_changes_again", tags=TAGS, request=None, responses={202: GatedChangeOutput}
    )
    def post(self, request: Request, change_id: UUID) -> Response:
        """Measure one that is held back with the questions as they are now."""
        change = gates.access_change(self.actor, change_id)
        return Response(change_output(gates.change_again(actor=self.actor, change=change)), status=202)


def change_output(change: GatedChange) -> dict[str, Any]:
    """A change at a gate as clients see it."""
    names = ("id", "state", "why", "is_over", "tuned", "created_at", "decided_at")
    return {name: getattr(change, name) for name in names} | {
        "model": change.reembedding.model_name if change.reembedding else None,
        "before": run_output(change.before),
        "after": run_output(change.after),
    }
