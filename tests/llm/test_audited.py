"""Every change of providers, models, grants, parameters and routes is in the audit log, with both sides."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.isolation.surface import doors
from tests.llm.conftest import KEY, Connected, browser

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.usefixtures("hints")

NOT_AUDITED = {
    ("v1-models", "post"): "answers 405",
    ("v1-model", "post"): "answers 405",
    ("api-my-default", "put"): "a person's own taste, as their theme is",
    ("admin-route-trial-stop", "post"): "ends a run; the trial itself is in the log",
    ("admin-model-trial-stop", "post"): "ends a run; the trial itself is in the log",
    ("api-connection-listing", "post"): "asks the host what it has; what is offered of it is in the log",
}
OURS = ("providers", "models", "routes", "connections", "grants", "parameters", "default-model")


@dataclass(frozen=True)
class Change:
    """A write and what the log must then say; a list of such where one address does several things.

    `sides` names which of before and after stand in the event.
    """

    action: str
    body: dict[str, Any] = field(default_factory=dict)
    sides: str = "before after"


CHAT, EMBEDDING, ENGINEERING, SALES = "CHAT", "EMBEDDING", "ENGINEERING", "SALES"
MEMBERS = {"member_1": "model:CHAT", "member_2": "model:OTHER", "on": "timeout"}
ROUTE = {"name": "Safe", "slug": "safe", "is_enabled": "on"} | MEMBERS
MODEL = {"name": "Renamed", "slug": "big-model", "modality": "chat", "is_enabled": "on"}
EDITED = {"name": "Renamed", "base_url": "BASE", "key": "", "is_enabled": "on"}
ADDED = {"name": "Second", "base_url": "BASE", "key": KEY}
DEFINITION = {"members": ["other-model", "big-model"]}
CHANGES: dict[tuple[str, str], list[Change]] = {
    ("admin-provider-add", "post"): [Change("connection.created", ADDED, "after")],
    ("admin-provider-edit", "post"): [Change("connection.updated", EDITED)],
    ("admin-provider-delete", "post"): [Change("connection.deleted", {}, "before")],
    ("admin-provider-checks", "post"): [
        Change("connection.tested", {"kind": "test"}, "after"),
    ],
    ("admin-provider-clearance", "post"): [
        Change("clearance.changed", {"data_class": "public", "hosting": "", "reason": "Why"}),
    ],
    ("admin-model-clearance", "post"): [
        Change("clearance.changed", {"data_class": "public", "reason": "Why"}),
    ],
    ("api-connection-clearance", "put"): [
        Change("clearance.changed", {"data_class": "internal", "reason": "Why"}),
    ],
    ("api-model-clearance", "put"): [
        Change("clearance.changed", {"data_class": "internal", "reason": "Why"}),
    ],
    ("admin-provider-models", "post"): [Change("model.offered", {"other": "typed-model"}, "after")],
    ("admin-models-chosen", "post"): [
        Change("model.updated", {"models": CHAT, "action": "off", "confirm": "1"}),
        Change("model.updated", {"models": CHAT, "action": "reset", "confirm": "1"}),
    ],
    ("admin-model", "post"): [Change("model.updated", MODEL)],
    ("admin-model-reset", "post"): [Change("model.updated", {"field": "price"})],
    ("admin-model-trial", "post"): [Change("model.tried", {"team": ENGINEERING, "text": "Why?"}, "")],
    ("admin-model-teams", "post"): [Change("model.granted", {"teams": SALES})],
    ("admin-model-deployments", "post"): [Change("model.deployments_changed", {"own_weight": "3"})],
    ("admin-teams-models", "post"): [
        Change("team.models_changed", {"action": "allow", "models": CHAT, "teams": SALES, "confirm": "1"}),
        Change("team.models_changed", {"action": "revoke", "models": CHAT, "teams": ENGINEERING,
               "confirm": "1"}),
        Change("team.default_model_set", {"action": "default", "models": "OTHER", "teams": ENGINEERING,
               "confirm": "1"}),
    ],
    ("admin-team-models", "post"): [
        Change("team.models_changed", {"action": "grants", "shown": CHAT}),
        Change("team.routes_changed", {"action": "routes"}),
        Change("team.default_model_set", {"action": "default", "default": ""}),
        Change("team.default_model_set", {"action": "default", "default": "route:ROUTE"}),
        Change("team.parameters_set", {"action": "parameters", "max_output": "7"}),
    ],
    ("admin-team-model", "post"): [Change("team.parameters_set", {"max_output": "7"})],
    ("admin-route-add", "post"): [Change("route.created", ROUTE | {"slug": "new"}, "after")],
    ("admin-route", "post"): [Change("route.updated", ROUTE)],
    ("admin-route-teams", "post"): [Change("route.granted", {"teams": SALES})],
    ("admin-route-trial", "post"): [Change("route.tried", {"team": ENGINEERING, "text": "Why?"}, "")],
    ("admin-route-delete", "post"): [Change("route.deleted", {}, "before")],
    ("api-connections", "post"): [
        Change("connection.created", {"vendor": "openai_compatible", **ADDED}, "after"),
    ],
    ("api-connection", "patch"): [Change("connection.updated", {"name": "Renamed"})],
    ("api-connection", "delete"): [Change("connection.deleted", {}, "before")],
    ("api-connection-test", "post"): [Change("connection.tested", {}, "after")],
    ("api-connection-models", "post"): [
        Change("model.offered", {"models": [{"vendor_model": "typed-model"}]}, "after"),
    ],
    ("api-offered-models-state", "post"): [
        Change("model.updated", {"model_ids": [CHAT], "is_enabled": False}),
    ],
    ("api-model", "patch"): [
        Change("model.updated", {"name": "Renamed"}),
        Change("model.updated", {"price_input": "1", "price_output": "2", "currency": "EUR"}),
    ],
    ("api-model-trial", "post"): [Change("model.tried", {"team_id": ENGINEERING, "text": "Why?"}, "")],
    ("api-model-reset", "post"): [Change("model.updated", {"fields": ["price"]})],
    ("api-model-deployments", "put"): [
        Change("model.deployments_changed", {"own_weight": 3, "deployments": []}),
    ],
    ("api-model-grants", "put"): [Change("model.granted", {"team_ids": [SALES]})],
    ("api-grants", "patch"): [
        Change("team.models_changed", {"team_ids": [SALES], "model_ids": [CHAT], "allowed": True}),
    ],
    ("api-team-parameters", "patch"): [Change("team.parameters_set", {"max_output": 7})],
    ("api-team-model-parameters", "patch"): [Change("team.parameters_set", {"max_output": 7})],
    ("api-team-default-model", "put"): [
        Change("team.default_model_set", {"model_id": "OTHER"}),
        Change("team.default_model_set", {"route_id": "ROUTE"}),
        Change("team.default_model_set", {"model_id": None}),
    ],
    ("api-routes", "post"): [
        Change("route.created", {"name": "New", "slug": "new", "kind": "fallback", "definition": DEFINITION},
               "after"),
    ],
    ("api-route", "patch"): [
        Change("route.updated", {"is_enabled": False}),
        Change("route.updated", {"definition": DEFINITION}),
    ],
    ("api-route", "delete"): [Change("route.deleted", {}, "before")],
    ("api-route-grants", "put"): [Change("route.granted", {"team_ids": [SALES]})],
    ("api-route-trial", "post"): [Change("route.tried", {"team_id": ENGINEERING, "text": "Why?"}, "")],
}  # fmt: skip


def writes() -> set[tuple[str, str]]:
    """(name, method) of every write of this app's pages and endpoints."""
    found = set()
    for door in doors():
        view = door.route.removeprefix("api/v1/").removeprefix("v1/").removeprefix("admin/")
        if any(word in view for word in OURS):
            found |= {(door.name, method) for method in door.methods if method != "get"}
    return found


def test_every_write_is_in_the_table() -> None:
    assert writes() - NOT_AUDITED.keys() == set(CHANGES)


@pytest.fixture
def names(connected: Connected) -> dict[str, str]:
    """A second model and a route that engineering may use, the model's default; ids by their words above."""
    from apps.llm.models import Route
    from apps.llm.routes.services import route_create, route_grants_set
    from apps.llm.services import Offer, model_grants_set, model_offer
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        (other,) = model_offer(actor=None, connection=connected.connection, offers=[Offer("other-model")])
        model_grants_set(actor=None, model=other, team_ids=[cast.engineering.pk])
        values = {"name": "Old", "slug": "safe", "kind": "fallback"}
        route: Route = route_create(
            actor=None, values=values | {"definition": {"members": ["big-model", "other-model"]}}
        )
        route_grants_set(actor=None, route=route, team_ids=[cast.engineering.pk])
    return {
        "CHAT": str(connected.chat.pk), "EMBEDDING": str(connected.embedding.pk), "OTHER": str(other.pk),
        "ROUTE": str(route.pk), "ENGINEERING": str(cast.engineering.pk), "SALES": str(cast.sales.pk),
        "BASE": connected.host.base_url,
    }  # fmt: skip


def _filled(body: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    text = json.dumps(body)
    for word, value in names.items():
        text = text.replace(f'"{word}"', f'"{value}"').replace(f":{word}", f":{value}")
    found: dict[str, Any] = json.loads(text)
    return found


def _path(name: str, connected: Connected, names: dict[str, str]) -> str:
    """The address of the door, of the rows that the fixtures made."""
    (door,) = [door for door in doors() if door.name == name]
    ids = {
        "connection_id": str(connected.connection.pk), "model_id": names["CHAT"], "route_id": names["ROUTE"],
        "team_id": names["ENGINEERING"],
    }  # fmt: skip
    path = door.route.replace("<slug:kind>", "fallback").replace("<slug:vendor>", "openai_compatible")
    for word, value in ids.items():
        path = path.replace(f"<uuid:{word}>", value)
    return f"/{path}"


def _send(client: Client, method: str, path: str, body: dict[str, Any]) -> Any:
    if path.startswith("/api/"):
        return client.generic(method.upper(), path, json.dumps(body), content_type="application/json")
    return client.post(path, body)


@pytest.mark.parametrize(
    ("key", "change"),
    [(key, change) for key, changes in sorted(CHANGES.items()) for change in changes],
    ids=lambda value: value.action if isinstance(value, Change) else " ".join(value),
)
def test_a_change_is_recorded_with_both_sides(
    connected: Connected, names: dict[str, str], key: tuple[str, str], change: Change
) -> None:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        known = set(AuditEvent.objects.values_list("pk", flat=True))
    client = browser(cast, cast.alice)
    path = _path(key[0], connected, names)
    answer = _send(client, key[1], path, _filled(change.body, names))
    assert answer.status_code in {200, 201, 202, 204, 302}, answer.content.decode()[:2_000]
    with tenant_scope(cast.acme.id):
        events = list(AuditEvent.objects.exclude(pk__in=known).order_by("created_at"))
    (event,) = [event for event in events if event.action == change.action]
    assert event.actor_id == cast.alice.pk
    assert (bool(event.before), bool(event.after)) == ("before" in change.sides, "after" in change.sides)
    assert not change.sides or event.before != event.after
    assert KEY not in json.dumps([event.before, event.after, event.detail])
