"""When a limit is lifted, from the headers in which hosts count what is left of it."""

import re
from collections.abc import Mapping
from datetime import datetime

from apps.llm.vendors.durations import number, until_reset

_RESET = re.compile(r"^(?:x-|anthropic-)?rate-?limit(?:bysize)?-(?:reset|.+-reset$|reset-.+$)")
_DRAFT = re.compile(r"(?:^|;)\s*t=(?P<wait>\d+)")
_LEFT = re.compile(r"(?:^|;)\s*r=(?P<left>\d+)")


def reset_of(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the limit that was passed is lifted; header names are in lower case.

    Of several limits those count of which nothing is left, and of these the last to be lifted; where none
    says so, a limit that stands alone. OpenAI, Groq, Cerebras, OpenRouter: x-ratelimit-reset…; Anthropic:
    anthropic-ratelimit-…-reset; Mistral: ratelimitbysize-reset; Hugging Face: the IETF's
    `RateLimit: "api";r=0;t=55`.
    """
    waits: dict[str, float] = {}
    for name, raw in headers.items():
        if _RESET.match(name) and (wait := until_reset(raw, now)) is not None:
            waits[name] = wait
    spent = [
        wait for name, wait in waits.items() if _is_spent(headers.get(name.replace("reset", "remaining")))
    ]
    if spent:
        return max(spent)
    if len(waits) == 1:
        return next(iter(waits.values()))
    return None if waits else _draft(headers.get("ratelimit", ""))


def _is_spent(left: str | None) -> bool:
    found = number(left)
    return found is not None and found <= 0


def _draft(raw: str) -> float | None:
    wait, left = _DRAFT.search(raw), _LEFT.search(raw)
    if wait is None or (left is not None and left["left"] != "0"):
        return None
    return float(wait["wait"])
