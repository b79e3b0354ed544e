"""A reply by a route: the question in the words that each model gets, and what people are told of the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.chat import prompting
from apps.chat.classing import class_keep
from apps.chat.loading import Chosen
from apps.chat.prompting import Room
from apps.knowledge.assembling import estimate_tokens
from apps.llm.gateway.estimate import tokens_of_request
from apps.llm.routes.execution import Ask, Calls, Performance, Spoken, TooLongError
from apps.llm.routes.execution.asking import Spent
from apps.llm.routes.selectors import plan_and_hour
from apps.llm.routes.switching import Wish, model_instead, needs_of
from apps.llm.routes.traits import Traits, has_code, language_of
from apps.llm.vendors.base import ChatRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from apps.chat.loading import Job
    from apps.chat.searching import Found
    from apps.llm.errors import ClearanceRefusedError
    from apps.llm.routes.execution import Said
    from apps.llm.routes.planning import Offered
    from apps.llm.routes.switching import Switch
    from apps.runs.context import RunContext


class Routed:
    """One answer by a route; `spent` and `notes` hold what came of it, also when it failed."""

    def __init__(self, ctx: RunContext, conversation_id: UUID, job: Job, found: Found) -> None:
        self._ctx = ctx
        self._conversation_id = conversation_id
        self._job = job
        self._found = found
        self._voice = Spoken(ctx, "finish")
        self.spent = Spent()
        self.notes: list[dict[str, Any]] = []

    @property
    def has_begun(self) -> bool:
        """Whether the person has heard anything."""
        return self._voice.has_begun

    async def write(self, route: Chosen, prompt: Callable[[Chosen], prompting.Prompt]) -> None:
        """The answer into the run's log; raises what Performance.answer raises."""
        plan, hour = await self._ctx.db(plan_and_hour, route.id, self._ctx.team_id)
        sent = self._job.sent(self._found.passages)
        if sent.data_class != self._job.kept:
            await self._ctx.db(class_keep, self._conversation_id, sent, plan.models.keys())
        calls = Calls(
            self._ctx,
            "reply",
            self._conversation_id,
            self.spent,
            sent.data_class,
            class_why=sent.why,
            sources=self._job.sources(self._found.passages),
        )
        performance = Performance(plan, calls)
        said: Said | None = None
        try:
            said = await performance.answer(self._ask(hour, prompt), self._voice)
        finally:
            self.notes.append(performance.note(said))
        self._ctx.result["answered_by"] = stored(said.model)

    def _ask(self, hour: int, prompt: Callable[[Chosen], prompting.Prompt]) -> Ask:
        question = self._job.turns[-1].text
        sources = "\n\n".join(
            f"[{passage.number}] {passage.title}\n{passage.text}" for passage in self._found.quoted()
        )
        asked = [turn.text for turn in self._job.turns]
        traits = Traits(
            tokens=sum(estimate_tokens(text) for text in (*asked, sources)),
            hour=hour,
            team_id=self._ctx.team_id,
            language=language_of(question),
            has_code=has_code(question),
            has_attachments=self._job.has_files,
        )

        def request(model: Offered) -> ChatRequest:
            try:
                built = prompt(chosen_of(model))
            except prompting.PromptTooLongError as error:
                raise TooLongError from error
            return ChatRequest("", built.messages, max_tokens=built.max_tokens, passages=built.passages)

        return Ask(request, traits, question, sources)


async def cleared_instead(
    ctx: RunContext, model: Chosen, prompt: prompting.Prompt, error: ClearanceRefusedError
) -> Switch:
    """Who may answer the prompt in the place of a model that is not cleared for it."""
    request = ChatRequest("", prompt.messages, passages=prompt.passages)
    wish = Wish(ctx.team_id, model.id, needs_of(request), tokens_of_request(request))
    return await ctx.db(model_instead, wish, error)


def chosen_of(model: Offered) -> Chosen:
    """The model as a run that was made for it has it."""
    return Chosen(model.id, model.slug, model.name, model.vendor, Room(model.window, model.max_output))


def stored(model: Offered) -> dict[str, Any]:
    """As picking.Picked stores a model: the chat's title is asked of who answered."""
    return {
        "id": str(model.id),
        "slug": model.slug,
        "name": model.name,
        "vendor": model.vendor,
        "window": model.window,
        "max_output": model.max_output,
    }
