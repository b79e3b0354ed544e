"""Gemini's token counts."""

from collections.abc import Mapping
from typing import Any

from apps.llm.vendors.base import Usage
from apps.llm.vendors.event_json import count


def usage_of(raw: Mapping[str, Any]) -> Usage:
    """Counts of a usageMetadata: prompts of tools are input, thoughts are output."""
    thoughts = count(raw.get("thoughtsTokenCount"))
    return Usage(
        count(raw.get("promptTokenCount")) + count(raw.get("toolUsePromptTokenCount")),
        count(raw.get("candidatesTokenCount")) + thoughts,
        cached_tokens=count(raw.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )
