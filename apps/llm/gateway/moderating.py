"""Asking a model whether a text is allowed, before it is sent or while an answer comes in.

The text goes as it would leave, with placeholders, to a model that the team may use and that is cleared for
it: a call of its own through the gateway, with its own row in the ledger, which no rule reads again.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from apps.guardrails.classes import DataClass, highest
from apps.guardrails.guarding import fingerprint, why_raised
from apps.guardrails.moderation import SCHEMA, Judged, asked, between, categories_in, order_for, refusal
from apps.guardrails.policy import GuardrailRefusedError, Hit, Memory, Outgoing
from apps.guardrails.rules import Action
from apps.llm.errors import ModelNotFoundError
from apps.llm.gateway.calls import ChatCall, ImageCall
from apps.llm.vendors.base import ChatMessage, ChatRequest, ErrorKind, TextDelta, VendorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from apps.guardrails.moderation import Moderation
    from apps.guardrails.policy import Moderators
    from apps.guardrails.rules import Active
    from apps.llm.gateway.calls import AnyCall

PURPOSE: Final = "moderation"
WINDOW: Final = 24_000
"""Code points of one question."""
MOST_WINDOWS: Final = 8
"""Questions for one text: of what is longer nobody can say what it is."""
OVERLAP: Final = 400
"""Code points that two windows share."""
EVERY: Final = 2_000
"""Code points of a growing answer after which it is asked about."""
STOP_SECONDS: Final = 6.0
"""What a stopped answer waits for the last answers about it: less than its run is given to end."""
ANSWER_TOKENS: Final = 1_000


def is_moderated(call: AnyCall) -> bool:
    """Whether models are asked about it: something is made of what it sends. Vectors and scores are not."""
    return isinstance(call, ImageCall) or (isinstance(call, ChatCall) and not call.moderates)


async def moderated(call: AnyCall, outgoing: Outgoing) -> Outgoing:
    """What may leave, once the models have been asked; raises GuardrailRefusedError, GuardrailAskError."""
    moderators = outgoing.moderators
    if moderators is None or not moderators.sending:
        return outgoing
    sent_class = highest([call.data_class, outgoing.data_class])
    text = "\n\n".join(filter(None, outgoing.texts))
    found = await verdicts(call, moderators.sending, text, sent_class)
    shadows = [each.hit() for each in found if each.active.is_shadow and _is_told(each)]
    acting = [each for each in found if not each.active.is_shadow and _is_told(each)]
    for each in acting:
        if each.blocks:
            raise refusal(each, [each.hit(), *shadows])
    agreed = _agreed(acting, moderators, shadows)
    data_class, why = _class(acting, outgoing)
    knows = moderators.known
    memory = outgoing.memory
    if agreed > knows.agreed:
        memory = Memory(memory.placeholders if memory else knows.placeholders, agreed)
    hits = [*outgoing.hits, *map(_passed, acting), *shadows]
    return replace(outgoing, hits=hits, data_class=data_class, why=why, memory=memory)


def _is_told(judged: Judged) -> bool:
    return judged.categories is None or bool(judged.categories)


def _passed(judged: Judged) -> Hit:
    hit = judged.hit()
    return replace(hit, outcome="agreed") if hit.outcome == "asked" else hit


def _agreed(acting: Sequence[Judged], moderators: Moderators, shadows: Sequence[Hit]) -> frozenset[str]:
    known = moderators.known
    agreed, asking = set(known.agreed), []
    for each in acting:
        rule = each.active.rule
        if rule.action is not Action.WARN or not each.categories:
            continue
        mark = fingerprint(rule.id, each.finding)
        if rule.id in known.confirmed:
            agreed.add(mark)
        elif mark not in agreed:
            asking.append(each)
    if asking:
        raise asked(asking, [*(each.hit() for each in asking), *shadows])
    return frozenset(agreed)


def _class(acting: Sequence[Judged], outgoing: Outgoing) -> tuple[DataClass | None, str]:
    """The class of the call, and the rule that gave it."""
    best, why = outgoing.data_class, outgoing.why
    for each in acting:
        rule = each.active.rule
        if not each.categories:
            continue
        wanted = rule.class_of([each.finding.kind]) if rule.action is Action.ROUTE else rule.data_class
        if wanted is not None and wanted > (best or 0):
            best, why = wanted, why_raised(rule, wanted)
    return best, why


async def verdicts(
    call: AnyCall, actives: Iterable[Active], text: str, data_class: DataClass | None
) -> list[Judged]:
    """What each rule's model says of the text."""
    return await asyncio.gather(*(_judge(call, active, text, data_class) for active in actives))


async def _judge(call: AnyCall, active: Active, text: str, data_class: DataClass | None) -> Judged:
    moderation = active.rule.moderation
    assert moderation is not None  # noqa: S101 - for the type checker: rules without one are not asked
    starts = range(0, max(len(text), 1), WINDOW - OVERLAP)
    if not text.strip() or len(starts) > MOST_WINDOWS:
        return Judged(active, None if text.strip() else ())
    asks = (_said(call, moderation, text[at : at + WINDOW], data_class) for at in starts)
    try:
        async with asyncio.timeout(moderation.seconds):
            said = await asyncio.gather(*asks)
    except TimeoutError:
        return Judged(active, None)
    found = set(chain.from_iterable(each for each in said if each is not None))
    named = tuple(name for name in moderation.categories if name in found)
    return Judged(active, None if not named and None in said else named)


async def _said(
    call: AnyCall, moderation: Moderation, text: str, data_class: DataClass | None
) -> frozenset[str] | None:
    """The categories that the model names; None where it can not be asked or understood."""
    mark = secrets.token_hex(4)
    messages = (
        ChatMessage.text("system", order_for(moderation, mark)),
        ChatMessage.text("user", between(text, mark)),
    )
    request = ChatRequest("", messages, temperature=0.0, max_tokens=ANSWER_TOKENS, response_format=SCHEMA)
    asking = ChatCall(
        call.who,
        moderation.model_id,
        request,
        PURPOSE,
        run=call.run,
        conversation_id=call.conversation_id,
        data_class=data_class,
        step=call.step,
        retries=False,
        moderates=True,
    )
    try:
        return categories_in(await _answer(asking))
    except VendorError as error:
        if error.kind is not ErrorKind.BAD_REQUEST:
            return None
    except (ModelNotFoundError, GuardrailRefusedError):
        return None
    try:  # a host that knows no schema
        return categories_in(await _answer(replace(asking, request=replace(request, response_format=None))))
    except (VendorError, ModelNotFoundError, GuardrailRefusedError):
        return None


async def _answer(call: ChatCall) -> str:
    from apps.llm.gateway.chat import ChatStream  # the stream itself asks here before it sends

    async with ChatStream(call) as stream:
        return "".join([delta.text async for delta in stream if isinstance(delta, TextDelta)])


class Windows:
    """Asks about an answer while it comes in, beside the stream: nobody waits but the end."""

    def __init__(self, call: ChatCall, receiving: Sequence[Active]) -> None:
        self._call = call
        self._receiving = receiving
        self._text = ""
        self._new = 0
        self._asking: set[asyncio.Task[list[Judged]]] = set()
        self.hits: list[Hit] = []

    def add(self, text: str) -> None:
        """What the model wrote next; raises GuardrailRefusedError for what was found by now."""
        if not self._receiving:
            return
        self._text += text
        self._new += len(text)
        if self._new >= EVERY:
            self._ask()
        self._take([task for task in self._asking if task.done()])

    async def finish(self) -> None:
        """Ask about the rest and wait for all answers; raises GuardrailRefusedError."""
        if self._new:
            self._ask()
        while self._asking:
            done, _ = await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)
            self._take(done)

    async def finish_stopped(self) -> None:
        """As `finish`, of an answer that is stopped and whose run has to end soon: within STOP_SECONDS.

        What is not said by then, or when it is cancelled once more, counts as not to be checked.
        """
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.finish()
        except TimeoutError:
            self._take_unsaid()
        except asyncio.CancelledError:
            self._take_unsaid()
            raise

    def cancel(self) -> None:
        """Ask no more: the answer is stopped or withdrawn."""
        for task in self._asking:
            task.cancel()

    def _ask(self) -> None:
        judging = verdicts(self._call, self._receiving, self._text, self._call.data_class)
        self._asking.add(asyncio.ensure_future(judging))
        self._text, self._new = self._text[-OVERLAP:], 0

    def _take(self, done: Iterable[asyncio.Task[list[Judged]]]) -> None:
        for task in done:
            self._asking.discard(task)
            self._hold(task.result())

    def _take_unsaid(self) -> None:
        self._hold([Judged(active, None) for active in self._receiving])

    def _hold(self, judged: Iterable[Judged]) -> None:
        for each in filter(_is_told, judged):
            self.hits.append(each.hit(comes_in=True))
            if each.blocks and not each.active.is_shadow:
                raise refusal(each, (), comes_in=True)
