"""A gate holds back what makes answers harder to find: tuning and embedding models; only admins override."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.changing import HASHED, offer
from tests.knowledge.conftest import Library
from tests.knowledge.test_rest import _json as api

if TYPE_CHECKING:
    from apps.knowledge.models import GatedChange, KnowledgeBase, Reembedding

TEXTS = {
    "travel.md": "# Travel\n\nThe hotel cap is 190 pounds a night in London.",
    "leave.md": "# Leave\n\nParental leave is 26 weeks for each parent.",
    "lamp.md": "# Lamp\n\nThe blue lamp hangs in the archive room behind the door.",
}
BLIND = {"passages": 8, "words": 1.0, "strictness": 2.0}
"""Words alone, and twice as strict: a question in other words finds nothing."""


@pytest.fixture
def gated(library: Library) -> KnowledgeBase:
    """bob's collection, whose question shares no word with its document, with a gate of 0.02."""
    from apps.knowledge.evaluation.gates import gate_set
    from apps.knowledge.evaluation.golden import Draft, question_set
    from apps.tenants.scope import tenant_scope

    bob = library.cast.bob
    base = library.base(bob)
    documents = {name: library.read(library.add(base, name, text, bob)) for name, text in TEXTS.items()}
    with tenant_scope(base.tenant_id):
        actor = library.actor(bob)
        for text, name in (
            ("What may accommodation cost?", "travel.md"),
            ("How much time off does a new father get?", "leave.md"),
        ):
            draft = Draft.by_hand(text, [documents[name].id])
            question_set(actor=actor, base=base, draft=draft)
        gate_set(actor=actor, base=base, most_fall=0.02)
        base.refresh_from_db()
    return base


def _work(base: KnowledgeBase) -> GatedChange:
    """What workers do: measure all that waits; the newest change afterwards."""
    from apps.knowledge.evaluation.measuring import measure
    from apps.knowledge.models import EvaluationRun, GatedChange
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        waiting = list(EvaluationRun.objects.filter(state="queued").values_list("id", flat=True))
    for run_id in waiting:
        measure(base.tenant_id, run_id)
    with tenant_scope(base.tenant_id):
        return GatedChange.objects.select_related("before", "after").latest("created_at")


def _audited(base: KnowledgeBase) -> list[str]:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        rows = AuditEvent.objects.filter(action__startswith="gate.").order_by("created_at", "id")
        return list(rows.values_list("action", flat=True))


def _tuning(base: KnowledgeBase) -> Any:
    from apps.knowledge.tuning import tuning_of
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        return tuning_of(base)


def test_a_tuning_that_finds_less_is_held_back_and_only_an_admin_overrides(
    library: Library, gated: KnowledgeBase, signed_in: Any
) -> None:
    bob, alice = signed_in(library.cast.bob), signed_in(library.cast.alice)
    address = f"/knowledge-bases/{gated.id}"
    asked = api(bob, "PUT", f"{address}/tuning", BLIND)
    assert (asked.status_code, asked.json()["state"]) == (202, "measuring")
    assert api(bob, "PUT", f"{address}/tuning", BLIND | {"passages": 3}).status_code == 409
    assert "measured" in bob.get(f"/knowledge/{gated.id}/advanced").content.decode()
    held = _work(gated)
    assert (held.state, held.is_over) == ("held", True)
    assert "nDCG@10 would fall from" in held.why
    assert "Nothing was changed" in held.why
    assert _tuning(gated).strictness == 1.0
    shown = bob.get(f"/knowledge/{gated.id}/evaluation").content.decode()
    assert "Only an administrator" in shown
    assert "Make it all the same" not in shown
    refused = api(bob, "POST", f"/gated-changes/{held.id}/accept")
    assert (refused.status_code, _tuning(gated).strictness) == (403, 1.0)
    forced = api(alice, "POST", f"/gated-changes/{held.id}/accept")
    assert (forced.status_code, forced.json()["state"]) == (200, "overridden")
    assert _tuning(gated).strictness == 2.0
    assert _audited(gated) == ["gate.set", "gate.measuring", "gate.held", "gate.overridden"]


def test_a_tuning_that_finds_as_much_is_made_by_itself(
    library: Library, gated: KnowledgeBase, signed_in: Any
) -> None:
    bob = signed_in(library.cast.bob)
    asked = api(bob, "PUT", f"/knowledge-bases/{gated.id}/tuning", {"passages": 6})
    assert asked.status_code == 202
    assert _tuning(gated).passages == 8
    passed = _work(gated)
    assert (passed.state, passed.why) == ("passed", "")
    assert _tuning(gated).passages == 6
    assert api(bob, "GET", f"/knowledge-bases/{gated.id}/gate").json() == {"most_fall": 0.02, "change": None}


def test_what_is_held_back_is_measured_again_or_given_up(
    library: Library, gated: KnowledgeBase, signed_in: Any
) -> None:
    bob = signed_in(library.cast.bob)
    page = f"/knowledge/{gated.id}/advanced"
    assert bob.post(page, {"passages": "8", "words": "100", "strictness": "200"}).status_code == 302
    held = _work(gated)
    again = bob.post(f"/knowledge/changes/{held.id}", {"action": "again"})
    assert again.status_code == 302
    held = _work(gated)
    assert held.state == "held"
    assert "Give it up" in bob.get(page).content.decode()
    bob.post(f"/knowledge/changes/{held.id}", {"action": "withdraw"})
    assert _work(gated).state == "withdrawn"
    assert _tuning(gated).strictness == 1.0
    assert bob.post(f"/knowledge/changes/{held.id}", {"action": "accept"}).status_code == 409


def test_only_an_admin_loosens_or_takes_away_a_gate(
    library: Library, gated: KnowledgeBase, signed_in: Any
) -> None:
    bob, address = signed_in(library.cast.bob), f"/knowledge-bases/{gated.id}/gate"
    assert api(bob, "PUT", address, {"most_fall": 0.5}).status_code == 403
    assert api(bob, "DELETE", address).status_code == 403
    assert api(bob, "PUT", address, {"most_fall": 0.01}).json()["most_fall"] == 0.01
    assert api(signed_in(library.cast.alice), "DELETE", address).status_code == 204
    assert api(signed_in(library.cast.carol), "PUT", address, {"most_fall": 0.9}).status_code == 404
    other = library.base(library.cast.bob, name="Other")
    empty = api(bob, "PUT", f"/knowledge-bases/{other.id}/gate", {"most_fall": 0.1})
    assert (empty.status_code, "Add questions" in empty.json()["errors"][0]["message"]) == (400, True)


def _embedded(library: Library, base: KnowledgeBase, **options: Any) -> Reembedding:
    """A change to a model that knows words by their letters alone, with all vectors made."""
    from apps.knowledge.reembedding.services import reembedding_start
    from apps.knowledge.reembedding.working import reembed
    from apps.tenants.scope import tenant_scope

    model = offer(library, HASHED)
    with tenant_scope(base.tenant_id):
        base.refresh_from_db()
        actor = library.actor(library.cast.bob)
        change = reembedding_start(actor=actor, knowledge_base=base, model_id=model.id, **options)
    reembed(base.tenant_id, change.id)
    return _read(change)


def _read(change: Reembedding) -> Reembedding:
    from apps.tenants.scope import tenant_scope

    with tenant_scope(change.tenant_id):
        change.refresh_from_db()
        return change


def test_a_model_that_finds_less_waits_beside_the_one_that_serves(
    library: Library, gated: KnowledgeBase, signed_in: Any
) -> None:
    from apps.knowledge.reembedding.working import reembed

    change = _embedded(library, gated)
    assert change.state == "measuring"
    held = _work(gated)
    assert (held.state, held.is_over) == ("held", True)
    assert held.before.figures["ndcg@10"] > held.after.figures["ndcg@10"]
    bob, alice = signed_in(library.cast.bob), signed_in(library.cast.alice)
    page = bob.get(f"/knowledge/{gated.id}/embedding").content.decode()
    assert "would fall from" in page
    assert library.ask(library.cast.bob, "What may accommodation cost?", gated)[0].title == "Travel"
    assert api(bob, "POST", f"/gated-changes/{held.id}/accept").status_code == 403
    assert api(alice, "POST", f"/gated-changes/{held.id}/accept").status_code == 200
    reembed(gated.tenant_id, change.id)
    assert _read(change).state == "done"


def test_a_trial_waits_for_a_decision_and_giving_it_up_keeps_the_model(
    library: Library, gated: KnowledgeBase, signed_in: Any
) -> None:
    from apps.knowledge.evaluation.gates import gate_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(gated.tenant_id):
        gate_set(actor=library.actor(library.cast.alice), base=gated, most_fall=None)
        served = gated.embedding_model_id
    change = _embedded(library, gated, is_trial=True)
    held = _work(gated)
    assert (change.state, held.state, held.is_over, held.why) == ("measuring", "held", False, "")
    bob = signed_in(library.cast.bob)
    assert "Make the change" in bob.get(f"/knowledge/{gated.id}/embedding").content.decode()
    assert api(bob, "POST", f"/gated-changes/{held.id}/withdraw").json()["state"] == "withdrawn"
    assert _read(change).state == "cancelled"
    with tenant_scope(gated.tenant_id):
        gated.refresh_from_db()
    assert gated.embedding_model_id == served


def test_cancelling_the_change_of_model_ends_the_wait_at_the_gate(
    library: Library, gated: KnowledgeBase
) -> None:
    from apps.knowledge.reembedding.services import reembedding_cancel
    from apps.tenants.scope import tenant_scope

    change = _embedded(library, gated)
    with tenant_scope(gated.tenant_id):
        reembedding_cancel(actor=library.actor(library.cast.bob), change=change)
    assert _work(gated).state == "withdrawn"


def test_a_decision_that_was_lost_is_made_by_the_sweeper(
    library: Library, gated: KnowledgeBase, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge.evaluation.sweeping import sweep_evaluation

    api(signed_in(library.cast.bob), "PUT", f"/knowledge-bases/{gated.id}/tuning", {"passages": 6})
    with monkeypatch.context() as lost:
        lost.setattr("apps.knowledge.evaluation.measuring.decide", lambda *_: None)
        assert _work(gated).state == "measuring"
    sweep_evaluation()
    assert _work(gated).state == "passed"
    assert _tuning(gated).passages == 6
