"""Gemini's token counts."""

from collections.abc import Mapping
from typing import Any

from apps.llm.vendors.base import Usage


def usage_of(raw: Mapping[str, Any]) -> Usage | None:
    """Counts of a usageMetadata: prompts of tools are input, thoughts are output; None where nothing is
    counted yet."""
    if not any(name.endswith("TokenCount") for name in raw):
        return None
    thoughts = _count(raw, "thoughtsTokenCount")
    return Usage(
        _count(raw, "promptTokenCount") + _count(raw, "toolUsePromptTokenCount"),
        _count(raw, "candidatesTokenCount") + thoughts,
        cached_tokens=_count(raw, "cachedContentTokenCount"),
        reasoning_tokens=thoughts,
    )


def _count(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    return value if isinstance(value, int) and value > 0 else 0
