"""Parameters per team and model: what holds, what it does to a call, and what the audit log keeps."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.llm.conftest import Connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.llm.conftest import Said

EFFORT = "reasoning_effort"


def _request(**asked: Any) -> Any:
    from apps.llm.vendors.base import ChatMessage, ChatRequest

    return ChatRequest("", (ChatMessage.text("user", "Hello?"),), **asked)


@pytest.mark.parametrize(
    ("asked", "limit", "own", "sent"),
    [
        (None, None, None, None),
        (None, None, 500, None),
        (None, 300, 500, 300),
        (None, 900, 500, 500),
        (100, 300, 500, 100),
        (400, 300, 500, 300),
        (900, None, 500, 500),
        (900, 300, None, 300),
    ],
)
def test_output_limit_bounds_what_is_asked(
    asked: int | None, limit: int | None, own: int | None, sent: int | None
) -> None:
    from apps.llm.policy.rules import Limits, limited

    request = limited(_request(max_tokens=asked), Limits(max_output=limit), max_output=own, reasons=False)
    assert request.max_tokens == sent


@pytest.mark.parametrize(
    ("asked", "limit", "reasons", "sent"),
    [
        (None, "", True, None),
        (None, "low", True, "low"),
        (None, "low", False, None),
        ("high", "", True, "high"),
        ("high", "low", True, "low"),
        ("high", "low", False, "low"),
        ("minimal", "low", True, "minimal"),
        ("none", "low", True, "none"),
        ("galactic", "low", True, "low"),
        ("galactic", "", True, "galactic"),
    ],
)
def test_effort_bounds_what_is_asked(asked: str | None, limit: str, reasons: bool, sent: str | None) -> None:
    from apps.llm.policy.rules import Limits, limited

    request = limited(
        _request(reasoning_effort=asked), Limits(reasoning_effort=limit), max_output=None, reasons=reasons
    )
    assert request.reasoning_effort == sent


@pytest.mark.parametrize(("asked", "sent"), [(None, 0.2), (0.0, 0.0), (1.5, 1.5)])
def test_temperature_holds_where_none_is_asked(asked: float | None, sent: float) -> None:
    from apps.llm.policy.rules import Limits, limited

    request = limited(_request(temperature=asked), Limits(temperature=0.2), max_output=None, reasons=False)
    assert request.temperature == sent


def test_statement_and_rules_agree_whoever_sets_what(connected: Connected) -> None:
    """Every combination of the four places, for a value that is set and one that is not."""
    from apps.accounts.models import Team
    from apps.llm.models import TeamParameters
    from apps.llm.policy.selectors import team_models
    from apps.llm.selectors import callable_deployments
    from apps.llm.vendors.base import Modality
    from apps.tenants.scope import tenant_scope

    cast, model = connected.cast, connected.chat
    with tenant_scope(cast.acme.id):
        everyone = Team.objects.get(is_everyone=True)
        places = list(product((cast.engineering, everyone), (model, None)))
        for chosen in product((False, True), repeat=4):
            TeamParameters.objects.all().delete()
            for rank, (team, of) in enumerate(places):
                if chosen[rank]:
                    TeamParameters.objects.create(
                        team=team, model=of, temperature=Decimal(rank) / 4, max_output=None if rank else 7
                    )
            (found,), _ = callable_deployments(
                model_id=model.pk, team_id=cast.engineering.pk, user_id=None, modality=Modality.CHAT
            )
            temperature, effort, output = team_models(cast.engineering).settings(model)
            first = next((rank for rank in range(4) if chosen[rank]), None)
            assert found.limits.temperature == (None if first is None else first / 4)
            assert temperature.value == (None if first is None else Decimal(first) / 4)
            assert (found.limits.reasoning_effort, effort.value) == ("", None)
            assert found.limits.max_output == output.value == (7 if chosen[0] else None)
            if first is not None:
                assert (temperature.is_organisations, temperature.is_of_model) == (first > 1, first % 2 == 0)


def test_team_without_parameters_of_its_own_takes_the_organisations(connected: Connected) -> None:
    from apps.accounts.models import Team
    from apps.llm.selectors import callable_deployments
    from apps.llm.services import model_grants_set, parameters_set
    from apps.llm.vendors.base import Modality
    from apps.tenants.scope import tenant_scope

    cast, model = connected.cast, connected.chat
    with tenant_scope(cast.acme.id):
        everyone = Team.objects.get(is_everyone=True)
        model_grants_set(actor=None, model=model, team_ids=[everyone.pk])
        parameters_set(actor=None, team=everyone, model=None, changes={"max_output": 100})
        parameters_set(actor=None, team=cast.sales, model=None, changes={"max_output": 50})
        found = {}
        for team_id in (None, everyone.pk, cast.engineering.pk, cast.sales.pk):
            (callable_,), _ = callable_deployments(
                model_id=model.pk, team_id=team_id, user_id=None, modality=Modality.CHAT
            )
            found[team_id] = callable_.limits.max_output
        assert list(found.values()) == [100, 100, 100, 50]


def test_call_is_sent_with_the_teams_parameters(connected: Connected, say: Callable[..., Said]) -> None:
    from apps.llm.services import model_update, parameters_set
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        model_update(actor=None, model=connected.chat, changes={"abilities": ["reasoning"]})
        values = {"temperature": Decimal("0.25"), EFFORT: "low", "max_output": 64}
        parameters_set(actor=None, team=cast.engineering, model=None, changes=values)
    assert say().error is None
    assert say(request=_request(max_tokens=5_000, reasoning_effort="high", temperature=1.0)).error is None
    bodies = [asked.body for asked in connected.host.asked]
    assert [(body["temperature"], body[EFFORT], body["max_tokens"]) for body in bodies] == [
        (0.25, "low", 64),
        (1.0, "low", 64),
    ]


def test_nothing_is_added_where_nothing_is_set(connected: Connected, say: Callable[..., Said]) -> None:
    assert say().error is None
    assert {"temperature", EFFORT, "max_tokens"} & connected.host.asked[0].body.keys() == set()


def test_changes_are_audited_with_before_and_after_and_reset_leaves_no_row(connected: Connected) -> None:
    from apps.audit.models import AuditEvent
    from apps.llm.models import TeamParameters
    from apps.llm.services import parameters_set
    from apps.tenants.scope import tenant_scope

    team, model = connected.cast.engineering, connected.chat
    with tenant_scope(connected.cast.acme.id):
        first = {"temperature": Decimal("0.50"), "max_output": 20}
        for changes in (first, first, {"temperature": None, EFFORT: "high"}, {"max_output": "", EFFORT: ""}):
            parameters_set(actor=None, team=team, model=model, changes=changes)
        assert not TeamParameters.objects.exists()
        found: list[Any] = list(
            AuditEvent.objects.filter(action="team.parameters_set").order_by("created_at")
        )
        assert [(event.before["temperature"], event.after[EFFORT]) for event in found] == [
            (None, ""),
            ("0.5", "high"),
            (None, ""),
        ]
        assert found[1].after["max_output"] == 20
        assert {event.detail["model"] for event in found} == {"big-model"}


@pytest.mark.parametrize(
    "changes",
    [{"temperature": -1}, {"temperature": 3}, {EFFORT: "galactic"}, {"max_output": 0}, {"max_output": 2**31}],
)
def test_values_out_of_range_are_refused_and_nothing_is_kept(
    connected: Connected, changes: dict[str, Any]
) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.models import TeamParameters
    from apps.llm.services import parameters_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        with pytest.raises(ValidationError) as caught:
            parameters_set(actor=None, team=connected.cast.engineering, model=None, changes=changes)
        assert set(caught.value.message_dict) == set(changes)
        assert not TeamParameters.objects.exists()


def test_only_chat_models_that_the_team_may_use_have_parameters(connected: Connected) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.services import parameters_set
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        for team, model in ((cast.sales, connected.chat), (cast.engineering, connected.embedding)):
            with pytest.raises(ValidationError):
                parameters_set(actor=None, team=team, model=model, changes={"max_output": 5})


def test_a_grant_that_is_taken_away_takes_its_parameters_along(connected: Connected) -> None:
    from apps.accounts.models import Team
    from apps.llm.models import TeamParameters
    from apps.llm.services import grants_change, model_grants_set, parameters_set
    from apps.tenants.scope import tenant_scope

    cast, model = connected.cast, connected.chat
    with tenant_scope(cast.acme.id):
        everyone = Team.objects.get(is_everyone=True)
        model_grants_set(actor=None, model=model, team_ids=[everyone.pk, cast.engineering.pk])
        parameters_set(actor=None, team=cast.engineering, model=model, changes={"max_output": 5})
        parameters_set(actor=None, team=cast.engineering, model=None, changes={"max_output": 9})
        grants_change(actor=None, teams=[cast.engineering], models=[model], allowed=False)
        assert TeamParameters.objects.filter(model=model).count() == 1
        model_grants_set(actor=None, model=model, team_ids=[])
        assert [row.model_id for row in TeamParameters.objects.all()] == [None]


def test_many_grants_change_at_once_and_each_team_is_audited(connected: Connected) -> None:
    from apps.audit.models import AuditEvent
    from apps.llm.models import Grant
    from apps.llm.services import grants_change
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    teams, models = [cast.engineering, cast.sales], [connected.chat, connected.embedding]
    with tenant_scope(cast.acme.id):
        assert grants_change(actor=None, teams=teams, models=models, allowed=True) == 1
        assert Grant.objects.count() == 4
        assert Grant.objects.get(is_default=True).team == cast.engineering
        assert grants_change(actor=None, teams=teams, models=[connected.chat], allowed=False) == 2
        assert set(Grant.objects.values_list("model__slug", flat=True)) == {connected.embedding.slug}
        events = AuditEvent.objects.filter(action="team.models_changed", target_id=str(cast.sales.pk))
        assert [(event.before, event.after) for event in events.order_by("created_at")] == [
            ({"models": []}, {"models": ["big-model", "text-embedding-tiny"]}),
            ({"models": ["big-model", "text-embedding-tiny"]}, {"models": ["text-embedding-tiny"]}),
        ]


def test_statement_finds_nothing_for_a_model_that_is_not_there(connected: Connected) -> None:
    from apps.llm.selectors import callable_deployments
    from apps.llm.vendors.base import Modality
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        found = callable_deployments(model_id=uuid4(), team_id=None, user_id=None, modality=Modality.CHAT)
        assert found == ([], [])
