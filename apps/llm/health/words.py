"""Kinds of errors and spans of time in plain words, for pages and notifications."""

from __future__ import annotations

from typing import Final

_REASONS: Final = {
    "authentication": "The host refuses the key. Replace the key.",
    "quota": "The account at the host has no credit or quota left.",
    "overloaded": "The host is overloaded.",
    "unavailable": "The host is not available.",
    "timeout": "The host does not answer in time.",
    "connection": "The host can not be reached.",
    "protocol": "The host answers with something that is not its protocol.",
    "server": "The host has an error of its own.",
    "interrupted": "The host breaks its answers off.",
    "rate_limit": "The host limits how often it is called.",
    "not_found": "The host does not know the model or address.",
}
_SPANS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def reason_in_words(kind: str) -> str:
    """One sentence for an error's kind; never the host's own words."""
    return _REASONS.get(kind, "The host gave an error.") if kind else ""


def span_in_words(seconds: float | None) -> str:
    """The span in its largest unit, as "3 minutes"; empty for None."""
    if seconds is None:
        return ""
    for size, name in _SPANS:
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a second"
