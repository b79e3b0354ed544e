"""Which parameters hold, and what they and a model's instructions do to a request. No database.

Each parameter is inherited by itself. The most particular that is set holds: the team's for the model, the
team's for all models, the organisation's (the team Everyone's) for the model, the organisation's for all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from apps.llm.vendors.base import ChatMessage, TextPart

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal
    from uuid import UUID

    from apps.llm.vendors.base import ChatRequest

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh")
"""Reasoning efforts, the least first."""
MAX_TEMPERATURE: Final = 2
PARAMETERS: Final = ("temperature", "reasoning_effort", "max_output")
REASONING: Final = "reasoning"


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters that hold for a call; None or empty where nothing is set."""

    temperature: float | None = None
    reasoning_effort: str = ""
    max_output: int | None = None


UNLIMITED: Final = Limits()


def limited(request: ChatRequest, limits: Limits, *, max_output: int | None, reasons: bool) -> ChatRequest:
    """The request as it may be sent: the output limit and the effort bound what was asked.

    They also hold where nothing was asked, the effort only of a model that reasons: others refuse it. The
    temperature is a default: who asks for one gets it. `max_output` is the model's own; it bounds what was
    asked, and is not sent where nothing was.
    """
    return replace(
        request,
        temperature=limits.temperature if request.temperature is None else request.temperature,
        reasoning_effort=_effort(request.reasoning_effort, limits.reasoning_effort, reasons=reasons),
        max_tokens=_output(request.max_tokens, limits.max_output, max_output),
    )


def _effort(asked: str | None, limit: str, *, reasons: bool) -> str | None:
    if not limit:
        return asked
    if asked is None:
        return limit if reasons else None
    known = asked in EFFORTS
    return asked if known and EFFORTS.index(asked) <= EFFORTS.index(limit) else limit


def _output(asked: int | None, limit: int | None, of_model: int | None) -> int | None:
    wanted = asked if asked is not None else limit
    if wanted is None:
        return None
    return min(bound for bound in (wanted, limit, of_model) if bound is not None)


def instructed(request: ChatRequest, instructions: str) -> ChatRequest:
    """The request with a model's instructions before all others, in one message with those that lead it."""
    if not instructions:
        return request
    said, rest = TextPart(instructions), request.messages
    if rest and rest[0].role == "system":
        first = ChatMessage("system", (said, TextPart("\n\n"), *rest[0].parts))
        return replace(request, messages=(first, *rest[1:]))
    return replace(request, messages=(ChatMessage("system", (said,)), *rest))


class Row(Protocol):
    """A row of TeamParameters."""

    team_id: UUID
    model_id: UUID | None
    temperature: Decimal | None
    reasoning_effort: str
    max_output: int | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter's value and where it was set; `value` None: nowhere, the model's host decides."""

    name: str
    value: Decimal | str | int | None = None
    is_organisations: bool = False
    is_of_model: bool = False


def settled(rows: Iterable[Row], *, team_id: UUID, everyone_id: UUID, model_id: UUID | None) -> list[Setting]:
    """Each parameter as it holds for the team's calls of the model, or of all models with None."""
    ranked = sorted(
        (row for row in rows if row.team_id in {team_id, everyone_id} and row.model_id in {None, model_id}),
        key=lambda row: (row.team_id != team_id, row.model_id is None),
    )
    return [_settled(name, ranked, everyone_id) for name in PARAMETERS]


def _settled(name: str, ranked: list[Row], everyone_id: UUID) -> Setting:
    for row in ranked:
        value = getattr(row, name)
        if value not in {None, ""}:
            return Setting(name, value, row.team_id == everyone_id, row.model_id is not None)
    return Setting(name)
