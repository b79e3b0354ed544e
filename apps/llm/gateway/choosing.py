"""Which deployment of a model takes a call: the best that answers, or the one trial of one that is down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from apps.llm.endpoints import endpoint_of
from apps.llm.health.notes import trial_claim
from apps.llm.health.rules import preference
from apps.llm.vendors.base import ErrorKind, VendorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.llm.selectors import CallableModel
    from apps.llm.vendors.interface import Endpoint

NOWHERE: Final[frozenset[UUID]] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt: calls of the same `key` keep together; `avoid` are connections that it has tried."""

    key: bytes
    avoid: frozenset[UUID] = NOWHERE


@dataclass(frozen=True, slots=True)
class Chosen:
    """The deployment that takes the call, with its key opened."""

    model: CallableModel
    endpoint: Endpoint
    is_trial: bool
    has_other: bool


def deployment_choose(found: Sequence[CallableModel], turn: Turn) -> Chosen:
    """The deployment to call now, in the caller's scope; a trial is claimed for this call alone.

    Raises VendorError: why no key can be used, or at once and retryable that no connection answers now.
    """
    unusable: VendorError | None = None
    wish = partial(_wish, turn=turn)
    for model in sorted(found, key=wish) if len(found) > 1 else found:
        standing = model.standing
        if not standing.is_closed and not trial_claim(standing):
            continue
        try:
            endpoint = endpoint_of(model.place, is_allowed=model.is_allowed)
        except VendorError as error:
            unusable = error
            continue
        others = (m.standing for m in found if m.connection_id not in {model.connection_id, *turn.avoid})
        return Chosen(model, endpoint, not standing.is_closed, any(other.is_closed for other in others))
    raise unusable or _down(found)


def _wish(model: CallableModel, turn: Turn) -> tuple[int, float]:
    return preference(model.standing, key=turn.key, avoid=turn.avoid)


def _down(found: Sequence[CallableModel]) -> VendorError:
    wait = min((-(model.standing.due_s or 0.0) for model in found), default=0.0)
    return VendorError(
        ErrorKind.UNAVAILABLE,
        "The provider of this model does not answer at the moment, so nothing was sent. Your message is "
        "saved. Try again shortly, or choose another model.",
        detail="every connection's breaker is open",
        retryable=True,
        retry_after=max(1.0, round(wait, 1)),
    )
