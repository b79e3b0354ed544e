"""What the generations of Claude accept, told from their names (platform.claude.com/docs, 2026-11)."""

import re
from dataclasses import dataclass
from typing import Any, Literal

_FIRST = re.compile(r"claude-(?:instant|2|3-(?:opus|sonnet|haiku))")
_SECOND = re.compile(r"claude-3-5")
_THIRD = re.compile(r"claude-3-7|claude-(?:opus|sonnet)-4(?:-[01])?(?:-\d{8}|[@:]|-v\d|-latest|$)")
_FOURTH = re.compile(r"claude-(?:opus|sonnet|haiku)-4-5\b")
_FIFTH = re.compile(r"claude-(?:opus|sonnet|haiku)-4-6\b")
_UNFORCED = re.compile(r"claude-(?:opus-5-[5-9]|fable-5-[1-9]|[a-z]+-[6-9])")
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 24_576, "max": 28_672}
_LEAST_BUDGET = 1024


@dataclass(frozen=True, slots=True)
class Traits:
    """How a model thinks, its limit where nobody sets one, whether it takes a schema, sampling and a forced
    tool (not since Opus 5.5: the docs, what's new)."""

    thinking: Literal["none", "budget", "adaptive"]
    output_tokens: int
    takes_schema: bool
    takes_sampling: bool
    takes_forced: bool = True


_GENERATIONS = (
    (_FIRST, Traits("none", 4096, takes_schema=False, takes_sampling=True)),
    (_SECOND, Traits("none", 8192, takes_schema=False, takes_sampling=True)),
    (_THIRD, Traits("budget", 32_000, takes_schema=False, takes_sampling=True)),
    (_FOURTH, Traits("budget", 32_000, takes_schema=True, takes_sampling=True)),
    (_FIFTH, Traits("adaptive", 32_000, takes_schema=True, takes_sampling=True)),
    (_UNFORCED, Traits("adaptive", 32_000, takes_schema=True, takes_sampling=False, takes_forced=False)),
)
_LATER = Traits("adaptive", 32_000, takes_schema=True, takes_sampling=False)


def traits_of(model: str) -> Traits:
    """The traits of the model's generation; a name that none has is taken for a later one."""
    return next((traits for pattern, traits in _GENERATIONS if pattern.search(model)), _LATER)


def thinking_of(traits: Traits, effort: str | None, most: int) -> tuple[dict[str, Any], str | None]:
    """The `thinking` field and the effort beside it; nothing where the model or the wish has none.

    A budget leaves at least half of `most` output tokens to the answer.
    """
    if not effort or effort == "none" or traits.thinking == "none":
        return {}, None
    if traits.thinking == "adaptive":
        return {"type": "adaptive", "display": "summarized"}, "low" if effort == "minimal" else effort
    budget = min(_BUDGETS.get(effort, _BUDGETS["medium"]), most // 2)
    return ({"type": "enabled", "budget_tokens": budget} if budget >= _LEAST_BUDGET else {}), None
