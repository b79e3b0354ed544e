"""An administrator's trial of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from apps.audit.services import record
from apps.llm.routes.models import MODEL_TRIAL
from apps.llm.routes.services import trial_run
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.accounts.models import Team
    from apps.llm.models import Model
    from apps.runs.models import Run


def model_trial_start(*, actor: Actor, model: Model, team: Team, text: str) -> Run:
    """Ask the model as this team would, in a run of the administrator's own; raises ValidationError."""
    if model.modality != Modality.CHAT.value:
        raise ValidationError({"text": "Only a chat model can be asked here."})
    run = trial_run(actor=actor, kind=MODEL_TRIAL, team=team, text=text, tried={"model_id": str(model.pk)})
    detail = {"slug": model.slug, "team": team.name}
    record(actor=actor, action="model.tried", target_type="model", target_id=model.pk, detail=detail)
    return run
