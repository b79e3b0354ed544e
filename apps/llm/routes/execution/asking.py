"""What is asked of a route, what came of it, and one model's call as a visible step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from apps.llm import gateway
from apps.llm.gateway import Caller, ChatCall, GuardrailRefusedError, ModelNotFoundError, RefusedError, RunRef
from apps.llm.gateway.texts import texts_of
from apps.llm.vendors.base import ErrorKind, Finished, TextDelta, Usage, VendorError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.llm.gateway import Outcome
    from apps.llm.routes.execution.voices import Voice
    from apps.llm.routes.planning import Offered
    from apps.llm.routes.traits import Traits
    from apps.llm.vendors.base import ChatMessage, ChatRequest, Delta
    from apps.runs.context import RunContext, StepHandle

STEP: Final = "route_call"
CHECK_TOKENS: Final = 2_000
CHECKING: Final = frozenset({"check", "recheck", "compare", "classify"})
"""Roles in which a model is asked by us, in a form that its own instructions would break."""
WORDS: Final = {
    "answer": ("Asking {}", "{} answered"),
    "draft": ("{} drafts an answer", "{} drafted an answer"),
    "check": ("{} checks the draft", "{} checked the draft"),
    "recheck": ("{} checks the revision", "{} checked the revision"),
    "revision": ("{} revises the answer", "{} revised the answer"),
    "compare": ("{} compares the answers", "{} compared the answers"),
    "merge": ("{} merges the answers", "{} merged the answers"),
    "classify": ("{} sorts the question", "{} sorted the question"),
}


class TooLongError(Exception):
    """The question does not fit this model."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question. `request` words it for one model and raises TooLongError where it does not fit.

    `original`: what was asked first, where `request` is about that and holds not all of it.
    """

    request: Callable[[Offered], ChatRequest]
    traits: Traits
    question: str
    sources: str = ""
    original: Callable[[Offered], ChatRequest] | None = None

    def followed_by(self, more: Callable[[Offered], tuple[ChatMessage, ...]]) -> Ask:
        """The same question with further messages behind it, for a revision or a merge."""
        request = self.request

        def worded(model: Offered) -> ChatRequest:
            asked = request(model)
            return replace(asked, messages=(*asked.messages, *more(model)))

        return replace(self, request=worded)

    def instead(self, messages: Callable[[Offered], ChatRequest]) -> Ask:
        """Another request on the same question: a check, a comparison. It needs no ability."""
        traits = replace(self.traits, needs=frozenset())
        return replace(self, request=messages, traits=traits, original=self.original or self.request)

    def beside(self, model: Offered) -> tuple[str, ...]:
        """The texts of what was asked first, as far as the model could be asked that."""
        try:
            return tuple(texts_of(self.original(model)).texts) if self.original else ()
        except TooLongError:
            return (self.question, self.sources)


@dataclass(frozen=True, slots=True)
class Said:
    """Who answered, and in which way it ended."""

    model: Offered
    text: str
    finish: str


@dataclass(slots=True)
class Spent:
    """The tokens and the cost of all calls so far; `cost` is None once one of them is unknown.

    `notice` is what the last of them said of a budget that is nearly used.
    """

    usage: Usage | None = None
    cost: Decimal | None = Decimal(0)
    currency: str = ""
    notice: str = ""

    def add(self, outcome: Outcome) -> None:
        """Count one call."""
        self.notice = outcome.notice or self.notice
        usage = outcome.usage
        if usage is None:
            return
        before = self.usage or Usage(0, 0)
        self.usage = Usage(
            before.input_tokens + usage.input_tokens,
            before.output_tokens + usage.output_tokens,
            before.cached_tokens + usage.cached_tokens,
            before.reasoning_tokens + usage.reasoning_tokens,
            before.estimated or usage.estimated,
        )
        currency = outcome.currency or self.currency
        if self.cost is None or outcome.cost is None or (self.currency and currency != self.currency):
            self.cost = None
        else:
            self.cost += outcome.cost
        self.currency = currency


@dataclass(slots=True)
class _Step:
    """One call as people see it, and what it has said."""

    step: StepHandle
    model: Offered
    role: str
    said: list[str] = field(default_factory=list)
    finish: str = ""

    @classmethod
    def begin(cls, ctx: RunContext, model: Offered, role: str) -> _Step:
        doing, _ = WORDS.get(role, WORDS["answer"])
        named = {"slug": model.slug, "name": model.name}
        return cls(ctx.step(STEP, doing.format(model.name)[:200], role=role, model=named), model, role)

    def note(self, delta: Delta) -> None:
        if isinstance(delta, TextDelta):
            self.said.append(delta.text)
        elif isinstance(delta, Finished):
            self.finish = delta.reason

    def check(self) -> None:
        """Raises VendorError(protocol) for an answer without a word."""
        if not self.said and self.finish != "tool_calls":
            raise VendorError(ErrorKind.PROTOCOL, "The model gave no answer.")

    def done(self, outcome: Outcome, *, is_heard: bool) -> Said:
        """It has ended well; words that nobody has heard as the answer are kept with the step."""
        _, did = WORDS.get(self.role, WORDS["answer"])
        text = "".join(self.said)
        shown = {} if is_heard else {"text": text}
        self.step.done(label=did.format(self.model.name), **numbers_of(outcome), **shown)
        return Said(self.model, text, self.finish)

    def failed(self, outcome: Outcome, error: BaseException) -> None:
        said = "broke off" if self.said else "did not answer"
        self.step.failed(label=f"{self.model.name} {said}", reason=_reason(error), **numbers_of(outcome))

    def left(self, outcome: Outcome) -> None:
        """The run was stopped or interrupted meanwhile: its end says which."""
        self.step.tell(**numbers_of(outcome))


@dataclass(slots=True)
class Calls:
    """Makes the calls of one run, each as a step that people see with model, time, tokens and cost.

    `broke_off` is whose answer people have heard a part of.
    """

    ctx: RunContext
    purpose: str
    conversation_id: UUID | None = None
    spent: Spent = field(default_factory=Spent)
    data_class: DataClass | None = None
    class_why: str = ""
    broke_off: Offered | None = None
    sources: frozenset[UUID] = frozenset()
    tools: Mapping[str, DataClass] = field(default_factory=dict)

    async def ask(self, model: Offered, ask: Ask, voice: Voice, role: str, *, retries: bool) -> Said:
        """One model's answer; raises VendorError, ModelNotFoundError, GuardrailRefusedError.

        An answer without a word is an error of the kind protocol: somebody else may give one.
        """
        try:
            request = ask.request(model)
        except TooLongError as error:
            raise VendorError(
                ErrorKind.CONTEXT_OVERFLOW, "The question is too long for the model."
            ) from error
        step = _Step.begin(self.ctx, model, role)
        call = self._call(model, request, role, retries=retries)
        stream = gateway.stream(replace(call, beside=ask.beside(model)))
        try:
            async with stream:
                async for delta in stream:
                    step.note(delta)
                    voice.say(delta)
            step.check()
        except BaseException as error:
            self.spent.add(stream.outcome)
            if step.said and voice.is_heard:
                self.broke_off = model
            if isinstance(error, Exception) or voice.is_late:
                step.failed(stream.outcome, error)
            else:
                step.left(stream.outcome)
            raise
        self.spent.add(stream.outcome)
        return step.done(stream.outcome, is_heard=voice.is_heard)

    def _call(self, model: Offered, request: ChatRequest, role: str, *, retries: bool) -> ChatCall:
        ctx = self.ctx
        return ChatCall(
            who=Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id),
            model_id=model.id,
            request=request,
            purpose=self.purpose,
            run=RunRef(ctx.run_id, ctx.fence),
            conversation_id=self.conversation_id,
            data_class=self.data_class,
            class_why=self.class_why,
            sources=self.sources,
            step=role,
            retries=retries,
            instructed=role not in CHECKING,
            tools=self.tools,
        )


def _reason(error: BaseException) -> str:
    """The kind of what went wrong; a cancelled call of a step that failed came too late."""
    if isinstance(error, VendorError):
        return error.kind.value
    if isinstance(error, asyncio.CancelledError):
        return ErrorKind.TIMEOUT.value
    if isinstance(error, GuardrailRefusedError):
        return ErrorKind.CONTENT_FILTER.value
    if isinstance(error, RefusedError):
        return error.kind
    return ErrorKind.NOT_FOUND.value if isinstance(error, ModelNotFoundError) else ErrorKind.SERVER.value


def numbers_of(outcome: Outcome) -> dict[str, Any]:
    """What a step shows of a call: tokens, cost (None: unknown), milliseconds to the first word."""
    usage = outcome.usage
    return {
        "input_tokens": usage.input_tokens if usage else None,
        "output_tokens": usage.output_tokens if usage else None,
        "cost": None if outcome.cost is None else f"{outcome.cost.normalize():f}",
        "currency": outcome.currency,
        "ms_first": outcome.ms_first,
    }
