"""What a person may not use is named to them nowhere: every page, every read of the API, every refusal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from tests.isolation.surface import doors
from tests.isolation.visitor import content
from tests.llm.conftest import Connected, browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.isolation.surface import Door

pytestmark = pytest.mark.usefixtures("hints")

CANARY = "kanarienvogel"
"""In the name of everything that carol may not use."""
FORMS: dict[str, dict[str, Any]] = {
    "v1-chat-completions": {"messages": [{"role": "user", "content": "Hi"}]},
    "v1-embeddings": {"input": "Hi"},
    "v1-images": {"prompt": "A hat"},
    "v1-rerank": {"query": "Hi", "documents": ["one"]},
    "api-my-default": {"team_id": "TEAM"},
    "api-conversations": {"title": "x", "team_id": "TEAM"},
    "api-conversation": {},
    "api-messages": {"client_id": str(uuid4()), "text": "Hi", "parent_id": None},
}
"""What each address takes beside `model`."""
VARIES = re.compile(r'"(reference|instance|request_id)": ?"[^"]*"|"id": ?"[^"]*"')


@pytest.fixture
def closed(connected: Connected) -> list[UUID]:
    """Ids of a host in trouble, models, a route, a deployment and a trial that Sales was not given.

    Sales has two routes that contain such a model: one that works without it, one that does not.
    """
    from apps.llm.health.notices import went_down
    from apps.llm.models import ConnectionHealth, Deployment, Route, RouteGrant
    from apps.llm.services import Offer, model_grants_set, model_offer
    from apps.llm.vendors.base import ErrorKind
    from apps.runs.services import run_create
    from apps.tenants.scope import tenant_scope

    cast, connection = connected.cast, connected.connection
    with tenant_scope(cast.acme.id):
        offers = [Offer(f"{CANARY}-chat"), Offer(f"text-embedding-{CANARY}"), Offer("open-model")]
        model, embedding, open_model = model_offer(actor=None, connection=connection, offers=offers)
        for one in (model, embedding):
            model_grants_set(actor=None, model=one, team_ids=[cast.engineering.pk])
        model_grants_set(actor=None, model=open_model, team_ids=[cast.sales.pk])
        refs = [f"model:{model.pk}", f"model:{open_model.pk}"]
        route = Route.objects.create(
            slug=CANARY, name=CANARY, kind="fallback", purpose=CANARY, definition={"members": refs}
        )
        mixed = Route.objects.create(
            slug="mixed", name="Mixed", kind="fallback", definition={"members": refs}
        )
        shut = Route.objects.create(
            slug="shut", name="Shut", kind="judge", definition={"answerer": refs[1], "judge": refs[0]}
        )
        for granted in (mixed, shut):
            RouteGrant.objects.create(team=cast.sales, route=granted)
        RouteGrant.objects.create(team=cast.engineering, route=route)
        place = Deployment.objects.create(model=model, connection=connection, vendor_model=CANARY)
        asked = {"route_id": str(route.pk), "text": CANARY}
        run = run_create(kind="route_trial", team_id=cast.engineering.pk, user_id=cast.alice.pk, input=asked)
        asked = {"model_id": str(model.pk), "text": CANARY}
        trial = run_create(
            kind="model_trial", team_id=cast.engineering.pk, user_id=cast.alice.pk, input=asked
        )
        ConnectionHealth.objects.update_or_create(connection=connection, defaults={"state": "open"})
        went_down(connection.pk, ErrorKind.CONNECTION)
    return [connection.pk, model.pk, embedding.pk, route.pk, place.pk, run.pk, trial.pk]


def _key(connected: Connected) -> Client:
    """A program of carol's, in Sales."""
    from django.test import Client

    from apps.accounts.permissions import SCOPES
    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        _, secret = api_key_create(
            actor=None,
            slug=cast.acme.slug,
            user=cast.carol,
            team=cast.sales,
            name="program",
            scopes=[scope for scope in SCOPES if scope != "admin"],
        )
    return Client(
        headers={"host": cast.acme.host, "authorization": f"Bearer {secret}"}, raise_request_exception=False
    )


def _addresses(door: Door, connected: Connected, closed: list[UUID]) -> Iterator[str]:
    """The address with each id that could tell of something closed, and with carol's own."""
    cast = connected.cast
    ids = [*closed, cast.sales.pk, cast.engineering.pk, cast.carol.pk] if door.ids else [uuid4()]
    for one in ids:
        path = door.path(str(one))
        yield path
        if not door.ids:
            yield f"{path}?team={cast.sales.pk}"
            yield f"{path}?q={CANARY[:6]}"


def test_no_page_and_no_read_names_it(connected: Connected, closed: list[UUID]) -> None:
    cast = connected.cast
    carol, key = browser(cast, cast.carol), _key(connected)
    named, read = [], 0
    for door in doors():
        if "get" not in door.methods or "^" in door.route:
            continue
        client = key if door.route.startswith("v1/") else carol
        for url in _addresses(door, connected, closed):
            answer = client.get(url)
            read += answer.status_code == 200
            body = content(answer).replace(f"q={CANARY[:6]}".encode(), b"")
            if CANARY.encode() in body or any(
                str(one).encode() in body for one in closed if str(one) not in url
            ):
                named.append((door.name, url, answer.status_code))
    assert named == []
    assert read > 30


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_guess_is_refused_as_a_name_that_is_nowhere(
    connected: Connected, closed: list[UUID], form: str
) -> None:
    cast = connected.cast
    carol, key = browser(cast, cast.carol), _key(connected)
    carol.raise_request_exception = False
    chat = _json(carol, "post", "/api/v1/conversations", {"team_id": str(cast.sales.pk)})
    chat_id = chat.json()["id"]
    tried = [(door, method) for door in doors() for method in door.methods if door.name == form]
    writes = [(door, method) for door, method in tried if method not in {"get", "delete"}]
    assert writes, form
    for door, method in writes:
        client = key if door.route.startswith("v1/") else carol
        path = door.path(chat_id)

        def refusal(name: str, method: str = method, path: str = path, client: Client = client) -> Any:
            body = json.loads(json.dumps(FORMS[form]).replace("TEAM", str(cast.sales.pk)))
            answer = _json(client, method, path, body | {"model": name})
            text = VARIES.sub("", content(answer).decode()).replace(name, "NAME")
            return answer.status_code, text

        nowhere = refusal("gibt-es-nicht")
        assert 400 <= nowhere[0] < 500, (path, nowhere)
        for name in (f"{CANARY}-chat", f"text-embedding-{CANARY}"):
            assert refusal(name) == nowhere, path
        assert refusal(f"route/{CANARY}") == refusal("route/gibt-es-nicht"), path


def _json(client: Client, method: str, path: str, body: dict[str, Any]) -> Any:
    return client.generic(method.upper(), path, json.dumps(body), content_type="application/json")
