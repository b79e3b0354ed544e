"""What a person reads when a model did not answer: what happened, what is safe, what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.guardrails.policy import GuardrailAskError
from apps.llm.vendors.base import ErrorKind
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from apps.guardrails.policy import GuardrailRefusedError
    from apps.llm.errors import RefusedError

SAFE = "Your message is saved."


@dataclass(frozen=True, slots=True)
class Failure:
    """A title, a sentence or three, and whether another try may help."""

    title: str
    detail: str
    retryable: bool = True


FAILURES: dict[ErrorKind, Failure] = {
    ErrorKind.AUTHENTICATION: Failure(
        "The model refused our key",
        f"The provider did not accept your organisation's key. {SAFE} "
        "Tell your administrator, or try another model.",
        retryable=False,
    ),
    ErrorKind.NOT_FOUND: Failure(
        "The provider does not know this model",
        f"It may have been renamed or withdrawn. {SAFE} Try another model, and tell your administrator.",
        retryable=False,
    ),
    ErrorKind.RATE_LIMIT: Failure(
        "The model is busy with too many requests",
        f"The provider limits how often it answers. {SAFE} Try again in a minute, or try another model.",
    ),
    ErrorKind.QUOTA: Failure(
        "The provider's credit is used up",
        f"Your organisation's account with the provider has reached its limit. {SAFE} "
        "Tell your administrator, or try another model.",
        retryable=False,
    ),
    ErrorKind.CONTEXT_OVERFLOW: Failure(
        "This chat is too long for the model",
        f"{SAFE} Shorten the message, start a new chat, or try a model that reads longer texts.",
        retryable=False,
    ),
    ErrorKind.CONTENT_FILTER: Failure(
        "The provider's filter stopped this answer",
        f"{SAFE} Put the question in other words, or try another model.",
        retryable=False,
    ),
    ErrorKind.OVERLOADED: Failure(
        "The model is overloaded", f"{SAFE} Try again in a minute, or try another model."
    ),
    ErrorKind.UNAVAILABLE: Failure("The model is not available", f"{SAFE} Try again, or try another model."),
    ErrorKind.TIMEOUT: Failure(
        "The model did not respond in time", f"{SAFE} Try again, or try another model."
    ),
    ErrorKind.CONNECTION: Failure(
        "The model could not be reached",
        f"{SAFE} Try again, or try another model. If it goes on, tell your administrator.",
    ),
    ErrorKind.PROTOCOL: Failure(
        "The model answered something unreadable", f"{SAFE} Try again, or try another model."
    ),
    ErrorKind.SERVER: Failure(
        "The provider had a fault", f"{SAFE} Try again in a minute, or try another model."
    ),
    ErrorKind.BAD_REQUEST: Failure(
        "The model did not accept the request",
        f"{SAFE} Try another model, and tell your administrator if it goes on.",
        retryable=False,
    ),
    ErrorKind.INTERRUPTED: Failure(
        "The answer broke off",
        "The connection to the model ended too early. What had arrived is kept. "
        "Try again for a whole answer.",
    ),
}

MODEL_GONE = Failure(
    "This model is no longer available",
    f"Your team's access to it ended, or it was switched off. {SAFE} Try another model.",
    retryable=False,
)
TOO_LONG = FAILURES[ErrorKind.CONTEXT_OVERFLOW]
EMPTY = Failure(
    "The model gave no answer", f"It ended without a word. {SAFE} Try again, or try another model."
)


def refused(error: RefusedError) -> RunError:
    """A limit or rule of the organisation, in its own words, with what a page can offer instead."""
    helps_to_wait = error.kind == "rate"
    return RunError(
        error.kind, error.title, f"{error.message} {SAFE}", retryable=helps_to_wait, more=error.shown
    )


def ruled(error: GuardrailRefusedError, *, is_withdrawn: bool) -> RunError:
    """A rule's refusal in its own words: of what would be sent, of an answer, or until the person agrees."""
    if isinstance(error, GuardrailAskError):
        detail = f"{error.message} Nothing was sent. {SAFE}"
        return RunError(
            "policy_ask", "Please look before this is sent", detail, retryable=False, more=error.data()
        )
    if is_withdrawn:
        detail = f"{error.message} {SAFE} Ask in other words, or ask an administrator."
        return RunError("policy", "A rule of your organisation withdrew this answer", detail, retryable=False)
    detail = f"{error.message} Nothing was sent. {SAFE} Edit it and send it again."
    return RunError("policy", "A rule of your organisation stopped this", detail, retryable=False)
