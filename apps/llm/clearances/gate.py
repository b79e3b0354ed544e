"""What the gateway asks of clearances: which deployments may take a call, and which version says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apps.llm.clearances.reaching import decided_for, models_cleared
from apps.llm.errors import ClearanceRefusedError
from apps.llm.vendors.base import Modality
from apps.metering.versions import version_follow, version_newest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.llm.clearances.reaching import Open
    from apps.llm.gateway.calls import Caller
    from apps.llm.selectors import CallableModel

MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """What would be sent: its class, None where nothing has one, and who or what gave it that, in words."""

    data_class: DataClass | None
    why: str = ""


def cleared_deployments(
    found: Sequence[CallableModel], sent: Sent, who: Caller, modality: Modality
) -> Sequence[CallableModel]:
    """Those of a model's deployments that may receive it; raises ClearanceRefusedError where none may."""
    wanted = sent.data_class
    if wanted is None:
        return found
    fit = [model for model in found if model.cleared.data_class >= wanted]
    if not fit:
        best = max(found, key=lambda model: model.cleared.data_class)
        raise _refusal(best, sent, models_cleared(who.team_id, wanted, modality))
    return fit


def clearance_of(model: CallableModel, sent: Sent) -> tuple[UUID, int]:
    """The version that the reservation refers to: written here where the rule says something new.

    Raises ClearanceRefusedError where another version came in between that does not allow it.
    """
    version = model.version
    if version is not None and version.cleared == model.cleared:
        return version.id, version.cleared.data_class
    decided = decided_for(model.id, model)
    written = version_follow(decided, version.number if version else 0) or version_newest(decided)
    if written is None or (sent.data_class is not None and written.data_class < sent.data_class):
        raise ClearanceRefusedError(
            "What this model may receive has just changed",
            "Nothing was sent. Your message is saved. Try again.",
        )
    return written.id, written.data_class


def _refusal(model: CallableModel, sent: Sent, others: Sequence[Open]) -> ClearanceRefusedError:
    wanted, allowed = sent.data_class, model.cleared.data_class
    assert wanted is not None  # noqa: S101 - for the type checker: nothing refuses what has no class
    error = ClearanceRefusedError(
        f"{model.name} may not receive {wanted.slug} text",
        " ".join(
            [
                sent.why or f"What would be sent is {wanted.slug}.",
                f"{model.name} may receive {allowed.slug} text at most, so nothing was sent to it.",
                instead_of(others),
            ]
        ),
        shown=_shown(wanted, allowed, others),
    )
    error.sent = (wanted, sent.why)
    return error


def refused_to_all(name: str, sent: Sent, team_id: UUID) -> ClearanceRefusedError:
    """The refusal of a route, none of whose models may receive it; in a scope."""
    wanted = sent.data_class
    assert wanted is not None  # noqa: S101 - for the type checker: nothing refuses what has no class
    others = models_cleared(team_id, wanted, Modality.CHAT)
    return ClearanceRefusedError(
        f"No model of {name} may receive {wanted.slug} text",
        " ".join(
            [
                sent.why or f"What would be sent is {wanted.slug}.",
                f"None of the models that {name} needs is cleared for that, so nothing was sent.",
                instead_of(others),
            ]
        ),
        shown=_shown(wanted, None, others),
    )


def _shown(wanted: DataClass, allowed: DataClass | None, others: Sequence[Open]) -> dict[str, Any]:
    return {
        "data_class": wanted.slug,
        "cleared_for": allowed.slug if allowed else None,
        "models": [{"slug": other.slug, "name": other.name} for other in others],
    }


def instead_of(others: Sequence[Open]) -> str:
    """Which models a person may use instead, in a sentence."""
    if not others:
        return "None of the models that you may use is cleared for it. Ask an administrator."
    names = ", ".join(other.name for other in others[:MOST_NAMED])
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    return f"You may use it with {names}{more}."
