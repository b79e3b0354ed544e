"""How long a host asks to wait, wherever it says so."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

MOST_SECONDS = 86_400.0
_TOLD = ("retry_after", "retry_after_seconds", "estimated_time")
_DURATION = re.compile(r"^(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s)?(?:(?P<ms>\d+)ms)?$")
_IN_WORDS = re.compile(
    r"(?:try again|retry) (?:in|after) (?P<wait>[\dhms.]+[hms]|\d+(?:\.\d+)?(?= second))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds to wait, a day at most; `raw` is what the host wrote, `capped` that it was absurd."""

    seconds: float | None
    raw: str = ""
    capped: bool = False


def retry_after_of(headers: Mapping[str, str], text: str, body: Mapping[str, Any]) -> Wait:
    """The first usable of: retry-after-ms, Retry-After (seconds or date), what the body says, the wording.

    In the body: Gemini's RetryInfo, a number named `retry_after`, Hugging Face's `estimated_time`.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    found = _milliseconds(lower.get("retry-after-ms") or lower.get("x-ms-retry-after-ms") or "")
    if found is None:
        raw = lower.get("retry-after", "")
        found = _number(raw) if _number(raw) is not None else _date(raw)
        if found is not None:
            return _wait(found, raw)
    if found is None:
        found = _retry_info(body) if _retry_info(body) is not None else _told(body)
    if found is None and (said := _IN_WORDS.search(text)):
        found = _duration(said["wait"])
    return Wait(None) if found is None else _wait(found, f"{found:g} s")


def _wait(seconds: float, raw: str) -> Wait:
    capped = min(max(seconds, 0.0), MOST_SECONDS)
    return Wait(capped, raw, capped=seconds > MOST_SECONDS)


def _milliseconds(raw: str) -> float | None:
    value = _number(raw)
    return None if value is None else value / 1000


def _number(raw: str) -> float | None:
    try:
        value = float(raw)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _date(raw: str) -> float | None:
    try:
        when = parsedate_to_datetime(raw)
    except (ValueError, TypeError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - datetime.now(UTC)).total_seconds()


def _retry_info(body: Mapping[str, Any]) -> float | None:
    """google.rpc.RetryInfo: {"error": {"details": [{"retryDelay": "34s"}]}}."""
    inner = body.get("error")
    details = inner.get("details") if isinstance(inner, dict) else None
    for item in details if isinstance(details, list) else []:
        if isinstance(item, dict) and isinstance(item.get("retryDelay"), str):
            return _duration(item["retryDelay"])
    return None


def _told(body: Mapping[str, Any]) -> float | None:
    """A number of seconds beside the error or in it."""
    inner = body.get("error")
    for source in (inner if isinstance(inner, dict) else {}, body):
        for value in (source.get(name) for name in _TOLD):
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                return float(value)
    return None


def _duration(raw: str) -> float | None:
    """Seconds of 34s, 7.66s, 6m0s, 1h2m, 350ms or a bare number."""
    found = _DURATION.match(raw)
    if raw and found and any(found.groups()):
        hours, minutes, seconds, thousandths = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
    return _number(raw)
