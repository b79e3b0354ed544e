"""Spans and moments as hosts write them, as seconds."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SPAN = re.compile(
    r"^(?:(?P<h>\d+)h)?\s*(?:(?P<m>\d+)m)?\s*(?:(?P<s>\d+(?:\.\d+)?)s)?\s*(?:(?P<ms>\d+(?:\.\d+)?)ms)?$"
)
_FIRST_EPOCH_SECOND, _FIRST_EPOCH_MILLISECOND = 1e9, 1e11


def number(raw: object) -> float | None:
    """A finite number, also one in words; None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        value = float(raw)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def span(raw: object) -> float | None:
    """Seconds of 34s, 7.66s, 6m0s, 1h2m, 512.3ms or a bare number."""
    found = _SPAN.match(raw.strip()) if isinstance(raw, str) else None
    if found and any(found.groups()):
        hours, minutes, seconds, thousandths = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
    return number(raw)


def moment(raw: str) -> datetime | None:
    """Any of HTTP's three dates, or RFC 3339."""
    try:
        when = parsedate_to_datetime(raw)
    except (ValueError, TypeError, OverflowError):
        try:
            when = datetime.fromisoformat(raw)
        except ValueError:
            return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def until(raw: str, now: datetime) -> float | None:
    """Seconds to a moment; negative for one gone by."""
    when = moment(raw)
    return None if when is None else (when - now).total_seconds()


def until_reset(raw: str, now: datetime) -> float | None:
    """Seconds to a limit's reset: a span, a date, or a moment in seconds or milliseconds since 1970."""
    told = span(raw)
    if told is None:
        return until(raw, now)
    if told >= _FIRST_EPOCH_MILLISECOND:
        told /= 1000
    return told - now.timestamp() if told >= _FIRST_EPOCH_SECOND else told
