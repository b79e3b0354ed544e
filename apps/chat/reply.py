"""The run that answers a question: look up, ask the model, cite. Runs on the engine's loop."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.chat import failures, prompting
from apps.chat.citing import CITATION, cited_in, nearest_note
from apps.chat.classing import class_keep
from apps.chat.ending import LEAD
from apps.chat.limits import keep_to_limits
from apps.chat.loading import Chosen, Job, load_extractive, load_job
from apps.chat.painting import paint
from apps.chat.routed import Routed, chosen_of, cleared_instead, stored
from apps.chat.searching import Found, search
from apps.chat.unanswered import note_unanswered
from apps.chat.verified import cited_by_expert, verified_note
from apps.knowledge.notices import not_mentioned, nothing_found
from apps.llm import gateway
from apps.llm.errors import ClearanceRefusedError
from apps.llm.gateway import (
    Caller,
    ChatCall,
    GuardrailRefusedError,
    ModelNotFoundError,
    RefusedError,
    RunRef,
    VendorError,
)
from apps.llm.routes.switching import nobody_instead, switch_note
from apps.llm.sealing import SEALS, keep_seal
from apps.llm.vendors.base import ChatRequest, Finished, ReasoningDelta, TextDelta
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from decimal import Decimal

    from apps.chat.failures import Failure
    from apps.knowledge.retrieval import Passage
    from apps.llm.vendors.base import Usage
    from apps.runs.context import RunContext

NO_SOURCE = "no_source"
FALLBACK = "fallback"
WITHOUT_KNOWLEDGE = "without_knowledge"
BUDGET = "budget"
CUT_SHORT = "cut_short"


async def reply(ctx: RunContext) -> None:
    """Writes the answer into the run's log; `result` gets usage, annotations, sources and the model."""
    await keep_to_limits(ctx)
    conversation_id = UUID(ctx.input["conversation_id"])
    job = await ctx.look_up(
        load_job,
        conversation_id=conversation_id,
        question_id=UUID(ctx.input["question_id"]),
        answer_id=ctx.subject_id or ctx.run_id,
        user_id=ctx.user_id,
    )
    if job is None:
        raise RunError(
            "deleted", "This chat was deleted", "There is nothing left to answer.", retryable=False
        )
    ctx.remember(job.awaited)
    if ctx.input.get("knowledge", True) and not Chosen.of(ctx.input["model"]).paints:
        found = await search(ctx, job, conversation_id)
    else:
        found = Found(prompting.Grounding.NONE)
    await Reply(ctx, conversation_id, job, found).write()


class Reply:
    """One answer: asks the chosen model, falls back to quotes, and cites what was said in the end."""

    __slots__ = (
        "_asked",
        "_begun",
        "_conversation_id",
        "_ctx",
        "_found",
        "_given",
        "_job",
        "_notes",
        "_sent",
    )

    def __init__(self, ctx: RunContext, conversation_id: UUID, job: Job, found: Found) -> None:
        self._ctx = ctx
        self._conversation_id = conversation_id
        self._job = job
        self._found = found
        self._sent = job.sent(found.passages)
        self._asked = Chosen.of(ctx.input["model"])
        self._given: tuple[Passage, ...] = ()
        self._begun = False
        self._notes: list[dict[str, Any]] = []

    async def write(self) -> None:
        """The whole answer; raises RunError in words for the person."""
        model = Chosen.of(self._ctx.input["model"])
        if not self._ctx.input.get("knowledge", True):
            self._notes.append({"type": WITHOUT_KNOWLEDGE})
        try:
            if not self._is_answered(model):
                await self._answer(model)
        finally:
            await self._annotate()
        notes = self._ctx.result["annotations"]
        await note_unanswered(self._ctx, self._conversation_id, self._job, self._found, notes)

    def _is_answered(self, model: Chosen) -> bool:
        """Whether all is said without a model: in an expert's words, or that nothing was found."""
        answered = self._found.answered
        if answered is not None:
            self._ctx.text(answered.text)
            self._given = answered.passages
            self._notes.append(verified_note(answered))
            return True
        return self._found.grounding is prompting.Grounding.NOTHING_FOUND and self._refused(model)

    def _refused(self, model: Chosen) -> bool:
        """Says that nothing was found; whether that is all, since nobody but the documents could know."""
        question, near = self._job.turns[-1].text, self._found.nearest
        self._notes.append({"type": NO_SOURCE})
        if near is not None and near.chunks:
            self._notes.append(nearest_note(near))
        if self._job.is_for_documents:
            missing = not_mentioned(question, near.missing) if near and near.missing else ""
            self._ctx.text(f"{nothing_found(question)} {missing}".strip())
            return True
        if not model.is_extractive:
            self._ctx.text(f"{nothing_found(question)}\n\n")
            self._ctx.result[LEAD] = len(self._ctx.said)
        return False

    async def _answer(self, model: Chosen) -> None:
        try:
            await self._ask(model)
        except VendorError as error:
            instead = await self._instead_of(self._asked, error)
            if instead is None:
                raise _vendor_failed(error) from error
            try:
                await self._ask(instead)
            except VendorError as second:
                raise _vendor_failed(second) from second

    async def _ask(self, model: Chosen) -> None:
        self._asked = model
        if self._sent.data_class != self._job.kept and not model.is_route:
            await self._ctx.db(class_keep, self._conversation_id, self._sent, [model.id])
        try:
            await self._ask_of(model)
        except RefusedError as error:
            instead = await self._cleared_instead(model, error)
            if instead is None:
                raise failures.refused(error) from error
            await self._ask(instead)
        except ModelNotFoundError as error:
            raise _failed("not_found", failures.MODEL_GONE) from error
        except GuardrailRefusedError as error:
            raise self._ruled(error) from error
        if not self._begun:
            raise _failed("empty", failures.EMPTY)

    async def _ask_of(self, model: Chosen) -> None:
        if model.is_route:
            await self._ask_route(model)
        elif model.paints:
            await paint(self._ctx, self._conversation_id, self._job, model)
            self._begun = True
            self._keep(model, None, None, "")
        else:
            await self._ask_model(model)

    def _ruled(self, error: GuardrailRefusedError) -> RunError:
        """A rule's refusal; of an answer that had begun, nothing stays but the rule's words."""
        if self._begun:
            self._ctx.withdraw(error.message)
            self._ctx.result.pop(SEALS, None)
            self._given = ()
            self._notes.clear()
        return failures.ruled(error, is_withdrawn=self._begun)

    async def _ask_model(self, model: Chosen) -> None:
        stream = gateway.stream(self._call(model))
        try:
            async with stream:
                await self._relay(stream)
        finally:
            self._keep(model, stream.outcome.usage, stream.outcome.cost, stream.outcome.currency)
            if stream.outcome.notice:
                self._notes.append({"type": BUDGET, "notice": stream.outcome.notice})

    async def _ask_route(self, route: Chosen) -> None:
        routed = Routed(self._ctx, self._conversation_id, self._job, self._found)
        try:
            await routed.write(route, self._built)
        finally:
            spent = routed.spent
            self._begun = routed.has_begun
            self._keep(route, spent.usage, spent.cost, spent.currency)
            self._notes += routed.notes
            if spent.notice:
                self._notes.append({"type": BUDGET, "notice": spent.notice})
            self._given = self._found.passages

    async def _relay(self, stream: gateway.ChatStream) -> None:
        """Passes deltas on: nothing else is done for each token."""
        text, reasoning = self._ctx.text, self._ctx.reasoning
        async for delta in stream:
            if isinstance(delta, TextDelta):
                self._begun = True
                text(delta.text)
            elif isinstance(delta, ReasoningDelta):
                self._begun = True
                reasoning(delta.text)
                if delta.signature:
                    keep_seal(self._ctx, delta.signature)
            elif isinstance(delta, Finished) and delta.reason == "length":
                self._notes.append({"type": CUT_SHORT})

    def _call(self, model: Chosen) -> ChatCall:
        ctx = self._ctx
        prompt = self._prompt(model)
        numbers = {passage.number for passage in prompt.passages}
        self._given = tuple(passage for passage in self._found.passages if passage.number in numbers)
        return ChatCall(
            who=Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id),
            model_id=model.id,
            request=ChatRequest("", prompt.messages, max_tokens=prompt.max_tokens, passages=prompt.passages),
            purpose="reply",
            run=RunRef(ctx.run_id, ctx.fence),
            conversation_id=self._conversation_id,
            data_class=self._sent.data_class,
            class_why=self._sent.why,
            sources=self._job.sources(self._found.passages),
            instructed=True,
        )

    def _prompt(self, model: Chosen) -> prompting.Prompt:
        try:
            return self._built(model)
        except prompting.PromptTooLongError as error:
            raise _failed("context_overflow", failures.TOO_LONG) from error

    def _built(self, model: Chosen) -> prompting.Prompt:
        turns, passages = self._job.turns, self._found.quoted()
        if model.is_extractive:
            return prompting.build_for_quoting(turns=turns, passages=passages)
        return prompting.build(
            turns=turns,
            passages=passages,
            grounding=self._found.grounding,
            room=model.room,
            today=self._job.today,
            length=prompting.Length(self._ctx.input.get("length", "")),
        )

    async def _instead_of(self, model: Chosen, error: VendorError) -> Chosen | None:
        """Who quotes the passages when the model can not be reached; says which model did not answer."""
        if self._begun or model.is_extractive or not self._found.passages:
            return None
        if error.kind not in gateway.UNREACHABLE:
            return None
        instead = await self._ctx.db(load_extractive, self._ctx.team_id)
        if instead is None:
            return None
        self._ctx.step(
            "fallback",
            f"{model.name} did not answer. Quoting the documents instead.",
            model=model.slug,
            reason=error.kind.value,
        ).done()
        asked = {"slug": model.slug, "name": model.name}
        self._notes.append({"type": FALLBACK, "model": asked, "reason": error.kind.value})
        return instead

    async def _cleared_instead(self, model: Chosen, error: RefusedError) -> Chosen | None:
        """Who may receive what a rule found, where the chosen model may not; the chat says so. Once."""
        result = self._ctx.result
        if model.is_route or model.paints or "answered_by" in result:
            return None
        if not isinstance(error, ClearanceRefusedError) or not error.by_rule or error.sent is None:
            return None
        switch = await cleared_instead(self._ctx, model, self._prompt(model), error)
        if switch.model is None:
            nobody_instead(error, switch)
            return None
        data_class, why = error.sent
        self._sent = replace(self._sent, data_class=data_class, why=why)
        self._notes.append(switch_note(switch))
        result["answered_by"] = stored(switch.model)
        return chosen_of(switch.model)

    def _keep(self, model: Chosen, usage: Usage | None, cost: Decimal | None, currency: str) -> None:
        result = self._ctx.result
        result["model"] = {"slug": model.slug, "name": model.name}
        if usage is not None:
            said = None if cost is None else f"{cost.normalize():f}"
            result["usage"] = usage.counts() | {"cost": said, "currency": currency}

    async def _annotate(self) -> None:
        """Citations of what was said, also when it was stopped: each is checked against its passage."""
        found = await asyncio.to_thread(self._cited) if self._given else []
        cited = [note for note in found if note["type"] == CITATION]
        if cited:
            self._ctx.event("citation", {"citations": cited})
        self._ctx.result["annotations"] = [*found, *self._notes]
        sent = self._sent.data_class
        self._ctx.result["data_class"] = sent.slug if sent else None
        given = {str(passage.document_id) for passage in self._given}
        self._ctx.result["source_document_ids"] = sorted(given | self._job.source_ids)

    def _cited(self) -> list[dict[str, Any]]:
        if self._found.answered is not None:
            return cited_by_expert(self._found.answered)
        return cited_in(self._ctx.said, self._given)


def _vendor_failed(error: VendorError) -> RunError:
    return _failed(error.kind.value, failures.FAILURES[error.kind])


def _failed(kind: str, failure: Failure) -> RunError:
    return RunError(kind, failure.title, failure.detail, retryable=failure.retryable)
