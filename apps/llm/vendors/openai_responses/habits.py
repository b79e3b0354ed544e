"""What models reject, by documented family: a parameter that a model refuses fails the whole call.

OpenAI: platform.openai.com/docs/guides/reasoning and .../latest-model (temperature and top_p only with effort
"none"; encrypted reasoning only where there is reasoning). xAI: docs.x.ai/docs/guides/reasoning (no stop
sequences, no penalties).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from apps.llm.vendors.base import ChatRequest
from apps.llm.vendors.efforts import Efforts, any_effort, grok_efforts, openai_efforts
from apps.llm.vendors.openai_words import PENALTIES, VERBOSITY

_OPENAI_REASONING = re.compile(r"(?:^|[/:])(?:o\d|gpt-(?:[5-9]|\d\d)|codex|computer-use)", re.IGNORECASE)
_OPENAI_PLAIN = re.compile(r"-chat(?:-latest)?\b", re.IGNORECASE)
_OPENAI_VERBOSE = re.compile(r"gpt-(?:[5-9]|\d\d)", re.IGNORECASE)
_GROK = re.compile(r"grok", re.IGNORECASE)
_GROK_PLAIN = re.compile(r"grok-(?:[12]\b|3(?!-mini)|beta)|non-reasoning", re.IGNORECASE)
_GROK_EFFORT = re.compile(
    r"grok-(?:3-mini|latest|4\.[3-9](?!\d)|[5-9]|4\.20-multi-agent)(?!.*non-reasoning)", re.IGNORECASE
)
_NO_EFFORT = "none"


@dataclass(frozen=True, slots=True)
class Habits:
    """What one host's models take, by the model's id; `efforts` are the words for an effort."""

    host: str
    reasons: Callable[[str], bool]
    takes_effort: Callable[[str], bool]
    efforts: Efforts = any_effort
    instructions: bool = True
    samples_while_reasoning: bool = False
    seals_always: bool = False

    def samples(self, model: str, effort: str | None) -> bool:
        """True when the model takes temperature and top_p at this effort."""
        return self.samples_while_reasoning or not self.reasons(model) or effort == _NO_EFFORT

    def verbose(self, model: str) -> bool:
        """True when the model takes a verbosity: OpenAI's from GPT-5 on."""
        return self.reasons(model) and bool(_OPENAI_VERBOSE.search(model))

    def seals(self, model: str) -> bool:
        """True when encrypted reasoning may be asked for."""
        return self.seals_always or self.reasons(model)


def of_family(habits: Habits, *, reasons: bool) -> Habits:
    """The same for a host all of whose models reason, or none."""

    def answer(model: str) -> bool:
        del model
        return reasons

    return replace(habits, reasons=answer, takes_effort=answer)


def refused_settings(habits: Habits, request: ChatRequest) -> frozenset[str]:
    """Settings of chat completions that the request's model refuses."""
    refused = {"stop", *PENALTIES} if habits.reasons(request.model) else set()
    if not habits.verbose(request.model):
        refused.add(VERBOSITY)
    if not habits.samples(request.model, request.reasoning_effort):
        refused |= {"temperature", "top_p"}
    if not habits.takes_effort(request.model):
        refused.add("reasoning_effort")
    return frozenset(refused)


def openai_reasons(model: str) -> bool:
    """True for the o-series, GPT-5 and later, not for their chat variants."""
    return bool(_OPENAI_REASONING.search(model)) and not _OPENAI_PLAIN.search(model)


def grok_reasons(model: str) -> bool:
    """True for Grok 3 mini and all from Grok 4 on that are not named non-reasoning."""
    return bool(_GROK.search(model)) and not _GROK_PLAIN.search(model)


def grok_takes_effort(model: str) -> bool:
    """True where the effort can be set; elsewhere the model's name decides and the parameter is refused."""
    return bool(_GROK_EFFORT.search(model))


OPENAI = Habits("openai", openai_reasons, openai_reasons, openai_efforts)
AZURE = Habits("azure_openai", openai_reasons, openai_reasons, openai_efforts)
_ANY = Habits("perplexity", openai_reasons, openai_reasons)
PERPLEXITY = replace(of_family(_ANY, reasons=True), reasons=of_family(_ANY, reasons=False).reasons)
XAI = Habits(
    "xai",
    grok_reasons,
    grok_takes_effort,
    grok_efforts,
    instructions=False,
    samples_while_reasoning=True,
    seals_always=True,
)
