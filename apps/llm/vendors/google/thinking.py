"""Reasoning effort in Gemini's words: a level since Gemini 3, a budget of tokens in 2.5, nothing before.

The budgets are those of Google's own OpenAI dialect: https://ai.google.dev/gemini-api/docs/openai.
At Pro models and from 3.7 Flash on the level `minimal` fails (there, "Thinking levels").
"""

import re
from typing import Any

_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
_LEVELS = {"none": "minimal", "minimal": "minimal", "low": "low", "medium": "medium", "high": "high"}
_LEAST_OF_PRO = 128
_TAKES_MINIMAL = re.compile(r"flash-lite|gemini-3(?:\.[0-6])?-flash")
_SILENT = re.compile(r"image|tts|audio|live|embedding|robotics|computer-use|gemma|gemini-(?:1|2\.0)")
_GEMINI = re.compile(r"gemini-(?:(?P<major>\d+)(?:\.\d+)?|\w[\w-]*-latest|flash|pro)")


def thinking_config(model: str, effort: str | None) -> dict[str, Any] | None:
    """What to ask for, thoughts included so that they can be read; None for models that do not think."""
    name = model.lower()
    found = _GEMINI.search(name)
    if found is None or _SILENT.search(name):
        return None
    if effort is None:
        return {"includeThoughts": True}
    if found["major"] == "2":
        return _budget(name, effort)
    level = _LEVELS.get(effort, "high")
    if level == "minimal" and not _TAKES_MINIMAL.search(name):
        level = "low"
    return {"includeThoughts": True, "thinkingLevel": level}


def _budget(name: str, effort: str) -> dict[str, Any]:
    budget = _BUDGETS.get(effort, _BUDGETS["high"])
    if budget == 0 and "pro" in name:
        budget = _LEAST_OF_PRO
    return {"includeThoughts": budget > 0, "thinkingBudget": budget}
