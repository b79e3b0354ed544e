"""Cohere's counts: what the model took and gave, and what is charged for, which is less."""

from apps.llm.vendors.base import Usage
from apps.llm.vendors.event_json import count, mapping


def usage_of(raw: object) -> Usage | None:
    """Tokens of a `usage`, billed units where there are no others; None where nothing was counted."""
    if not isinstance(raw, dict):
        return None
    tokens, billed = mapping(raw.get("tokens")), mapping(raw.get("billed_units"))
    if not tokens and not billed:
        return None
    return Usage(
        count(tokens.get("input_tokens")) or count(billed.get("input_tokens")),
        count(tokens.get("output_tokens")) or count(billed.get("output_tokens")),
        cached_tokens=count(raw.get("cached_tokens")),
        reasoning_tokens=count(tokens.get("reasoning_tokens")),
    )


def billed_input(meta: object) -> int:
    """Input tokens in the `meta` of an answer without a usage; 0 where it counts none."""
    return count(mapping(mapping(meta).get("billed_units")).get("input_tokens"))
