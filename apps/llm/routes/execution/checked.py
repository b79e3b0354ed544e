"""Answers that are checked before a person sees them: judge and cascade.

The draft is kept back until its check, so that an answer never begins twice; what follows streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError
from apps.llm.routes import prompts
from apps.llm.routes.execution.asking import CHECK_TOKENS
from apps.llm.routes.execution.voices import Gathered
from apps.llm.routes.prompts import Verdict
from apps.llm.vendors.base import ChatRequest, VendorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.llm.routes.definitions import Cascade, Judge, Ref
    from apps.llm.routes.execution.asking import Ask, Said
    from apps.llm.routes.execution.performing import Performance
    from apps.llm.routes.execution.voices import Voice
    from apps.llm.routes.planning import Offered
    from apps.llm.vendors.base import ChatMessage

UNCHECKED = Verdict(None, ("The check itself failed, so this answer was not checked.",))
TOOLS = "tool_calls"


async def judge(performance: Performance, definition: Judge, ask: Ask, voice: Voice) -> Said:
    """The draft where it passes or could not be checked, else one revision; `found` gets the verdicts.

    The revision streams and is checked after its last word: a third answer is never made.
    """
    if not performance.is_open(definition.judge):
        raise ModelNotFoundError
    heard = Gathered()
    draft = await performance.perform(definition.answerer, ask, heard, "draft")
    if draft.finish == TOOLS:
        performance.trail.append("Not checked: the model asked for a tool first.")
        heard.replay(voice)
        return draft
    verdict = await _judged(performance, definition, ask, draft, "check")
    _tell(performance, verdict, draft)
    if verdict.passed is not False:
        heard.replay(voice)
        return draft
    revised = ask.followed_by(lambda model: prompts.revising(draft.text, verdict.reasons))
    revision = await performance.perform(definition.answerer, revised, voice, "revision")
    await _check_again(performance, definition, ask, revision)
    return revision


async def _check_again(performance: Performance, definition: Judge, ask: Ask, revision: Said) -> None:
    """The verdict on a revision, which people have read by then: it is told, and nothing is written anew."""
    if revision.finish == TOOLS:
        performance.trail.append("The revision was not checked: the model asked for a tool first.")
        return
    verdict = await _judged(performance, definition, ask, revision, "recheck")
    said = _result(verdict)
    performance.found["verdict"]["revision"] = {"result": said, "reasons": list(verdict.reasons)}
    words = {
        "passed": "The revision passed its check.",
        "failed": "The revision failed its check too.",
        "unchecked": "The revision could not be checked.",
    }
    performance.trail.append(words[said])


async def _judged(performance: Performance, definition: Judge, ask: Ask, said: Said, role: str) -> Verdict:
    return await _checked(
        performance,
        definition.judge,
        ask,
        lambda model: prompts.judging(ask.question, said.text, ask.sources, model.window),
        prompts.verdict_of,
        role,
    )


def _result(verdict: Verdict) -> str:
    return {True: "passed", False: "failed", None: "unchecked"}[verdict.passed]


def _tell(performance: Performance, verdict: Verdict, draft: Said) -> None:
    said = _result(verdict)
    performance.found["verdict"] = {
        "result": said,
        "reasons": list(verdict.reasons),
        "revised": verdict.passed is False,
        "draft_by": draft.model.name,
    }
    words = {
        "passed": "The answer passed its check.",
        "failed": "The first answer failed its check and was revised.",
        "unchecked": "The answer could not be checked.",
    }
    performance.trail.append(words[said])


async def cascade(performance: Performance, definition: Cascade, ask: Ask, voice: Voice, role: str) -> Said:
    """The first model's answer where the checker finds it enough or no other comes, else the second's."""
    heard = Gathered()
    said = await _first(performance, definition, ask, heard)
    if said is None:
        return await performance.perform(definition.second, ask, voice, role)
    if said.finish == TOOLS or await _stands(performance, definition, ask, said):
        heard.replay(voice)
        return said
    try:
        return await performance.perform(definition.second, ask, voice, role)
    except (VendorError, ModelNotFoundError):
        if not voice.restart():
            raise
        performance.trail.append(
            f"The first answer stands: {performance.name(definition.second)} did not answer."
        )
        heard.replay(voice)
        return said


async def _stands(performance: Performance, definition: Cascade, ask: Ask, said: Said) -> bool:
    """Whether nobody else is asked: the checker is content, or nobody stronger is open."""
    verdict = await _suffices(performance, definition, ask, said)
    reason = f" {verdict.reasons[0]}" if verdict.reasons else ""
    performance.found["cascade"] = {"sufficient": verdict.passed, "reasons": list(verdict.reasons)}
    if verdict.passed:
        performance.trail.append(f"{said.model.name} was found sufficient.{reason}")
        return True
    if not performance.is_open(definition.second):
        performance.trail.append("The first answer stands: nobody stronger is open to this team.")
        return True
    performance.trail.append(f"{said.model.name} was not found sufficient.{reason}")
    return False


async def _first(performance: Performance, definition: Cascade, ask: Ask, heard: Gathered) -> Said | None:
    """The first answer; None where the second model has to answer at once."""
    has_second = performance.is_open(definition.second)
    if not performance.is_open(definition.first):
        return None
    try:
        return await performance.perform(definition.first, ask, heard, "draft", spare=has_second)
    except (VendorError, ModelNotFoundError):
        if not has_second:
            raise
        performance.trail.append(f"{performance.name(definition.first)} did not answer.")
        return None


async def _suffices(performance: Performance, definition: Cascade, ask: Ask, said: Said) -> Verdict:
    """The checker's finding; a check that fails sends the question on to the stronger model."""
    if not performance.is_open(definition.checker):
        return UNCHECKED
    return await _checked(
        performance,
        definition.checker,
        ask,
        lambda model: prompts.checking(ask.question, said.text, model.window),
        prompts.sufficiency_of,
    )


async def _checked(
    performance: Performance,
    checker: Ref,
    ask: Ask,
    messages: Callable[[Offered], tuple[ChatMessage, ...]],
    read: Callable[[str], Verdict],
    role: str = "check",
) -> Verdict:
    heard = Gathered()
    asked = ask.instead(lambda model: ChatRequest("", messages(model), max_tokens=CHECK_TOKENS))
    try:
        await performance.perform(checker, asked, heard, role)
    except (VendorError, ModelNotFoundError, GuardrailRefusedError):
        return UNCHECKED
    verdict = read(heard.text)
    return UNCHECKED if verdict.passed is None else verdict
