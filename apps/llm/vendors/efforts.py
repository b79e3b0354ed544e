"""Reasoning efforts in the words that each host takes. A word that it does not know fails the whole call."""

import re
from collections.abc import Callable

LADDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The least first. Groq's `default` is any thinking at all."""
_ANY_THOUGHT = "default"
_THREE = ("low", "medium", "high")
_FOUR = ("none", *_THREE)
_O_SERIES = re.compile(r"(?:^|[/:])o\d", re.IGNORECASE)
_GPT = re.compile(r"gpt-(?P<major>\d+)(?:\.(?P<minor>\d+))?", re.IGNORECASE)

Efforts = Callable[[str], tuple[str, ...] | None]
"""What a model takes, by its id: None where the host takes any word, nothing where it takes none."""


def any_effort(model: str) -> tuple[str, ...] | None:
    """Any, but for OpenAI's open models, which know three wherever they run."""
    return _THREE if "gpt-oss" in model.lower() else None


def these(*efforts: str) -> Efforts:
    """The same for every model of a host, but for OpenAI's open ones."""

    def taken(model: str) -> tuple[str, ...]:
        return any_effort(model) or efforts

    return taken


THREE, FOUR = these(*_THREE), these(*_FOUR)


def openai_efforts(model: str) -> tuple[str, ...] | None:
    """By generation: `minimal` went with GPT-5.1, `none` and later `xhigh` came (the reasoning guide)."""
    if _O_SERIES.search(model):
        return _THREE
    found = _GPT.search(model)
    if found is None or (generation := (int(found["major"]), int(found["minor"] or 0))) < (5, 0):
        return any_effort(model)
    if "pro" in model.lower() and generation < (5, 2):
        return ("high",)
    if generation == (5, 0):
        return ("minimal", *_THREE)
    return _FOUR if generation == (5, 1) and "max" not in model.lower() else (*_FOUR, "xhigh")


def grok_efforts(model: str) -> tuple[str, ...]:
    """Grok 3 mini knows two (docs.x.ai/docs/guides/reasoning)."""
    return ("low", "high") if "grok-3-mini" in model.lower() else _FOUR


def groq_efforts(model: str) -> tuple[str, ...]:
    """Qwen 3 switches thinking, from 3.8 on it takes efforts (console.groq.com/docs/reasoning)."""
    if "qwen3.8" in model:
        return _FOUR
    if "qwen3" in model:
        return ("none", _ANY_THOUGHT)
    return any_effort(model) or ()


def nearest(asked: str, taken: tuple[str, ...] | None) -> str | None:
    """The effort taken that is nearest to the one asked, the stronger of two; None where none is taken.

    A word that stands on no ladder goes out as it is, for the host to judge.
    """
    if taken is None or asked in taken or (taken and asked not in LADDER):
        return asked
    if _ANY_THOUGHT in taken:
        return _ANY_THOUGHT
    place = LADDER.index(asked) if taken else 0
    return min(taken, key=lambda effort: _distance(effort, place), default=None)


def _distance(effort: str, place: int) -> tuple[int, int]:
    found = LADDER.index(effort)
    return abs(found - place), -found
