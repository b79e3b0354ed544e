"""Cohere's counts: what the model took and gave, and what is charged for, which is less.

Usage is what the model took and gave, since windows and speed follow from that; the price follows from the
billed units, so that they go along. Source: https://docs.cohere.com/docs/how-does-cohere-pricing-work.
"""

from apps.llm.vendors.base import Usage
from apps.llm.vendors.event_json import count, mapping


def usage_of(raw: object) -> Usage | None:
    """Tokens of a `usage`, with the billed ones where they are others; None where nothing was counted."""
    if not isinstance(raw, dict):
        return None
    tokens, billed = _pair(raw.get("tokens")), _pair(raw.get("billed_units"))
    if not raw.get("tokens") and not raw.get("billed_units"):
        return None
    taken, given = (counted or charged for counted, charged in zip(tokens, billed, strict=True))
    return Usage(
        taken,
        given,
        cached_tokens=count(raw.get("cached_tokens")),
        reasoning_tokens=count(mapping(raw.get("tokens")).get("reasoning_tokens")),
        billed=billed if raw.get("billed_units") and billed != (taken, given) else None,
    )


def _pair(counted: object) -> tuple[int, int]:
    found = mapping(counted)
    return count(found.get("input_tokens")), count(found.get("output_tokens"))


def billed_input(meta: object) -> int:
    """Input tokens in the `meta` of an answer without a usage; 0 where it counts none."""
    return count(mapping(mapping(meta).get("billed_units")).get("input_tokens"))


def billed_searches(meta: object) -> int | None:
    """Searches that a reranking is charged as: one for each 100 documents begun; None where not said."""
    return count(mapping(mapping(meta).get("billed_units")).get("search_units")) or None
