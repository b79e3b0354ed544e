"""All that an organisation can set on its calls: budgets, rate limits, guardrails and a class of its data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from apps.accounts.models import Team
    from apps.llm.models import Model

AMPLE = Decimal(10**9)
A_MINUTE = 10**9


PARTS = ("budgets", "limits", "guardrails", "classes")


def ruled_key(slug: str, model: str, parts: Collection[str]) -> str:
    """An API key of the tenant, whose calls these parts of it hold for."""
    from apps.accounts.selectors import everyone
    from apps.accounts.services.keys import api_key_create
    from apps.accounts.services.people import user_create
    from apps.llm.models import Model
    from apps.tenants.hosts import tenant_of_slug
    from apps.tenants.scope import tenant_scope

    tenant = tenant_of_slug(slug)
    assert tenant is not None
    with tenant_scope(tenant.id):
        person = user_create(actor=None, email="ruled@bench.example", name="Ruled", role="member")
        team = everyone()
        key, text = api_key_create(
            actor=None, slug=slug, user=person, team=team, name="ruled", scopes=["chat"]
        )
        called = Model.objects.get(slug=model)
        subjects = {"tenant": tenant.id, "team": team.pk, "person": person.pk, "key": key.pk}
        if "budgets" in parts:
            _budgets(called, subjects | {"model": called.pk})
        if "limits" in parts:
            _limits(called)
        if "guardrails" in parts:
            _rules(team)
        if "classes" in parts:
            _class(called)
    return text


def _budgets(called: Model, subjects: dict[str, UUID]) -> None:
    from apps.llm.services.models import model_update
    from apps.metering.budgets.models import PeriodKind, Reach, Unit
    from apps.metering.budgets.services import Terms, budget_create

    model_update(
        actor=None, model=called, changes={"price_input": Decimal("0.1"), "price_output": Decimal("0.4")}
    )
    terms = Terms(Unit.MONEY, AMPLE, PeriodKind.MONTH)
    for reach, subject in subjects.items():
        budget_create(actor=None, reach=Reach(reach), subject_id=subject, subject_name=reach, terms=terms)


def _limits(called: Model) -> None:
    from apps.metering.rates.services import Wanted, rate_limit_set

    for of in ("person", "team", "key"):
        rate_limit_set(actor=None, team=None, wanted=Wanted(of, A_MINUTE, A_MINUTE))
    wanted = Wanted("model", A_MINUTE, A_MINUTE, called.pk, called.slug)
    rate_limit_set(actor=None, team=None, wanted=wanted)


def _rules(team: Team) -> None:
    """Mask every kind in what goes out, read the answers for all of them, block terms and an expression.

    Answers are not masked: what masks them must hold them back for some words, whatever it costs.
    """
    from apps.guardrails.detectors.kinds import BUILT_IN
    from apps.guardrails.rules import Action, Direction, Rule
    from apps.guardrails.services import Change, policy_change

    kinds = frozenset(BUILT_IN)
    masked = Rule("11111111-1111-4111-8111-111111111111", "Mask all", Action.MASK, Direction.OUT, kinds)
    read = Rule("33333333-3333-4333-8333-333333333333", "Read all", Action.LOG, Direction.IN, kinds)
    blocked = Rule(
        "22222222-2222-4222-8222-222222222222", "Projects", Action.BLOCK, Direction.BOTH,
        terms=tuple(f"project falcon {number}" for number in range(500)), patterns=(r"ACME-\d{6}",),
    )  # fmt: skip
    policy_change(actor=None, team=team, change=Change(state="on", rules=(masked, read, blocked)))


def _class(called: Model) -> None:
    from apps.guardrails.classes import DataClass
    from apps.llm.clearances.services import model_clearance_set

    model_clearance_set(actor=None, model=called, wanted=DataClass.RESTRICTED, reason="For the measurement.")
