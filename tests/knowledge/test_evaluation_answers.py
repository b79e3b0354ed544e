"""Golden questions answered by a model and judged by one: citations, times, costs, and who reads it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.knowledge.evaluation.judging import verdict_of
from tests.e2e.conftest import share_models
from tests.knowledge.conftest import Library
from tests.llm.conftest import connected, host, ledger
from tests.llm.host import Answer, Asked

if TYPE_CHECKING:
    from apps.knowledge.models import Document, EvaluationRun, KnowledgeBase
    from tests.llm.conftest import Connected

__all__ = ["connected", "host"]

LEAVE = "How long is parental leave?"
RIGHT = "Parental leave is 26 weeks for each parent."
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


def _answer(asked: Asked) -> Answer:
    """Answers cite one passage that bears them out and one that does not; the judge says that it is right."""
    system = str(asked.body["messages"][0]["content"])
    if system.startswith("You grade an answer"):
        return Answer(texts=("CORRECT. ", "It names the 26 weeks."), usage=USAGE)
    return Answer(texts=(f"{RIGHT[:-1]} [1]. The moon is made of green cheese today [1].",), usage=USAGE)


@pytest.fixture
def shelf(library: Library, connected: Connected) -> tuple[KnowledgeBase, Document]:
    """A collection of bob's own, with a golden question; Everyone may use the scripted model."""
    from apps.knowledge.evaluation.golden import Draft, question_set
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    share_models(connected)
    base = library.base(cast.bob)
    document = library.read(library.add(base, "leave.md", f"# Leave\n\n{RIGHT}", cast.bob))
    library.read(library.add(base, "travel.md", "# Travel\n\nThe hotel cap is 190 pounds.", cast.bob))
    connected.host.answer_for = _answer
    with tenant_scope(base.tenant_id):
        draft = Draft.by_hand(LEAVE, [document.id], answer="26 weeks", passage=RIGHT)
        question_set(actor=library.actor(cast.bob), base=base, draft=draft)
    return base, document


def _measured(base: KnowledgeBase) -> EvaluationRun:
    from apps.knowledge.evaluation.measuring import measure
    from apps.knowledge.models import EvaluationRun
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        run = EvaluationRun.objects.latest("created_at")
    measure(base.tenant_id, run.id)
    with tenant_scope(base.tenant_id):
        run.refresh_from_db()
    return run


def test_answers_are_measured_by_citations_judge_times_and_costs(
    library: Library, connected: Connected, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    base, _ = shelf
    bob, chat = signed_in(library.cast.bob), str(connected.chat.pk)
    address = f"/api/v1/knowledge-bases/{base.id}/evaluations"
    lone = bob.post(address, json.dumps({"judge_id": chat}), content_type="application/json")
    assert (lone.status_code, lone.json()["errors"][0]["field"]) == (400, "judge_id")
    body = {"answers_id": chat, "judge_id": chat, "tuning": {"passages": 1}}
    begun = bob.post(address, json.dumps(body), content_type="application/json")
    assert begun.status_code == 202, begun.content
    assert begun.json()["setting"]["answers"] == connected.chat.slug
    run = _measured(base)
    assert run.state == "done", run.error
    assert {name: run.figures[name] for name in ("ndcg@10", "passages", "citations", "judged")} == {
        "ndcg@10": 1.0,
        "passages": 1.0,
        "citations": 0.5,
        "judged": 1.0,
    }
    assert run.figures["answer_p50"] >= 0
    assert (run.calls, run.unpriced, run.costs) == (3, 0, {"USD": "0.009"})
    shown = bob.get(f"/api/v1/evaluations/{run.id}").json()["results"][0]
    assert shown["answer"].startswith(RIGHT[:-1])
    assert (shown["supported"], shown["judged"]) == (0.5, 1.0)
    prompt = str(connected.host.asked[0].body["messages"])
    assert RIGHT in prompt
    assert "190 pounds" not in prompt
    page = bob.get(f"/knowledge/evaluations/{run.id}").content.decode()
    assert "citations that hold" in page.lower()
    assert "0.0090 USD" in page


def test_each_call_of_a_measurement_is_a_whole_row_of_the_ledger(
    library: Library, connected: Connected, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    base, _ = shelf
    chat = str(connected.chat.pk)
    signed_in(library.cast.bob).post(
        f"/api/v1/knowledge-bases/{base.id}/evaluations",
        json.dumps({"answers_id": chat, "judge_id": chat}),
        content_type="application/json",
    )
    run = _measured(base)
    rows = {row.purpose: row for row in ledger(connected) if str(run.id) in row.step}
    assert set(rows) == {"query", "evaluation_answer", "evaluation_judge"}
    for row in rows.values():
        assert (row.state, row.user_id, row.user_name) == (
            "settled",
            library.cast.bob.pk,
            library.cast.bob.name,
        )
        assert all((row.vendor, row.connection_name, row.model_asked, row.clearance_id))
        assert row.data_class == 2
    for row in (rows["evaluation_answer"], rows["evaluation_judge"]):
        assert (row.model_slug, row.cost, row.currency) == (connected.chat.slug, Decimal("0.0045"), "USD")


def test_who_may_not_read_the_documents_sees_figures_and_no_answers(
    library: Library, connected: Connected, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    base, document = shelf
    body = json.dumps({"answers_id": str(connected.chat.pk)})
    signed_in(library.cast.bob).post(
        f"/api/v1/knowledge-bases/{base.id}/evaluations", body, content_type="application/json"
    )
    run = _measured(base)
    alice = signed_in(library.cast.alice)
    shown = alice.get(f"/api/v1/evaluations/{run.id}").json()["results"][0]
    assert (shown["ndcg"], shown["answer"], shown["found"][0]) == (1.0, "", str(document.id))
    question = alice.get(f"/api/v1/knowledge-bases/{base.id}/golden-questions").json()["results"][0]
    assert (question["text"], question["answer"], question["sources"][0]["passage"]) == (LEAVE, "", "")
    pages = [
        alice.get(path).content.decode()
        for path in (f"/knowledge/evaluations/{run.id}", f"/knowledge/{base.id}/evaluation/questions")
    ]
    assert not any("26 weeks" in page for page in pages)
    assert alice.get(f"/knowledge/golden-questions/{question['id']}").status_code == 404
    assert signed_in(library.cast.carol).get(f"/knowledge/evaluations/{run.id}").status_code == 404


def test_a_silent_model_ends_the_measurement_with_its_reason(
    library: Library, connected: Connected, shelf: tuple[KnowledgeBase, Document], embeddings: Any
) -> None:
    from apps.knowledge.evaluation.measuring import evaluation_start
    from apps.tenants.scope import tenant_scope

    base, _ = shelf
    embeddings.is_down = True
    with tenant_scope(base.tenant_id):
        evaluation_start(actor=library.actor(library.cast.bob), base=base)
    run = _measured(base)
    assert (run.state, run.figures) == ("failed", {})
    assert "gave no vector" in run.error


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("CORRECT. All of it.", 1.0),
        ("**Partly**: the year is missing.", 0.5),
        ("wrong", 0.0),
        ("Incorrect, I think.", None),
        ("", None),
    ],
)
def test_a_verdict_is_read_by_its_word(said: str, score: float | None) -> None:
    assert verdict_of(said).score == score
