"""A worker that dies, ends or is told to stop in the middle of a route.

What was said and each finished step are kept, what was under way is told as such, nobody is asked again, and
the ledger counts every call once.
"""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.durability import processes
from tests.durability.viewing import Reading, Watched
from tests.llm.conftest import Connected, connected, host
from tests.llm.host import Answer
from tests.llm.routing import Routing, routing_on, said

if TYPE_CHECKING:
    from apps.chat.models import Message
    from apps.runs.models import Run
    from tests.durability.processes import Child

__all__ = ["connected", "host"]

pytestmark = [pytest.mark.durability, pytest.mark.usefixtures("maintenance")]

INSUFFICIENT = '{"sufficient": false, "reason": "It misses half."}'
Told = tuple[str, str, str, str | None]
"""Role, model, state and text of a step."""

STATES = {"kill": "interrupted", "end": "interrupted", "stop": "stopped"}


@dataclass
class Way:
    """A route under way: its run, its viewer, and its steps and text at the cut."""

    run: Run
    view: Watched
    steps: list[Told]
    text: str

    def is_there(self, seen: Watched) -> bool:
        return steps_of(seen.events) == self.steps and seen.text == self.text


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected) as found:
        yield found


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Until it is set, hosts that hold say nothing more."""
    event = threading.Event()
    yield event
    event.set()


@dataclass
class Scene:
    """Four routes, each stopped by its host at another point; `begin` gives them once they are there."""

    routing: Routing
    reading: Reading
    hold: threading.Event

    def begin(self) -> dict[str, Way]:
        ways = {"judge": self.judge(), "ensemble": self.ensemble(), "cascade": self.cascade()}
        ways["completion"] = self.completion()
        for way in ways.values():
            way.view.wait(way.is_there)
        return ways

    def held(self, *texts: str) -> Answer:
        return Answer(texts=texts, hold=self.hold)

    def judge(self) -> Way:
        """The draft is done, its check has begun."""
        definition = {
            "answerer": self.routing.model("answerer", said("Paris.")),
            "judge": self.routing.model("judge", self.held('{"verdict"')),
        }
        self.routing.route("judge", definition, slug="checked")
        steps: list[Told] = [("draft", "answerer", "done", "Paris."), ("check", "judge", "running", None)]
        return self.way("checked", steps, "")

    def ensemble(self) -> Way:
        """One member is done, the other is not."""
        definition = {
            "members": [
                self.routing.model("one", said("90 m.")),
                self.routing.model("two", self.held("120")),
            ],
            "synthesiser": self.routing.model("merger"),
        }
        self.routing.route("ensemble", definition, slug="council")
        steps: list[Told] = [("member 1", "one", "done", "90 m."), ("member 2", "two", "running", None)]
        return self.way("council", steps, "")

    def cascade(self) -> Way:
        """The stronger model is heard, by way of a fallback, after a draft that did not suffice."""
        strong = [self.routing.unreachable(), self.routing.model("strong", self.held("Half an", " answer"))]
        self.routing.route("fallback", {"members": strong}, slug="safe")
        definition = {
            "first": self.routing.model("small", said("A guess.")),
            "checker": self.routing.model("checker", said(INSUFFICIENT)),
            "second": "route/safe",
        }
        self.routing.route("cascade", definition, slug="steps")
        steps: list[Told] = [
            ("draft", "small", "done", "A guess."),
            ("check", "checker", "done", INSUFFICIENT),
            ("answer", "dead", "failed", None),
            ("answer", "strong", "running", None),
        ]
        return self.way("steps", steps, "Half an answer")

    def completion(self) -> Way:
        """A program's: the second member is heard."""
        from apps.runs.services import run_create
        from apps.tenants.scope import tenant_scope

        members = [self.routing.unreachable("gone"), self.routing.model("alive", self.held("I am"))]
        route = self.routing.route("fallback", {"members": members}, slug="program")
        cast = self.routing.connected.cast
        body = {"model": "route/program", "messages": [{"role": "user", "content": "Hello?"}]}
        with tenant_scope(cast.acme.id):
            run = run_create(
                kind="completion",
                team_id=cast.engineering.pk,
                user_id=cast.bob.pk,
                input={"body": body, "route_id": str(route.pk)},
            )
        steps: list[Told] = [("answer", "gone", "failed", None), ("answer", "alive", "running", None)]
        return Way(run, self.reading.watch(cast.acme.id, run.pk), steps, "I am")

    def way(self, slug: str, steps: list[Told], text: str) -> Way:
        """bob's question to the route in a chat of its own."""
        from apps.accounts.actors import Actor
        from apps.accounts.services.sessions import session_create
        from apps.chat.conversations import conversation_create
        from apps.chat.services import Send, message_send
        from apps.runs.models import Run
        from apps.tenants.scope import tenant_scope

        cast = self.routing.connected.cast
        with tenant_scope(cast.acme.id):
            session, _ = session_create(user=cast.bob, ip=None, agent="test")
            actor = Actor(cast.bob, None, session.id, None)
            chat = conversation_create(actor=actor, team_id=cast.engineering.pk)
            send = Send(uuid.uuid4(), "How long is the bridge?", model=f"route/{slug}")
            answer = message_send(actor=actor, conversation_id=chat.pk, send=send).answer
            run = Run.objects.get(subject_id=answer.pk)
        return Way(run, self.reading.watch(cast.acme.id, run.pk), steps, text)


@pytest.fixture
def scene(routing: Routing, reading: Reading, hold: threading.Event) -> Scene:
    return Scene(routing, reading, hold)


def steps_of(events: list[dict[str, Any]]) -> list[Told]:
    """(role, model, state, text) of each call, as the events tell it last."""
    last = {event["step"]["index"]: event["step"] for event in events if event["kind"] == "step"}
    return [told(step) for _, step in sorted(last.items()) if step["kind"] == "route_call"]


def told(step: dict[str, Any]) -> Told:
    data = step["data"]
    return data["role"], data["model"]["slug"], step["state"], data.get("text")


def in_acme(scene: Scene, work: Callable[[], Any]) -> Any:
    from apps.tenants.scope import tenant_scope

    with tenant_scope(scene.routing.connected.cast.acme.id):
        return work()


def lose_lease(scene: Scene) -> None:
    """What fifteen seconds would do: nobody renews these runs' leases."""
    from django.utils import timezone

    from apps.runs.models import Run

    in_acme(scene, lambda: Run.objects.filter(state="running").update(lease_until=timezone.now()))


def later(scene: Scene) -> None:
    """Let two minutes pass for the ledger, and its job run."""
    from django.db.models import F

    from apps.metering.models import UsageRecord
    from apps.metering.upkeep import settle_stale
    from apps.runs.models import Run

    ago = timedelta(minutes=2)
    held = UsageRecord.objects.filter
    in_acme(scene, lambda: held(state="reserved").update(created_at=F("created_at") - ago))
    in_acme(scene, lambda: Run.objects.update(ended_at=F("ended_at") - ago))
    settle_stale()


def rows(scene: Scene, way: Way) -> list[Any]:
    from apps.metering.models import UsageRecord

    found = UsageRecord.objects.filter(run_id=way.run.pk).order_by("created_at")
    listed: list[Any] = in_acme(scene, lambda: list(found))
    return listed


def cut(how: str, worker: Child, scene: Scene) -> None:
    from apps.runs.models import Run
    from apps.runs.services import run_stop

    if how == "kill":
        worker.kill()
    elif how == "end":
        worker.signal(signal.SIGTERM)
    else:
        running = in_acme(
            scene, lambda: list(Run.objects.filter(state="running").values_list("pk", flat=True))
        )
        for run_id in running:
            in_acme(scene, partial(run_stop, run_id=run_id))


@pytest.mark.parametrize("how", ["kill", "end", "stop"])
def test_each_route_ends_with_what_it_had_and_nobody_is_asked_again(
    scene: Scene, worker: Child, folder: Path, how: str
) -> None:
    ways = scene.begin()
    asked = sorted(scene.routing.asked)
    begun = time.monotonic()
    cut(how, worker, scene)
    after = processes.worker(folder, f"after-{how}") if how != "stop" else None
    try:
        if how == "kill":
            lose_lease(scene)
        for way in ways.values():
            check_end(scene, way, STATES[how])
        assert time.monotonic() - begun < 60
        time.sleep(2.5)
        assert sorted(scene.routing.asked) == asked
    finally:
        if after is not None:
            after.end()
    check_ledger(scene, ways.values(), is_told=how != "kill")


def check_end(scene: Scene, way: Way, state: str) -> None:
    """The run has ended once with its text; the steps that were done are whole, the open one says `state`."""
    from apps.chat.models import Message
    from apps.runs.models import Run, Step

    end = way.view.end()
    way.view.check()
    assert end["state"] == state
    run = in_acme(scene, lambda: Run.objects.get(pk=way.run.pk))
    assert (run.state, run.attempts, way.view.text) == (state, 1, way.text)
    kept = [(role, model, state if was == "running" else was, text) for role, model, was, text in way.steps]
    calls = in_acme(
        scene, lambda: list(Step.objects.filter(run=run, kind="route_call").values("data", "state"))
    )
    assert [told(step) for step in calls] == kept
    message: Message | None = in_acme(scene, Message.objects.filter(run_id=run.pk).first)
    if message is not None:
        assert message.state == state
        assert [part["text"] for part in message.parts if part["type"] == "text"] == [way.text] * bool(
            way.text
        )
        assert [told(step) for step in message.steps if step["kind"] == "route_call"] == kept
        assert (message.error is None) == (state == "stopped")


def check_ledger(scene: Scene, ways: Collection[Way], *, is_told: bool) -> None:
    """One row for each call: a failed one is released, the others settled, a dead worker's one later."""
    states = {"done": "settled", "failed": "released", "running": "settled" if is_told else "reserved"}
    for way in ways:
        expected = [(role, model, states[state]) for role, model, state, _ in way.steps]
        found = [(row.step, row.model_slug, row.state) for row in rows(scene, way)]
        assert sorted(found) == sorted(expected)
    later(scene)
    for way in ways:
        closed = rows(scene, way)
        assert len({row.call_id for row in closed}) == len(closed) == len(way.steps)
        assert all(row.closed_at is not None and row.state != "reserved" for row in closed)
        cut = [model for _, model, state, _ in way.steps if state == "running"]
        assert [row.model_slug for row in closed if row.estimated] == cut
