"""Clearances: no text goes where its class may not, and each call refers to the version that let it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse

from tests.llm.conftest import Connected, Said, ledger
from tests.llm.offering import alice, events_of, text_of

if TYPE_CHECKING:
    from django.test import Client

__all__ = ["alice"]

Say = Callable[..., Said]


def hosted(connected: Connected, **said: Any) -> None:
    """An administrator says that the test's host is a provider's."""
    from apps.llm.clearances.services import OfConnection, connection_clearance_set
    from apps.tenants.scope import tenant_scope

    wanted = OfConnection(**{"data_class": None, "hosting": "hosted"} | said)
    with tenant_scope(connected.cast.acme.id):
        connection_clearance_set(actor=None, connection=connected.connection, wanted=wanted, reason="Said so")


def versions(connected: Connected) -> list[Any]:
    from apps.metering.models import Clearance
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return list(Clearance.objects.filter(model_id=connected.chat.pk).order_by("number"))


def confidential(**changes: Any) -> dict[str, Any]:
    """A call with words of a confidential document."""
    from apps.guardrails.classes import DataClass

    return {
        "data_class": DataClass.CONFIDENTIAL,
        "class_why": "Salaries.pdf is confidential.",
        **changes,
    }


def test_first_call_writes_the_default_as_a_version_and_refers_to_it(connected: Connected, say: Say) -> None:
    assert say(**confidential()).text == "Hello world"
    assert say(**confidential()).text == "Hello world"
    (version,) = versions(connected)
    assert (version.number, version.data_class, version.basis, version.is_own) == (1, 4, "default", True)
    assert {(row.data_class, row.clearance_id, row.clearance_class) for row in ledger(connected)} == {
        (3, version.pk, 4)
    }


def test_confidential_text_never_reaches_a_hosted_model(connected: Connected, say: Say) -> None:
    from apps.llm.errors import ClearanceRefusedError

    hosted(connected)
    said = say(**confidential())
    assert isinstance(said.error, ClearanceRefusedError)
    assert said.error.title == "big-model may not receive confidential text"
    assert said.error.message == (
        "Salaries.pdf is confidential. big-model may receive internal text at most, so nothing was sent to "
        "it. None of the models that you may use is cleared for it. Ask an administrator."
    )
    assert (connected.host.asked, ledger(connected)) == ([], [])


def test_refusal_names_cleared_models_that_the_person_may_use_and_no_others(
    connected: Connected, say: Say
) -> None:
    from apps.guardrails.classes import DataClass
    from apps.llm.clearances.services import model_clearance_set
    from apps.llm.errors import ClearanceRefusedError
    from apps.llm.services import Offer, model_grants_set, model_offer
    from apps.tenants.scope import tenant_scope

    hosted(connected)
    with tenant_scope(connected.cast.acme.id):
        mine, theirs = model_offer(
            actor=None, connection=connected.connection, offers=[Offer("under-contract"), Offer("of-others")]
        )
        model_grants_set(actor=None, model=mine, team_ids=[connected.cast.engineering.pk])
        for model in (mine, theirs):
            model_clearance_set(
                actor=None, model=model, wanted=DataClass.CONFIDENTIAL, reason="A contract of its own"
            )
    said = say(**confidential())
    assert isinstance(said.error, ClearanceRefusedError)
    assert said.error.message.endswith("You may use it with under-contract.")
    assert said.error.shown["models"] == [{"slug": "under-contract", "name": "under-contract"}]
    assert say(**confidential(model_id=mine.pk)).text == "Hello world"


def test_contract_and_region_clear_a_provider_for_confidential_text(connected: Connected, say: Say) -> None:
    hosted(connected, region="Frankfurt", contract_note="DPA of 3 March")
    assert say(**confidential()).text == "Hello world"
    newest = versions(connected)[-1]
    assert (newest.data_class, newest.basis, newest.region, newest.reason) == (
        3, "default", "Frankfurt", "Said so",
    )  # fmt: skip
    assert newest.why == "Hosted by a provider in Frankfurt, under this contract: DPA of 3 March"


def test_a_call_goes_to_the_deployment_that_may_receive_it(connected: Connected, say: Say) -> None:
    from apps.llm.services import connection_create
    from apps.llm.services.deployments import Place, deployments_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        own = connection_create(
            actor=None, vendor="openai_compatible", name="Cellar", base_url=connected.host.base_url
        )
        deployments_set(actor=None, model=connected.chat, own_weight=100, places=[Place(own.pk)])
    hosted(connected)
    for _ in range(5):
        assert say(**confidential()).text == "Hello world"
    assert {row.connection_name for row in ledger(connected)} == {"Cellar"}


def test_set_for_a_model_never_lifts_it_at_another_connection(connected: Connected, say: Say) -> None:
    from apps.llm.clearances.rules import Facts, Settings, cleared_for

    provider = Facts(is_builtin=False, is_allowed=False)
    assert cleared_for(provider, Settings(None, 4, is_home=True)).data_class == 4
    assert cleared_for(provider, Settings(None, 4, is_home=False)).data_class == 2
    assert cleared_for(provider, Settings(3, 1, is_home=False)).data_class == 1


def test_a_new_address_forgets_what_was_set_for_the_old_one(connected: Connected) -> None:
    from apps.guardrails.classes import DataClass
    from apps.llm.services import connection_update
    from apps.tenants.scope import tenant_scope

    hosted(connected, data_class=DataClass.RESTRICTED, contract_note="With the old host", region="Here")
    with tenant_scope(connected.cast.acme.id):
        changed = connection_update(
            actor=None,
            connection=connected.connection,
            changes={"base_url": "https://models.example.com/v1", "key": "sk-0123456789abcdef"},
        )
    assert (changed.cleared_for, changed.hosting, changed.contract_note) == (None, "", "")


BREAKING: dict[str, dict[str, Any]] = {
    "above what the version allows": {"data_class": 3},
    "without a version": {"data_class": 3, "clearance_id": None, "clearance_class": None},
    "with a class that the version does not have": {"data_class": 3, "clearance_class": 4},
    "with half a version": {"data_class": 3, "clearance_id": None, "clearance_class": 4},
    "with another model's version": {"data_class": 2, "model_id": uuid4()},
    "with a version of another connection": {"data_class": 2, "connection_id": uuid4()},
    "with a version that is not there": {"data_class": 2, "clearance_id": uuid4()},
}


@pytest.mark.parametrize("name", BREAKING)
def test_the_database_refuses_a_row_that_breaks_the_rule(connected: Connected, say: Say, name: str) -> None:
    from django.db import IntegrityError, connection

    from apps.tenants.scope import tenant_scope

    hosted(connected)
    assert say().error is None
    (row,) = ledger(connected)
    allowed = {
        "call_id": uuid4(), "data_class": 2, "clearance_id": row.clearance_id, "clearance_class": 2,
        "model_id": row.model_id, "connection_id": row.connection_id,
    }  # fmt: skip
    said = """
    INSERT INTO metering_usagerecord (id, tenant_id, call_id, state, purpose, step, team_name, user_name,
        vendor, base_url, connection_id, connection_name, model_id, model_slug, model_asked, model_answered,
        reserved_input, reserved_output, tokens_input, tokens_cached, tokens_output, tokens_reasoning,
        estimated, currency, finish, error_kind, created_at, data_class, clearance_id, clearance_class)
    VALUES (gen_random_uuid(), current_setting('app.tenant_id')::uuid, %(call_id)s, 'reserved', 'reply', '',
        '', '', 'v', '', %(connection_id)s, 'c', %(model_id)s, 'm', 'm', '', 0, 0, 0, 0, 0, 0, false, '', '',
        '', now(), %(data_class)s, %(clearance_id)s, %(clearance_class)s)
    """
    with tenant_scope(connected.cast.acme.id), connection.cursor() as cursor:
        cursor.execute(said, allowed)
    with pytest.raises(IntegrityError), tenant_scope(connected.cast.acme.id), connection.cursor() as cursor:
        cursor.execute(said, {**allowed, "call_id": uuid4(), **BREAKING[name]})
    assert len(ledger(connected)) == 2


def test_versions_are_never_changed_or_deleted(connected: Connected, say: Say) -> None:
    from django.db import ProgrammingError

    from apps.metering.models import Clearance
    from apps.tenants.scope import tenant_scope

    say()
    for write in (lambda: Clearance.objects.update(data_class=4), lambda: Clearance.objects.all().delete()):
        with pytest.raises(ProgrammingError), tenant_scope(connected.cast.acme.id):
            write()


def test_an_administrator_sets_it_on_the_page_and_every_version_stays(
    connected: Connected, alice: Client
) -> None:
    page = reverse("admin-provider-clearance", args=[connected.connection.pk])
    refused = alice.post(page, {"data_class": "public", "hosting": "", "reason": ""})
    assert refused.status_code == 422
    assert versions(connected) == []
    for wanted in ("confidential", "public"):
        alice.post(page, {"data_class": wanted, "hosting": "hosted", "reason": f"Now {wanted}"})
    assert [(v.number, v.data_class, v.actor_name, v.reason) for v in versions(connected)] == [
        (1, 3, "Alice Admin", "Now confidential"),
        (2, 1, "Alice Admin", "Now public"),
    ]
    said = text_of(alice, page)
    assert "2 models" in said
    assert "Now confidential" in said
    assert [event.detail["reason"] for event in events_of(connected, "clearance.changed")] == [
        "Now confidential",
        "Now public",
    ]


def test_a_member_and_an_auditor_can_not_clear_a_model(connected: Connected) -> None:
    from tests.llm.conftest import browser

    client = browser(connected.cast, connected.cast.bob)
    for name in ("admin-provider-clearance", "admin-model-clearance"):
        pk = connected.connection.pk if "provider" in name else connected.chat.pk
        assert client.post(reverse(name, args=[pk]), {"data_class": "restricted"}).status_code == 404
    assert client.get(reverse("admin-data-classes")).status_code == 404
    assert versions(connected) == []


def test_the_report_shows_each_call_and_proves_that_none_breaks_a_rule(
    connected: Connected, say: Say, alice: Client
) -> None:
    hosted(connected, region="Frankfurt", contract_note="DPA of 3 March")
    say(**confidential())
    say()
    said = text_of(alice, reverse("admin-data-classes"))
    assert "0 calls broke a rule" in said
    assert "2 calls" in said
    assert "Hosted by a provider in Frankfurt, under this contract: DPA of 3 March" in said
    found = alice.get("/api/v1/data-class-report").json()
    assert (found["calls"], found["classed"], found["breaking"]) == (2, 1, 0)
    assert [call["data_class"] for call in found["results"]] == [None, "confidential"]
    assert found["results"][1]["version"] == versions(connected)[-1].number
    for ends in ("until=0001-01-01", "since=0001-01-01&until=9999-12-31"):
        assert alice.get(f"{reverse('admin-data-classes')}?{ends}").status_code == 200
    rows = alice.get(reverse("admin-data-classes-export")).content.decode().splitlines()
    assert len(rows) == 3
    assert "confidential,big-model,Test host,Frankfurt,confidential" in rows[2]


def test_the_report_counts_what_breaks_a_rule(connected: Connected, say: Say, alice: Client) -> None:
    """The proof reads versions, not what the row says of itself: here a row came in past the gateway."""
    import datetime as dt

    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    say(**confidential())
    hosted(connected)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    with tenant_scope(connected.cast.acme.id):
        row = UsageRecord.objects.get()
        row.pk, row.call_id, row.created_at = uuid4(), uuid4(), later
        row.save(force_insert=True)
    tomorrow = str((later + dt.timedelta(days=1)).date())
    found = alice.get("/api/v1/data-class-report", {"until": tomorrow}).json()
    assert (found["calls"], found["breaking"]) == (2, 1)


def test_a_file_that_holds_not_all_calls_says_so(
    connected: Connected, say: Say, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        say(data_class=2)
    whole = alice.get("/admin/data-classes/export").content.decode()
    assert (len(whole.splitlines()), "older calls" in whole) == (4, False)
    monkeypatch.setattr("apps.llm.clearances.report_views.MOST_EXPORTED", 2)
    lines = alice.get("/admin/data-classes/export").content.decode().splitlines()
    assert len(lines) == 4
    assert lines[-1] == "1 older calls of the period are not in this file: export fewer days."


def test_rest_sets_and_reads_a_clearance(connected: Connected, alice: Client) -> None:
    address = f"/api/v1/models/{connected.chat.pk}/clearance"
    said = alice.put(
        address, json.dumps({"data_class": "public", "reason": "A toy"}), content_type="application/json"
    ).json()
    assert said["data_class"] == "public"
    assert [(place["connection"], place["data_class"]) for place in said["cleared"]] == [
        ("Test host", "public")
    ]
    assert [(version["number"], version["by"]) for version in said["versions"]] == [(1, "Alice Admin")]
    answer = alice.put(address, json.dumps({"data_class": "secret", "reason": "x"}), "application/json")
    assert answer.status_code == 400
    of_connection = alice.get(f"/api/v1/connections/{connected.connection.pk}/clearance").json()
    assert {place["model"]: place["data_class"] for place in of_connection["cleared"]} == {
        "big-model": "public",
        "text-embedding-tiny": "restricted",
    }
