"""How long a host asks to wait, wherever it says so."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.llm.vendors.durations import moment, number, span, until
from apps.llm.vendors.limit_resets import reset_of

MOST_SECONDS = 86_400.0
_TOLD = ("retry_after", "retry_after_seconds", "retryAfter", "estimated_time")
_TOLD_MILLISECONDS = ("retry_after_ms", "retryAfterMs")
_IN_WORDS = re.compile(
    r"(?:try again|retry|wait)(?: in| after| for)? "
    r"(?:(?P<span>\d[\dhms.]*[hms])(?![a-z])|(?P<count>\d+(?:\.\d+)?) (?P<unit>second|minute|hour))",
    re.IGNORECASE,
)
_UNITS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds to wait, a day at most; `raw` is what the host wrote, `capped` that it was absurd."""

    seconds: float | None
    raw: str = ""
    capped: bool = False


def retry_after_of(
    headers: Mapping[str, str], text: str, body: Mapping[str, Any], *, is_limited: bool = False
) -> Wait:
    """The first usable of: retry-after-ms, Retry-After (seconds, a span or a date), the body, the wording.

    In the body: Gemini's RetryInfo, a number named `retry_after`, Hugging Face's `estimated_time`,
    OpenRouter's `metadata`. Of a passed limit also its reset, in the headers or in those OpenRouter quotes.
    Moments count from the answer's own Date: no clock here need agree with the host's.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    now = moment(lower.get("date", "")) or datetime.now(UTC)
    told = _milliseconds(lower.get("retry-after-ms") or lower.get("x-ms-retry-after-ms"))
    raw = lower.get("retry-after", "")
    if told is None and (told := span(raw) if span(raw) is not None else until(raw, now)) is not None:
        return _wait(told, raw)
    for found in (told, _retry_info(body), _told(body), _in_words(text)):
        if found is not None:
            return _wait(found, f"{found:g} s")
    reset = reset_of(lower | _quoted(body), now) if is_limited else None
    return Wait(None) if reset is None else _wait(reset, f"{reset:g} s")


def _wait(seconds: float, raw: str) -> Wait:
    capped = min(max(seconds, 0.0), MOST_SECONDS)
    return Wait(capped, raw, capped=seconds > MOST_SECONDS)


def _milliseconds(raw: object) -> float | None:
    value = number(raw)
    return None if value is None else value / 1000


def _retry_info(body: Mapping[str, Any]) -> float | None:
    """google.rpc.RetryInfo: {"error": {"details": [{"retryDelay": "34s"}]}}, or seconds and nanos."""
    inner = body.get("error")
    details = inner.get("details") if isinstance(inner, dict) else None
    for item in details if isinstance(details, list) else []:
        delay = item.get("retryDelay") if isinstance(item, dict) else None
        if isinstance(delay, dict):
            return (number(delay.get("seconds")) or 0.0) + (number(delay.get("nanos")) or 0.0) / 1e9
        if delay is not None:
            return span(delay)
    return None


def _told(body: Mapping[str, Any]) -> float | None:
    """A number of seconds or milliseconds, or a span, beside the error or in it."""
    for source in _sources(body):
        for name in _TOLD:
            if (found := span(source.get(name))) is not None:
                return found
        for name in _TOLD_MILLISECONDS:
            if (found := _milliseconds(source.get(name))) is not None:
                return found
    return None


def _sources(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for source in (body.get("error"), _metadata(body), body.get("detail"), body):
        if isinstance(source, Mapping):
            yield source


def _metadata(body: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = body.get("error")
    found = inner.get("metadata") if isinstance(inner, dict) else None
    return found if isinstance(found, dict) else {}


def _quoted(body: Mapping[str, Any]) -> dict[str, str]:
    """Headers that OpenRouter puts into the body."""
    found = _metadata(body).get("headers")
    return {str(name).lower(): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _in_words(text: str) -> float | None:
    said = _IN_WORDS.search(text)
    if said is None:
        return None
    return span(said["span"]) if said["span"] else float(said["count"]) * _UNITS[said["unit"].lower()]
