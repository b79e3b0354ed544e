"""Writes of parameters and of many grants at once, inside the tenant's scope, each audited.

`actor` is None for the operator. Bad input raises ValidationError by field; then nothing was saved.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from apps.audit.services import record
from apps.llm.models import Grant, Model, TeamParameters
from apps.llm.policy.rules import EFFORTS, MAX_TEMPERATURE, PARAMETERS
from apps.llm.policy.selectors import grant_changes
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from apps.accounts.actors import Actor
    from apps.accounts.models import Team

MOST_OUTPUT: Final = 2**31 - 1
_UNSET: Final[dict[str, Any]] = {"temperature": None, "reasoning_effort": "", "max_output": None}


def parameters_set(
    *, actor: Actor | None, team: Team, model: Model | None, changes: Mapping[str, Any]
) -> None:
    """Set those parameters that `changes` names, for one model or with None for all; None or "" resets one.

    The team Everyone's are the organisation's defaults. Raises ValidationError for a value out of range and
    for a model that the team may not use or that does not chat.
    """
    values = {name: changes[name] for name in PARAMETERS if name in changes}
    _check(values)
    if model is not None:
        _check_model(team, model)
    row = TeamParameters.objects.select_for_update().filter(team=team, model=model).first()
    row = row or TeamParameters(team=team, model=model)
    before = _snapshot(row)
    for name, value in values.items():
        setattr(row, name, _UNSET[name] if value in {None, ""} else value)
    after = _snapshot(row)
    if before == after:
        return
    if after == _UNSET:
        row.delete()
    else:
        row.save()
    _record(actor, team, model, before, after)


def parameters_forget(*, actor: Actor | None) -> None:
    """Drop what teams set for models that they may no longer use: a new grant begins with none of it.

    What the organisation set for a model stays: it holds wherever the model may be used.
    """
    granted = Grant.objects.filter(
        Q(team_id=OuterRef("team_id")) | Q(team__is_everyone=True), model_id=OuterRef("model_id")
    )
    stale = TeamParameters.objects.filter(~Exists(granted), model__isnull=False, team__is_everyone=False)
    for row in list(stale.select_related("team", "model")):
        _record(actor, row.team, row.model, _snapshot(row), _UNSET)
        row.delete()


def grants_change(
    *, actor: Actor | None, teams: Iterable[Team], models: Iterable[Model], allowed: bool
) -> int:
    """Let each of the teams use each of the models by a grant of its own, or take those grants away.

    A grant to Everyone holds on in every team. Returns how many teams changed.
    """
    changes = grant_changes(teams, models, allowed=allowed)
    chosen = [change.team.pk for change in changes]
    if allowed:
        Grant.objects.bulk_create(
            [Grant(team=change.team, model=model) for change in changes for model in change.models]
        )
    else:
        Grant.objects.filter(team_id__in=chosen, model__in=list(models)).delete()
        parameters_forget(actor=actor)
    for change in changes:
        record(
            actor=actor,
            action="team.models_changed",
            target_type="team",
            target_id=change.team.pk,
            before={"models": change.before},
            after={"models": change.after},
        )
    return len(changes)


def _check(values: Mapping[str, Any]) -> None:
    errors = {}
    temperature, effort, output = (values.get(name) for name in PARAMETERS)
    if temperature is not None and temperature != "" and not 0 <= Decimal(temperature) <= MAX_TEMPERATURE:
        errors["temperature"] = f"Enter a number from 0 to {MAX_TEMPERATURE}."
    if effort and effort not in EFFORTS:
        errors["reasoning_effort"] = f"Choose from {', '.join(EFFORTS)}."
    if output is not None and output != "" and not 1 <= int(output) <= MOST_OUTPUT:
        errors["max_output"] = f"Enter a whole number from 1 to {MOST_OUTPUT:,}."
    if errors:
        raise ValidationError(errors)


def _check_model(team: Team, model: Model) -> None:
    if model.modality != Modality.CHAT.value:
        raise ValidationError("Only a chat model has parameters.")
    granted = model.grants.filter(Q(team=team) | Q(team__is_everyone=True))
    if not team.is_everyone and not granted.exists():
        raise ValidationError("Let the team use this model first, then set its parameters.")


def _snapshot(row: TeamParameters) -> dict[str, Any]:
    """The parameters as the audit log keeps them."""
    temperature = None if row.temperature is None else f"{Decimal(row.temperature).normalize():f}"
    return {
        "temperature": temperature,
        "reasoning_effort": row.reasoning_effort,
        "max_output": row.max_output,
    }


def _record(
    actor: Actor | None, team: Team, model: Model | None, before: dict[str, Any], after: dict[str, Any]
) -> None:
    record(
        actor=actor,
        action="team.parameters_set",
        target_type="team",
        target_id=team.pk,
        before=before,
        after=after,
        detail={"model": model.slug if model else None},
    )
