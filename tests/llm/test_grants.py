"""Grants and defaults: who may use what, and what nobody else is told."""

from __future__ import annotations

import pytest

from tests.llm.conftest import Connected, audit_actions


def _slugs(connected: Connected, team: object) -> list[str]:
    from apps.llm.selectors import models_for_team
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return [model.slug for model in models_for_team(team.pk)]  # type: ignore[attr-defined]  # a Team


def test_team_sees_its_own_models_only(connected: Connected) -> None:
    assert _slugs(connected, connected.cast.engineering) == ["big-model"]
    assert _slugs(connected, connected.cast.sales) == []


def test_everyone_stands_for_all_teams(connected: Connected) -> None:
    from apps.accounts.models import Team
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        everyone = Team.objects.get(is_everyone=True)
        model_grants_set(actor=None, model=connected.chat, team_ids=[everyone.pk])
    assert _slugs(connected, connected.cast.sales) == ["big-model"]
    assert _slugs(connected, connected.cast.engineering) == ["big-model"]


@pytest.mark.parametrize("off", ["model", "connection"])
def test_what_is_off_is_not_there(connected: Connected, off: str) -> None:
    from apps.llm.errors import ModelNotFoundError
    from apps.llm.selectors import default_model, model_by_slug
    from apps.llm.services import connection_update, model_update
    from apps.tenants.scope import tenant_scope

    team = connected.cast.engineering
    with tenant_scope(connected.cast.acme.id):
        if off == "model":
            model_update(actor=None, model=connected.chat, changes={"is_enabled": False})
        else:
            connection_update(actor=None, connection=connected.connection, changes={"is_enabled": False})
        with pytest.raises(ModelNotFoundError):
            model_by_slug(team.pk, "big-model")
        assert default_model(team.pk) is None
    assert _slugs(connected, team) == []


def test_missing_foreign_and_ungranted_look_the_same(connected: Connected) -> None:
    from apps.llm.errors import ModelNotFoundError
    from apps.llm.selectors import model_by_slug
    from apps.tenants.scope import tenant_scope

    told = []
    with tenant_scope(connected.cast.acme.id):
        for slug in ("big-model", "no-such-model"):
            with pytest.raises(ModelNotFoundError) as caught:
                model_by_slug(connected.cast.sales.pk, slug)
            told.append(str(caught.value))
    assert told[0] == told[1]


def test_default_falls_back_to_everyones_then_to_the_first(connected: Connected) -> None:
    from apps.accounts.models import Team
    from apps.llm.selectors import default_model
    from apps.llm.services import Offer, default_set, model_grants_set, model_offer
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        everyone = Team.objects.get(is_everyone=True)
        first, second = model_offer(
            actor=None, connection=connected.connection, offers=[Offer("a-model"), Offer("z-model")]
        )
        for model in (first, second):
            model_grants_set(actor=None, model=model, team_ids=[everyone.pk])
        assert default_model(cast.sales.pk) == first
        default_set(actor=None, team=everyone, model=second)
        assert default_model(cast.sales.pk) == second
        assert default_model(None) == second
        assert default_model(cast.engineering.pk) == connected.chat
        default_set(actor=None, team=cast.engineering, model=None)
        assert default_model(cast.engineering.pk) == second


def test_default_must_be_a_chat_model_that_the_team_may_use(connected: Connected) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.models import Grant
    from apps.llm.services import default_set
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        for team, model in ((cast.sales, connected.chat), (cast.engineering, connected.embedding)):
            with pytest.raises(ValidationError):
                default_set(actor=None, team=team, model=model)
        assert [grant.model for grant in Grant.objects.filter(is_default=True)] == [connected.chat]


def test_team_of_another_tenant_gets_nothing(connected: Connected) -> None:
    from django.core.exceptions import ValidationError

    from apps.accounts.models import Team
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.globex.id):
        foreign = Team.objects.get(is_everyone=True)
    with tenant_scope(cast.acme.id):
        with pytest.raises(ValidationError):
            model_grants_set(actor=None, model=connected.chat, team_ids=[foreign.pk])
        assert connected.chat.grants.count() == 1


def test_team_gets_exactly_the_chosen_models(connected: Connected) -> None:
    from apps.llm.services import team_grants_set
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        team_grants_set(actor=None, team=cast.sales, model_ids=[connected.chat.pk])
        team_grants_set(actor=None, team=cast.engineering, model_ids=[connected.embedding.pk])
    assert _slugs(connected, cast.sales) == ["big-model"]
    assert _slugs(connected, cast.engineering) == []
    assert audit_actions(cast.acme.id).count("team.models_changed") == 2


def test_ids_are_made_unique_and_checked(connected: Connected) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.services import Offer, model_offer, model_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        offers = [Offer("vendor/Big-Model"), Offer("Ünïcode model!")]
        twin, odd = model_offer(actor=None, connection=connected.connection, offers=offers)
        assert (twin.slug, odd.slug) == ("big-model-2", "n-code-model")
        assert model_offer(actor=None, connection=connected.connection, offers=offers) == [twin, odd]
        for slug in ("big-model", "With Space", "route/x", ""):
            with pytest.raises(ValidationError):
                model_update(actor=None, model=twin, changes={"slug": slug})
        with pytest.raises(ValidationError):
            model_update(actor=None, model=odd, changes={"price_input": 1, "price_output": None})


def test_model_by_slug_is_the_row_as_the_orm_reads_it(connected: Connected) -> None:
    from apps.llm.errors import ModelNotFoundError
    from apps.llm.models import Model
    from apps.llm.selectors import model_by_slug
    from apps.llm.services import model_update
    from apps.tenants.scope import tenant_scope

    team = connected.cast.engineering.pk
    with tenant_scope(connected.cast.acme.id):
        model_update(actor=None, model=connected.chat, changes={"abilities": ["vision"], "max_output": 9})
        found = model_by_slug(team, "big-model")
        read = Model.objects.select_related("connection").get(slug="big-model")
        for row, twin in ((found, read), (found.connection, read.connection)):
            for field in row._meta.concrete_fields:
                assert getattr(row, field.attname) == getattr(twin, field.attname)
        assert model_by_slug(team, "text-embedding-tiny", None) == connected.embedding
        for slug, modality in (("text-embedding-tiny", "chat"), ("big-model", "embedding"), ("a\x00b", None)):
            with pytest.raises(ModelNotFoundError):
                model_by_slug(team, slug, modality)
