"""A model's page: its instructions, parameters, limits, fallback, and a try-out as a team."""

from __future__ import annotations

from typing import Any

import pytest

from tests.llm.conftest import Connected, browser

pytestmark = pytest.mark.usefixtures("hints")


def _admin(connected: Connected) -> tuple[Any, str]:
    return browser(connected.cast, connected.cast.alice), f"/admin/models/{connected.chat.pk}"


def _runs(connected: Connected) -> list[Any]:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return list(Run.objects.filter(kind="model_trial"))


def test_a_trial_is_begun_followed_stopped_and_recorded(connected: Connected) -> None:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    client, path = _admin(connected)
    begun = client.post(f"{path}/trial", {"team": str(connected.cast.engineering.pk), "text": "Why?"})
    (run,) = _runs(connected)
    assert begun.headers["Location"] == f"{path}?trial={run.pk}#trial"
    page = client.get(f"{path}?trial={run.pk}").content.decode()
    assert ("data-live" in page, ">Why?</textarea>" in page) == (True, True)
    pane = client.get(f"{path}/trials/{run.pk}").content.decode()
    assert (f"{path}/trials/{run.pk}/stop" in pane, "<h1>" in pane) == (True, False)
    assert client.post(f"{path}/trials/{run.pk}/stop").status_code == 302
    assert "Stopped after" in client.get(f"{path}/trials/{run.pk}").content.decode()
    with tenant_scope(connected.cast.acme.id):
        (event,) = AuditEvent.objects.filter(action="model.tried")
    assert event.detail == {"slug": "big-model", "team": "Engineering"}


def test_a_trial_needs_words_and_is_of_its_own_model_alone(connected: Connected) -> None:
    client, path = _admin(connected)
    team = str(connected.cast.engineering.pk)
    refused = client.post(f"{path}/trial", {"team": team, "text": "  "})
    assert refused.status_code == 422
    assert "Write a question of at most 8,000 characters." in refused.content.decode()
    other = f"/admin/models/{connected.embedding.pk}"
    assert client.post(f"{other}/trial", {"team": team, "text": "Why?"}).status_code == 422
    assert _runs(connected) == []
    client.post(f"{path}/trial", {"team": team, "text": "Why?"})
    (run,) = _runs(connected)
    assert client.get(f"{other}/trials/{run.pk}").status_code == 404
    bob = browser(connected.cast, connected.cast.bob)
    assert bob.get(f"{path}/trials/{run.pk}").status_code == 404
    assert bob.post(f"{path}/trial", {"team": team, "text": "Why?"}).status_code == 404


def test_a_trial_over_rest(connected: Connected) -> None:
    client, _ = _admin(connected)
    asked = {"team_id": str(connected.cast.engineering.pk), "text": "Why?"}
    path = f"/api/v1/models/{connected.chat.pk}/trial"
    answer = client.post(path, asked, content_type="application/json")
    assert (answer.status_code, answer.json()) == (202, {"run_id": str(_runs(connected)[0].pk)})


def test_only_teams_that_may_use_it_are_offered_for_a_trial(connected: Connected) -> None:
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    client, path = _admin(connected)
    page = client.get(path).content.decode()
    trial = page.partition('id="trial-team"')[2].partition("</select>")[0]
    assert ("Engineering" in trial, "Sales" in trial) == (True, False)
    with tenant_scope(connected.cast.acme.id):
        model_grants_set(actor=None, model=connected.chat, team_ids=[])
    assert "No team may use it yet. Let one use it, then try it here" in client.get(path).content.decode()


def test_it_shows_parameters_limits_and_fallback_with_where_to_change_them(connected: Connected) -> None:
    from apps.accounts.models import Team
    from apps.llm.models import Route
    from apps.llm.services import model_update, parameters_set
    from apps.tenants.scope import tenant_scope

    chat, engineering = connected.chat, connected.cast.engineering
    with tenant_scope(connected.cast.acme.id):
        everyone = Team.objects.get(is_everyone=True)
        parameters_set(actor=None, team=everyone, model=chat, changes={"max_output": 900})
        parameters_set(actor=None, team=engineering, model=chat, changes={"max_output": 200})
        changes = {"context_window": 8_000, "max_output": 1_000, "instructions": "x" * 3_000}
        model_update(actor=None, model=chat, changes=changes)
        refs = {"members": [f"model:{chat.pk}", f"model:{connected.embedding.pk}"]}
        Route.objects.create(slug="safe", name="Safe route", kind="fallback", definition=refs)
    client, path = _admin(connected)
    page = client.get(path).content.decode()
    assert "Output limit 900 tokens" in page
    assert "Output limit 200 tokens" in page
    assert f"/admin/teams/{engineering.pk}/models/{chat.pk}" in page
    assert "7,000 beside its instructions" in page
    assert "At most 1,000 tokens" in page
    assert ">Safe route</a>" in page
    assert f"/admin/routes/new/fallback?member=model:{chat.pk}" in page
    begun = client.get(f"/admin/routes/new/fallback?member=model:{chat.pk}").content.decode()
    assert f'<option value="model:{chat.pk}" selected>big-model</option>' in begun


def test_what_the_organisation_sets_for_a_model_needs_no_grant_and_outlives_them(
    connected: Connected,
) -> None:
    from apps.accounts.models import Team
    from apps.llm.models import TeamParameters
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    client, _ = _admin(connected)
    with tenant_scope(connected.cast.acme.id):
        everyone = Team.objects.get(is_everyone=True)
    path = f"/admin/teams/{everyone.pk}/models/{connected.chat.pk}"
    assert client.post(path, {"temperature": "0.3"}).status_code == 302
    with tenant_scope(connected.cast.acme.id):
        model_grants_set(actor=None, model=connected.chat, team_ids=[])
        assert TeamParameters.objects.filter(team=everyone, model=connected.chat).exists()


def test_a_model_that_does_not_chat_has_no_instructions_and_no_trial(connected: Connected) -> None:
    client, _ = _admin(connected)
    page = client.get(f"/admin/models/{connected.embedding.pk}").content.decode()
    assert "Instructions" not in page
    assert "Try it out" not in page
    assert 'id="fallback"' in page
