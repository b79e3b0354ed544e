"""The playground: what a side's rules make of a text, and a run that asks the models which they would ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import Http404

from apps.audit.services import record
from apps.guardrails.moderation import CATEGORIES, models_offered
from apps.guardrails.trying import follows, trial_of
from apps.runs.models import Run
from apps.runs.services import run_create

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.guardrails.moderation import Judged
    from apps.guardrails.rules import Rule
    from apps.guardrails.selectors import Side
    from apps.guardrails.trying import Trial

CONSULTATION: Final = "policy_trial"
"""The kind of such runs; who asks models stands above and registers it."""


def trial_in(side: Side, text: str, *, comes_in: bool) -> Trial:
    """What the side's rules make of the text as if all were on; nothing is sent, noted or kept."""
    guard = side.compiled(as_if_on=True).guard
    return trial_of(guard, _on(side), text, comes_in=comes_in, models=dict(models_offered()))


def consultation_start(*, actor: Actor, side: Side, trial: Trial, comes_in: bool) -> Run | None:
    """Ask the models about what would pass, as the side's team would; None where no rule asks any.

    Each question is a call of its own. The run keeps what was asked about, with its placeholders.
    """
    asking = [
        rule for rule in _on(side) if rule.moderation and (rule.comes_in if comes_in else rule.goes_out)
    ]
    if trial.passes is None or not asking:
        return None
    wanted: dict[str, Any] = {
        "text": trial.passes,
        "comes_in": comes_in,
        "data_class": trial.data_class,
        "rules": [rule.stored() for rule in asking],
        "models": dict(models_offered()),
    }
    run = run_create(
        kind=CONSULTATION,
        team_id=side.team.pk,
        user_id=actor.user_id,
        api_key_id=actor.api_key.id if actor.api_key else None,
        input=wanted,
    )
    detail = {"team": side.team.name, "rules": [rule.name for rule in asking]}
    record(actor=actor, action="policy.tried", target_type="team", target_id=side.team.pk, detail=detail)
    return run


def access_consultation(actor: Actor, run_id: UUID) -> Run:
    """The actor's own; raises Http404."""
    run = Run.objects.filter(pk=run_id, kind=CONSULTATION, user_id=actor.user_id).first()
    if run is None:
        raise Http404
    return run


def consultation_shown(run: Run) -> dict[str, Any]:
    """As far as it has come: a line for each rule, or why there is none."""
    said = "".join(payload for _, kind, payload in run.log if kind == "text")
    return {"run": run, "is_live": not run.is_over, "lines": said.splitlines()}


def verdict_words(judged: Judged, name: str, *, comes_in: bool) -> str:
    """What a rule's model said of the text and what follows, in a line."""
    rule, then = judged.active.rule, follows(judged, comes_in=comes_in)
    if judged.categories is None:
        return f"“{rule.name}”: {name} gave no answer that could be used: {then}."
    if not judged.categories:
        return f"“{rule.name}”: {name} found nothing that it was asked for: it passes."
    found = ", ".join(CATEGORIES[each][0] for each in judged.categories)
    return f"“{rule.name}”: {name} found {found}: {then}."


def _on(side: Side) -> list[Rule]:
    return [row.rule for row in side.rows if row.rule.is_enabled]
