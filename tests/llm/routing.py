"""acme's models on a scripted host that answers each model by its own script, and routes over them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.llm.conftest import KEY, Connected, allow
from tests.llm.host import Answer, Asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.llm.models import Route

Script = Answer | Callable[[Asked], Answer]


def said(text: str, **changes: Any) -> Answer:
    """An answer of these words with 1,000 tokens in and 500 out."""
    return Answer(texts=(text,), **changes)


def failing(status: int) -> Answer:
    """A host's refusal."""
    return Answer(status=status, error={"error": {"message": "no", "type": "server_error"}})


@dataclass
class Routing:
    """Models by name on the host; `scripts` says what each one answers."""

    connected: Connected
    scripts: dict[str, Script] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def teams(self) -> list[Any]:
        """Who may use what is made; called in acme's scope."""
        return [self.connected.cast.engineering.pk]

    def answer(self, asked: Asked) -> Answer:
        """What the model that was asked says."""
        model = str(asked.body["model"])
        if "Name the chat" in str(asked.body["messages"][0]):
            return said("A title")
        self.asked.append(model)
        script = self.scripts.get(model) or said(f"I am {model}.")
        return script(asked) if callable(script) else script

    def model(self, name: str, script: Script | None = None, **values: Any) -> str:
        """A model that engineering may use; its slug."""
        from apps.llm.services import Offer, model_grants_set, model_offer, model_update
        from apps.tenants.scope import tenant_scope

        cast = self.connected.cast
        if script is not None:
            self.scripts[name] = script
        connection = values.pop("connection", self.connected.connection)
        teams = values.pop("teams", None)
        price = values.pop("price", ("1.00", "2.00"))
        amounts = (Decimal(price[0]), Decimal(price[1]), "USD") if price else None
        with tenant_scope(cast.acme.id):
            (made,) = model_offer(actor=None, connection=connection, offers=[Offer(name, price=amounts)])
            model_grants_set(actor=None, model=made, team_ids=self.teams() if teams is None else teams)
            if values:
                model_update(actor=None, model=made, changes=values)
        return str(made.slug)

    def unreachable(self, name: str = "dead") -> str:
        """A model whose host refuses every connection."""
        from apps.llm.services import connection_create
        from apps.tenants.scope import tenant_scope

        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        cast = self.connected.cast
        allow(cast.acme.id, port)
        with tenant_scope(cast.acme.id):
            connection = connection_create(
                actor=None,
                vendor="openai_compatible",
                name=f"Gone {name}",
                base_url=f"http://127.0.0.1:{port}/v1",
                key=KEY,
            )
        return Routing.model(self, name, connection=connection)

    def route(self, kind: str, definition: dict[str, Any], slug: str = "auto", **values: Any) -> Route:
        """A route that engineering may use."""
        from apps.llm.routes.services import route_create, route_grants_set
        from apps.tenants.scope import tenant_scope

        cast = self.connected.cast
        with tenant_scope(cast.acme.id):
            route = route_create(
                actor=None,
                values={
                    "slug": slug,
                    "name": slug.title(),
                    "kind": kind,
                    "definition": definition,
                    **values,
                },
            )
            route_grants_set(actor=None, route=route, team_ids=self.teams())
        return route

    def ledger(self) -> list[tuple[str, str, str]]:
        """(model, step, state) of every call, oldest first, without titles."""
        from apps.metering.models import UsageRecord
        from apps.tenants.scope import tenant_scope

        with tenant_scope(self.connected.cast.acme.id):
            rows = UsageRecord.objects.exclude(purpose="title").order_by("created_at")
            return [(row.model_slug, row.step, row.state) for row in rows]


@contextmanager
def routing_on(connected: Connected, kind: type[Routing] = Routing) -> Iterator[Routing]:
    """The host answers by model until the block ends."""
    found = kind(connected)
    connected.host.answer_for = found.answer
    try:
        yield found
    finally:
        connected.host.answer_for = None
