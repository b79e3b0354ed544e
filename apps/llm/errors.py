"""Errors of the models app; vendors' own are in vendors.base.VendorError."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from apps.guardrails.classes import is_by_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.guardrails.classes import DataClass
    from apps.metering.rates.rules import Refusal


class ModelNotFoundError(Exception):
    """The model does not exist, is switched off, or the team may not use it: all three look the same."""

    title = "This model is not available"
    message = "This model is not available to your team. Your message is saved. Choose another model."

    def __init__(self) -> None:
        super().__init__(self.message)


class RefusedError(ModelNotFoundError):
    """A limit or rule of the organisation keeps the model from this call: nothing was sent to any host.

    To whoever has another way (a route's next model, a search by words), the model is not there; all others
    tell people `title` and `message`: what limit, until when, what to do. `retry_after` in seconds, None:
    waiting alone does not help. `shown` is what a page can make more of, such as models that still fit.
    """

    kind: ClassVar[Literal["budget", "rate", "clearance"]]

    def __init__(
        self,
        title: str,
        message: str,
        *,
        retry_after: float | None = None,
        shown: Mapping[str, Any] | None = None,
    ) -> None:
        Exception.__init__(self, message)
        self.title = title
        self.message = message
        self.retry_after = retry_after
        self.shown = dict(shown or {})


class BudgetRefusedError(RefusedError):
    """What the call may cost at most does not fit into a budget that counts for it."""

    kind = "budget"


class RateLimitedError(RefusedError):
    """As many requests or tokens as are allowed a minute were used; waiting helps."""

    kind = "rate"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.title, refusal.message, retry_after=float(refusal.retry_after))


class ClearanceRefusedError(RefusedError):
    """What would be sent has a higher data class than the model may receive.

    `shown` names the class, what the model is cleared for, and the models that may receive it. `sent` is the
    class with its reason, None where a clearance changed at this moment.
    """

    kind = "clearance"
    sent: tuple[DataClass, str] | None = None

    @property
    def by_rule(self) -> bool:
        """Whether a rule gave what would be sent its class: another model may then answer in its place."""
        return self.sent is not None and is_by_rule(self.sent[1])
