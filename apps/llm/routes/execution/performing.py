"""One question through a route: who is asked, in which order, and what people are told of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from apps.llm.clearances.gate import Sent, refused_to_all
from apps.llm.errors import ClearanceRefusedError, ModelNotFoundError, RefusedError
from apps.llm.routes import planning
from apps.llm.routes.definitions import (
    DEFAULT_ON,
    ByClass,
    ByTask,
    Cascade,
    Ensemble,
    Fallback,
    Judge,
    Picking,
    Ranked,
    Ref,
)
from apps.llm.routes.execution import checked, ensemble, sorting
from apps.llm.routes.execution.asking import TooLongError
from apps.llm.routes.execution.voices import Watched
from apps.llm.routes.usable import is_usable
from apps.llm.vendors.base import ErrorKind, VendorError
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from apps.llm.routes.execution.asking import Ask, Calls, Said
    from apps.llm.routes.execution.voices import Voice
    from apps.llm.routes.planning import Plan

TROUBLE: Final = {
    ErrorKind.CONNECTION: "could not be reached",
    ErrorKind.TIMEOUT: "did not respond in time",
    ErrorKind.RATE_LIMIT: "is limited by its provider at the moment",
    ErrorKind.QUOTA: "has no credit left",
    ErrorKind.OVERLOADED: "is overloaded",
    ErrorKind.UNAVAILABLE: "is not available",
    ErrorKind.SERVER: "had a fault",
    ErrorKind.AUTHENTICATION: "refused our key",
    ErrorKind.NOT_FOUND: "is not known to its provider",
    ErrorKind.PROTOCOL: "gave no readable answer",
    ErrorKind.CONTEXT_OVERFLOW: "can not read so much",
    ErrorKind.CONTENT_FILTER: "refused the question",
    ErrorKind.INTERRUPTED: "broke off",
}
REFUSED: Final = {
    "budget": "does not fit into a budget",
    "rate": "has answered as much as is allowed a minute",
    "clearance": "is not cleared for what would be sent",
}
COST_CAP: Final = "cost_cap"
NOBODY: Final = "No model of this route can take this question."


class Performance:
    """Runs a plan. `trail` says in sentences what was decided and why; `found` holds verdict and claims."""

    def __init__(self, plan: Plan, calls: Calls) -> None:
        self.plan = plan.cleared(calls.data_class)
        self.calls = calls
        self.trail = _left_out(plan, self.plan, calls)
        self.found: dict[str, Any] = {}
        self._definitions = {node.id: node.definition for node in plan.routes.values()}
        self._was_open = is_usable(Ref("route", plan.root.id), self._definitions, plan.models)

    async def answer(self, ask: Ask, voice: Voice) -> Said:
        """The route's answer; raises VendorError, ModelNotFoundError, GuardrailRefusedError, RunError.

        ClearanceRefusedError where what is cleared for the data class of the question can not answer it.
        """
        root = Ref("route", self.plan.root.id)
        if self.calls.data_class is not None and self._was_open and not self.is_open(root):
            raise await self._refusal()
        try:
            return await self.perform(root, ask, voice, "answer")
        except ClearanceRefusedError as error:
            if not self._narrowed(error) or not voice.restart():
                raise
        return await self.answer(ask, voice)

    def _narrowed(self, error: ClearanceRefusedError) -> bool:
        """Leave out who may not receive what a rule has found by now; whether it found anything new."""
        wanted, why = error.sent or (None, "")
        if wanted is None or not error.by_rule or wanted <= (self.calls.data_class or 0):
            return False
        self.calls.data_class, self.calls.class_why = wanted, why
        before, self.plan = self.plan, self.plan.cleared(wanted)
        self.trail += _left_out(before, self.plan, self.calls)
        return True

    def note(self, said: Said | None) -> dict[str, Any]:
        """What people and programs are told: which route, who answered, why, verdict and claims."""
        root = self.plan.root
        model = said.model if said else self.calls.broke_off
        answered = None if model is None else {"slug": model.slug, "name": model.name}
        return {
            "type": "route",
            "route": {"slug": f"route/{root.slug}", "name": root.name, "kind": root.kind},
            "answered_by": answered,
            "why": list(self.trail),
            **self.found,
        }

    async def perform(self, ref: Ref, ask: Ask, voice: Voice, role: str, *, spare: bool = False) -> Said:
        """One reference's answer; `spare`: somebody else stands ready, so that a failure need not wait."""
        model = self.plan.model(ref)
        if model is not None:
            return await self.calls.ask(model, ask, voice, role, retries=not spare)
        node = self.plan.node(ref)
        if node is None:
            raise ModelNotFoundError
        if isinstance(node.definition, Cascade | Judge | Ensemble):
            return await self._combined(node.definition, ask, voice, role)
        return await self._picked(node.definition, ask, voice, role, spare=spare)

    async def _picked(
        self,
        definition: Picking,
        ask: Ask,
        voice: Voice,
        role: str,
        *,
        spare: bool,
    ) -> Said:
        match definition:
            case ByClass(members=members):
                return await self._by_class(members, ask, voice, role, spare=spare)
            case Fallback():
                return await self._fallback(definition, ask, voice, role, spare=spare)
            case Ranked():
                return await self._ranked(definition, ask, voice, role, spare=spare)
            case ByTask():
                ref = await sorting.picked(self, definition, ask)
                return await self.perform(ref, ask, voice, role, spare=spare)

    async def _combined(
        self, definition: Cascade | Judge | Ensemble, ask: Ask, voice: Voice, role: str
    ) -> Said:
        match definition:
            case Cascade():
                return await checked.cascade(self, definition, ask, voice, role)
            case Judge():
                return await checked.judge(self, definition, ask, voice)
            case Ensemble():
                return await ensemble.ensemble(self, definition, ask, voice)

    def is_open(self, ref: Ref) -> bool:
        """Whether the team may use what it takes."""
        return is_usable(ref, self._definitions, self.plan.models)

    def name(self, ref: Ref) -> str:
        """The model's name; a route inside a route has none for people."""
        model = self.plan.model(ref)
        return model.name if model else "The choice before"

    async def _refusal(self) -> ClearanceRefusedError:
        ctx, wanted = self.calls.ctx, Sent(self.calls.data_class, self.calls.class_why)
        return await ctx.db(refused_to_all, self.plan.root.name, wanted, ctx.team_id)

    async def _by_class(
        self, members: tuple[Ref, ...], ask: Ask, voice: Voice, role: str, *, spare: bool
    ) -> Said:
        first = next((ref for ref in members if self.is_open(ref)), None)
        if first is None:
            raise ModelNotFoundError
        wanted = self.calls.data_class
        why = f"may receive {wanted.slug} text" if wanted else "can answer: nothing asked has a data class"
        self.trail.append(f"{self.name(first)} was picked: the first choice that {why}.")
        return await self._fallback(Fallback(members, DEFAULT_ON), ask, voice, role, spare=spare)

    async def _ranked(self, definition: Ranked, ask: Ask, voice: Voice, role: str, *, spare: bool) -> Said:
        places = planning.ranking(definition, self.plan, ask.traits)
        if not places:
            raise ModelNotFoundError
        self.trail.append(f"{places[0].model.name} was picked: {places[0].why}.")
        members = tuple(Ref("model", place.model.id) for place in places)
        return await self._fallback(Fallback(members, DEFAULT_ON), ask, voice, role, spare=spare)

    async def _fallback(
        self, definition: Fallback, ask: Ask, voice: Voice, role: str, *, spare: bool
    ) -> Said:
        members = [ref for ref in definition.members if self.is_open(ref) and self._fits(ref, ask)]
        if not members:
            raise VendorError(ErrorKind.CONTEXT_OVERFLOW, NOBODY)
        for ref in members[:-1]:
            trouble = await self._tried(ref, definition, ask, voice, role)
            if not isinstance(trouble, str):
                return trouble
            self.trail.append(f"{self.name(ref)} {trouble}.")
        return await self.perform(members[-1], ask, voice, role, spare=spare)

    async def _tried(self, ref: Ref, definition: Fallback, ask: Ask, voice: Voice, role: str) -> Said | str:
        """The member's answer, or in words why the next one is asked; raises what ends the search."""
        clock = asyncio.timeout(definition.first_token_s)
        watched = Watched(voice, clock)
        try:
            async with clock:
                return await self.perform(ref, ask, watched, role, spare=True)
        except TimeoutError as error:
            if not clock.expired():
                raise
            if not watched.restart():
                raise VendorError(ErrorKind.INTERRUPTED, "The answer was cut off.") from error
            return f"said nothing for {definition.first_token_s:g} s"
        except (VendorError, ModelNotFoundError, RunError) as error:
            excuse = _excuse(error, definition)
            if not excuse or not watched.restart():
                raise
            return excuse

    def _fits(self, ref: Ref, ask: Ask) -> bool:
        """Whether the model has the abilities and the window; says so where not. A route decides itself."""
        model = self.plan.model(ref)
        if model is None:
            return True
        trouble = planning.unfit(model, ask.traits.needs)
        if not trouble:
            try:
                ask.request(model)
            except TooLongError:
                trouble = TROUBLE[ErrorKind.CONTEXT_OVERFLOW]
        if trouble:
            self.trail.append(f"{model.name} was left out: it {trouble}.")
        return not trouble


def _left_out(plan: Plan, cleared: Plan, calls: Calls) -> list[str]:
    """A sentence for each model that may not receive what is asked."""
    wanted = calls.data_class
    if wanted is None:
        return []
    return [
        f"{model.name} was left out: it may receive {model.cleared_for.slug} text at most, "
        f"and this is {wanted.slug}."
        for id_, model in plan.models.items()
        if id_ not in cleared.models
    ]


def _excuse(error: VendorError | ModelNotFoundError | RunError, definition: Fallback) -> str:
    """Why the next one may be asked, in words; empty where this failure ends the search.

    A host that hangs up counts as one that could not be reached.
    """
    if isinstance(error, RefusedError):
        return REFUSED[error.kind]
    if isinstance(error, ModelNotFoundError):
        return "is not available"
    if isinstance(error, RunError):
        return "would cost more than allowed" if error.kind == COST_CAP else ""
    kind = ErrorKind.CONNECTION if error.kind is ErrorKind.INTERRUPTED else error.kind
    return TROUBLE.get(error.kind, "failed") if kind in definition.on else ""
