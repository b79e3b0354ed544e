"""Token counts in every OpenAI-shaped dialect."""

from collections.abc import Mapping
from typing import Any

from apps.llm.vendors.base import Usage


def usage_of(raw: Mapping[str, Any]) -> Usage:
    """Counts from a `usage` object. Input includes cached, output includes reasoning tokens.

    A host that counts reasoning beside the output (its total says so) is brought to the same sense.
    """
    prompt = _mapping(raw.get("prompt_tokens_details"))
    completion = _mapping(raw.get("completion_tokens_details"))
    taken = _count(raw, "prompt_tokens", "input_tokens")
    given = _count(raw, "completion_tokens", "output_tokens")
    total = _count(raw, "total_tokens")
    reasoning = _count(completion, "reasoning_tokens") or _count(raw, "reasoning_tokens")
    if reasoning and total == taken + given + reasoning:
        given += reasoning
    cached = _count(prompt, "cached_tokens") or _count(
        raw, "prompt_cache_hit_tokens", "cache_read_input_tokens", "cached_tokens", "num_cached_tokens"
    )
    return Usage(taken, given, cached_tokens=cached, reasoning_tokens=reasoning)


def _count(source: Mapping[str, Any], *names: str) -> int:
    for name in names:
        value = source.get(name)
        if isinstance(value, int | float) and value > 0:
            return int(value)
    return 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
