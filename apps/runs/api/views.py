"""REST of one run: its state, and Stop."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.rest.errors import not_found
from apps.runs import selectors, services
from apps.runs.errors import RunNotFoundError
from apps.runs.models import RunState

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.accounts.actors import Actor
    from apps.runs.models import Run


class RunErrorOutput(serializers.Serializer[object]):
    """What went wrong, in words for the person."""

    kind = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    retryable = serializers.BooleanField()
    more = serializers.DictField(required=False, help_text="What can be offered instead, such as models.")


class RunOutput(serializers.Serializer[object]):
    """A run."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(RunState.choices)
    message_id = serializers.UUIDField(allow_null=True)
    conversation_id = serializers.UUIDField(allow_null=True)
    position = serializers.IntegerField(help_text="Where its events end so far, as kept by the database.")
    error = RunErrorOutput(allow_null=True)


def _accessed(actor: Actor, run_id: UUID) -> Run:
    try:
        return selectors.access_run(user_id=actor.user_id, run_id=run_id)
    except RunNotFoundError as error:
        raise not_found() from error


class RunDetailApi(TenantApi):
    """One run."""

    scope = "chat"

    @extend_schema(operation_id="runs_retrieve", responses=RunOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """State and position of a run that the caller may follow."""
        return Response(selectors.run_output(_accessed(self.actor, run_id)))


class RunStopApi(TenantApi):
    """Stop a run."""

    scope = "chat"

    @extend_schema(operation_id="runs_stop", request=None, responses={202: RunOutput})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Ask for the run's end: the provider's connection is closed, the text so far is kept."""
        _accessed(self.actor, run_id)
        return Response(selectors.run_output(services.run_stop(run_id=run_id)), status=202)
