"""A member that the team may not use is skipped and never named: in the answer, its note, its steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.asking import hear

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from tests.llm.routing import Routing

CANARY = "kanarienvogel"
OPEN, ALSO = "open-one", "open-two"
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("fallback", {"members": [CANARY, OPEN]}),
    ("cheapest", {"candidates": [{"ref": CANARY, "quality": 5}, {"ref": OPEN, "quality": 1}]}),
    ("fastest", {"candidates": [{"ref": CANARY}, {"ref": OPEN}]}),
    ("best_value", {"candidates": [{"ref": CANARY, "quality": 5}, {"ref": OPEN, "quality": 1}]}),
    ("task", {"rules": [{"when": {"shorter_than": 9999}, "use": CANARY}], "otherwise": OPEN}),
    (
        "task",
        {
            "rules": [],
            "otherwise": OPEN,
            "classifier": {"model": CANARY, "labels": [{"name": "law", "description": "x", "use": OPEN}]},
        },
    ),
    ("cascade", {"first": CANARY, "checker": OPEN, "second": ALSO}),
    ("cascade", {"first": OPEN, "checker": CANARY, "second": ALSO}),
    ("cascade", {"first": OPEN, "checker": ALSO, "second": CANARY}),
    ("judge", {"answerer": CANARY, "judge": OPEN}),
    ("judge", {"answerer": OPEN, "judge": CANARY}),
    ("ensemble", {"members": [CANARY, OPEN, ALSO], "synthesiser": OPEN}),
    ("ensemble", {"members": [OPEN, ALSO], "synthesiser": CANARY}),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("kind", "definition"), KINDS)
def test_nothing_closed_is_named(
    api: Api, routing: Routing, kind: str, definition: dict[str, Any], *, stream: bool
) -> None:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    routing.model(OPEN), routing.model(ALSO), routing.model(CANARY, teams=[])
    routing.route(kind, definition)
    heard = hear(api, stream=stream)
    error = heard.error and [str(heard.error), heard.error.body]
    said = json.dumps([heard.text, heard.route, error], default=str)
    assert CANARY not in said
    assert CANARY not in routing.asked
    with tenant_scope(api.connected.cast.acme.id):
        run = Run.objects.filter(kind="completion").latest("created_at")
        kept = json.dumps([run.log, run.result, run.error], default=str)
    assert CANARY not in kept
