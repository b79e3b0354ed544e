"""The installation's own models: free by an explicit price, granted to Everyone, safe to ask for again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.factories import Organisation
from tests.llm.host import Answer, Host


@pytest.fixture
def served(host: Host, settings_of: Any) -> Host:
    """The operator runs a model server, on loopback and with a key."""
    settings_of(MODEL_SERVER_URL=host.base_url, MODEL_SERVER_KEY="server-key")
    return host


@pytest.fixture
def settings_of() -> Any:
    """Change settings until the test ends."""
    from django.test import override_settings

    changed: list[override_settings] = []

    def change(**values: Any) -> None:
        override = override_settings(**values)
        override.enable()
        changed.append(override)

    yield change
    for override in reversed(changed):
        override.disable()


def _say(organisation: Organisation, model_id: Any, **request: Any) -> tuple[str, Any]:
    from apps.llm import gateway
    from apps.llm.gateway import Caller, ChatCall
    from apps.llm.loop import run_on_loop
    from apps.llm.vendors.base import ChatMessage, ChatRequest, TextDelta

    messages = (ChatMessage.text("user", "How many days of leave?"),)
    call = ChatCall(Caller(organisation.id), model_id, ChatRequest("", messages, **request), "reply")

    async def streamed() -> tuple[str, Any]:
        async with gateway.stream(call) as stream:
            text = "".join([delta.text async for delta in stream if isinstance(delta, TextDelta)])
        return text, stream.outcome

    return run_on_loop(streamed())


def test_every_team_has_them_and_nothing_is_made_twice(acme: Organisation, served: Host) -> None:
    from apps.llm.models import Connection, Grant, Model
    from apps.llm.selectors import default_model, models_for_team
    from apps.llm.services import builtin_connection_ensure
    from apps.tenants.scope import tenant_scope

    for _ in range(2):
        builtin_connection_ensure(acme.id)
    with tenant_scope(acme.id):
        assert sorted(Model.objects.values_list("slug", flat=True)) == [
            "all-minilm-l6-v2",
            "extractive",
            "multilingual-e5-small",
            "smollm2-135m-instruct",
        ]
        assert Connection.objects.count() == 2
        default = default_model(None)
        assert default is not None
        assert default.name == "Atrium small"
        team_id = Grant.objects.values_list("team_id", flat=True)[0]
        assert [model.slug for model in models_for_team(team_id)] == ["smollm2-135m-instruct", "extractive"]


def test_what_an_administrator_changed_stays(acme: Organisation, served: Host) -> None:
    from apps.llm.models import Model
    from apps.llm.services import builtin_connection_ensure, model_grants_set, model_update
    from apps.tenants.scope import tenant_scope

    builtin_connection_ensure(acme.id)
    with tenant_scope(acme.id):
        model = Model.objects.get(slug="smollm2-135m-instruct")
        model_update(actor=None, model=model, changes={"name": "Tiny", "is_enabled": False})
        model_grants_set(actor=None, model=model, team_ids=[])
    builtin_connection_ensure(acme.id)
    with tenant_scope(acme.id):
        model.refresh_from_db()
        assert (model.name, model.is_enabled, model.grants.count()) == ("Tiny", False, 0)


def test_builtin_answer_costs_exactly_nothing(acme: Organisation, served: Host) -> None:
    from apps.llm.models import Model
    from apps.llm.services import builtin_connection_ensure
    from apps.tenants.scope import tenant_scope

    builtin_connection_ensure(acme.id)
    with tenant_scope(acme.id):
        model = Model.objects.get(slug="smollm2-135m-instruct")
    text, outcome = _say(acme, model.pk)
    assert text == "Hello world"
    assert outcome.cost == Decimal(0)
    assert served.asked[0].headers["Authorization"] == "Bearer server-key"


def test_extractive_answers_without_a_host_and_for_nothing(acme: Organisation) -> None:
    from apps.llm.selectors import extractive_model
    from apps.llm.services import builtin_connection_ensure
    from apps.llm.vendors.base import PassagePart
    from apps.tenants.scope import tenant_scope

    builtin_connection_ensure(acme.id)
    with tenant_scope(acme.id):
        model = extractive_model(None)
    assert model is not None
    passage = PassagePart(1, "Handbook", "page 3", "Everyone has 30 days of leave a year.")
    text, outcome = _say(acme, model.pk, passages=(passage,))
    assert "30 days of leave" in text
    assert outcome.cost == Decimal(0)
    assert outcome.usage.estimated is False


def test_tenant_can_not_change_or_delete_them(acme: Organisation, served: Host) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.models import Connection
    from apps.llm.services import builtin_connection_ensure, connection_delete, connection_update
    from apps.tenants.scope import tenant_scope

    builtin_connection_ensure(acme.id)
    with tenant_scope(acme.id):
        connection = Connection.objects.get(vendor="builtin")
        with pytest.raises(ValidationError):
            connection_update(actor=None, connection=connection, changes={"base_url": "http://10.0.0.1/v1"})
        with pytest.raises(ValidationError):
            connection_delete(actor=None, connection=connection)
    assert served.answers == [Answer()]
