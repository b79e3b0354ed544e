"""Several models answer at once; one compares their claims and merges them, under a cost cap."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.llm.errors import ModelNotFoundError
from apps.llm.gateway.estimate import tokens_of_bytes, tokens_of_request
from apps.llm.routes import planning, prompts
from apps.llm.routes.execution.asking import CHECK_TOKENS, Said, TooLongError
from apps.llm.routes.execution.voices import Gathered
from apps.llm.vendors.base import ChatRequest, VendorError
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.llm.routes.definitions import Cap, Ensemble, Ref
    from apps.llm.routes.execution.asking import Ask
    from apps.llm.routes.execution.performing import Performance
    from apps.llm.routes.execution.voices import Voice
    from apps.llm.routes.planning import Offered

MEMBER_TOKENS = 2_048
ORDERS = 500
"""Tokens of our own words to the synthesiser, in each of its two calls."""
UNKNOWN = "its price is not known, so that it could break the cost cap"
DEAR = "it would break the cost cap"


async def ensemble(performance: Performance, definition: Ensemble, ask: Ask, voice: Voice) -> Said:
    """The merged answer; `found` gets each claim with who agrees and who does not."""
    members = _affordable(performance, definition, ask)
    plain = _without_tools(ask)
    answers = await _all(performance, members, plain)
    if not answers:
        raise ModelNotFoundError
    voices = [
        {"number": n, "slug": said.model.slug, "name": said.model.name} for n, said in enumerate(answers, 1)
    ]
    performance.found["members"] = voices
    if len(answers) == 1 or not _may_go_on(performance, definition, ask, answers):
        first = answers[0]
        performance.trail.append(
            f"Only {first.model.name}'s answer is shown: there was nothing to merge it with."
            if len(answers) == 1
            else f"{first.model.name}'s answer is shown: to merge them would break the cost cap."
        )
        Gathered.of(first.text).replay(voice)
        return first
    claims = await _compared(performance, definition, plain, answers)
    merged = plain.followed_by(
        lambda model: prompts.merging([said.text for said in answers], claims, model.window)
    )
    try:
        said = await performance.perform(definition.synthesiser, merged, voice, "merge")
    except (VendorError, ModelNotFoundError):
        if not voice.restart():
            raise
        performance.trail.append(
            f"{answers[0].model.name}'s answer is shown: the answers could not be merged."
        )
        Gathered.of(answers[0].text).replay(voice)
        return answers[0]
    performance.trail.append(f"{len(answers)} models answered; their answers were merged.")
    return said


async def _all(performance: Performance, members: Sequence[Ref], ask: Ask) -> list[Said]:
    """The answers that came, in the members' order; raises the last failure where none came."""

    async def one(number: int, ref: Ref) -> Said | Exception:
        try:
            return await performance.perform(ref, ask, Gathered(), f"member {number}", spare=True)
        except Exception as error:  # noqa: BLE001 - told apart below, once all have ended
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number, ref)) for number, ref in enumerate(members, 1)]
    results = [task.result() for task in tasks]
    errors = [result for result in results if isinstance(result, Exception)]
    for error in errors:
        if not isinstance(error, VendorError | ModelNotFoundError):
            raise error
    for ref, result in zip(members, results, strict=True):
        if isinstance(result, VendorError):
            performance.trail.append(f"{performance.name(ref)} did not answer.")
    said = [result for result in results if isinstance(result, Said)]
    if not said and errors:
        raise errors[-1]
    return said


async def _compared(
    performance: Performance, definition: Ensemble, ask: Ask, answers: Sequence[Said]
) -> tuple[prompts.Claim, ...]:
    """The claims; none where the comparison failed: the merged answer then stands alone."""
    heard = Gathered()
    texts = [said.text for said in answers]
    asked = ask.instead(
        lambda model: ChatRequest(
            "", prompts.comparing(ask.question, texts, model.window), max_tokens=CHECK_TOKENS
        )
    )
    try:
        await performance.perform(definition.synthesiser, asked, heard, "compare")
    except (VendorError, ModelNotFoundError):
        performance.trail.append("The answers could not be compared claim by claim.")
        return ()
    claims = prompts.claims_of(heard.text, len(answers))
    performance.found["claims"] = [_shown(claim) for claim in claims]
    if not claims:
        performance.trail.append("The answers could not be compared claim by claim.")
    return claims


def _shown(claim: prompts.Claim) -> dict[str, Any]:
    return {
        "text": claim.text,
        "agree": list(claim.agree),
        "disagree": list(claim.disagree),
        "state": claim.state,
    }


def _without_tools(ask: Ask) -> Ask:
    """Members and synthesiser answer in words: a merged tool call would be nobody's."""
    request = ask.request

    def worded(model: Offered) -> ChatRequest:
        asked = request(model)
        return replace(asked, tools=(), tool_choice=None, max_tokens=asked.max_tokens or MEMBER_TOKENS)

    return replace(ask, request=worded)


def _affordable(performance: Performance, definition: Ensemble, ask: Ask) -> list[Ref]:
    """The members that are open and stay under the cap together with comparing and merging.

    Decided before any is asked. What one reads and writes at most comes from its own request.
    """
    refs = [ref for ref in definition.members if performance.is_open(ref)]
    if not performance.is_open(definition.synthesiser):
        raise ModelNotFoundError
    cap = definition.cap
    if cap is None:
        return refs
    kept: list[Ref] = []
    total, said = Decimal(0), 0
    for ref in refs:
        bound = _bound(performance, ref, ask, cap)
        write = bound.output if bound else 0
        merging = _merging(performance, definition, ask, said + write)
        if bound is None or merging is None:
            performance.trail.append(f"{performance.name(ref)} was left out: {UNKNOWN}.")
        elif total + bound.cost + merging > cap.amount:
            performance.trail.append(f"{performance.name(ref)} was left out: {DEAR}.")
        else:
            kept.append(ref)
            total, said = total + bound.cost, said + write
    if not kept:
        raise _capped(cap)
    return kept


@dataclass(frozen=True, slots=True)
class _Bound:
    """The most that one call reads and writes, in tokens, and what that costs."""

    input: int
    output: int
    cost: Decimal


def _bound(performance: Performance, ref: Ref, ask: Ask, cap: Cap) -> _Bound | None:
    """Of a model's answer to the question; None where its price is not known in the cap's currency."""
    model = performance.plan.model(ref)
    if model is None or model.price is None or model.price.currency != cap.currency:
        return None
    try:
        request = _without_tools(ask).request(model)
    except TooLongError:
        return _Bound(0, 0, Decimal(0))
    read, write = tokens_of_request(request), request.max_tokens or MEMBER_TOKENS
    spent = planning.cost(model.price, read, write)
    return None if spent is None else _Bound(read, write, spent)


def _merging(performance: Performance, definition: Ensemble, ask: Ask, said: int) -> Decimal | None:
    """The most that comparing and merging answers of so many tokens costs; None where that is not known."""
    cap = definition.cap
    model = performance.plan.model(definition.synthesiser)
    own = None if cap is None else _bound(performance, definition.synthesiser, ask, cap)
    if own is None or model is None:
        return None
    return planning.cost(model.price, 2 * (own.input + ORDERS + said), CHECK_TOKENS + own.output)


def _may_go_on(performance: Performance, definition: Ensemble, ask: Ask, answers: Sequence[Said]) -> bool:
    """Whether what was really spent leaves enough for comparing and merging."""
    if definition.cap is None:
        return True
    spent = performance.calls.spent.cost
    said = sum(tokens_of_bytes(len(each.text.encode())) for each in answers)
    merging = _merging(performance, definition, ask, said)
    return spent is not None and merging is not None and spent + merging <= definition.cap.amount


def _capped(cap: Cap) -> RunError:
    return RunError(
        "cost_cap",
        "This question would cost more than allowed",
        f"The route may spend {cap.amount:f} {cap.currency} on one question, and no model surely stays below "
        "that. Your message is saved; nothing was sent. Shorten it, or choose another model.",
        retryable=False,
    )
