"""Golden questions and evaluations of a collection: made, run, kept when a worker is lost, compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.knowledge.conftest import Library

if TYPE_CHECKING:
    from apps.knowledge.models import Document, EvaluationRun, KnowledgeBase

TEXTS = {
    "travel.md": "# Travel\n\nThe hotel cap is 190 pounds a night in London.",
    "leave.md": "# Leave\n\nParental leave is 26 weeks for each parent.",
    "lamp.md": "# Lamp\n\nThe blue lamp hangs in the archive room behind the door.",
}
RANKING = ("ndcg@10", "recall@10", "mrr@10")
LEAVE = "How long is parental leave?"


@pytest.fixture
def shelf(library: Library) -> tuple[KnowledgeBase, dict[str, Document]]:
    """bob's own collection with three documents."""
    base = library.base(library.cast.bob)
    documents = {
        name: library.read(library.add(base, name, text, library.cast.bob)) for name, text in TEXTS.items()
    }
    return base, documents


def _run(base: KnowledgeBase) -> EvaluationRun:
    """Measure the newest run, as a worker does."""
    from apps.knowledge.evaluation.measuring import measure
    from apps.knowledge.models import EvaluationRun
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        run = EvaluationRun.objects.order_by("-created_at").first()
    assert run is not None
    measure(base.tenant_id, run.id)
    with tenant_scope(base.tenant_id):
        run.refresh_from_db()
    return run


def test_questions_by_hand_and_csv_are_measured_and_two_runs_compared(
    library: Library, shelf: tuple[KnowledgeBase, dict[str, Document]], signed_in: Any
) -> None:
    base, documents = shelf
    bob, address = signed_in(library.cast.bob), f"/knowledge/{base.id}/evaluation"
    questions = f"{address}/questions"
    nothing = bob.post(address, {"action": "run"})
    assert nothing.status_code == 422
    assert "Add a question" in nothing.content.decode()
    made = bob.post(
        questions, {"action": "add", "text": LEAVE, "document_ids": [str(documents["leave.md"].id)]}
    )
    assert made.status_code == 302
    sheet = "question;document\nWhere does the blue lamp hang?;lamp.md\nWho bakes?;bread.md\n;lamp.md\n"
    imported = bob.post(questions, {"action": "import", "file": SimpleUploadedFile("q.csv", sheet.encode())})
    assert (
        "1 question imported. Left out: line 3 (no document \u201cbread.md\u201d here); line 4 (no question "
        "of 1 to 500 characters)."
    ) in imported.content.decode()
    assert bob.post(address, {"action": "run"}).status_code == 302
    assert "0 of 2" in bob.get(address).content.decode()
    assert bob.post(address, {"action": "run"}).status_code == 422
    first = _run(base)
    assert first.state == "done"
    assert {name: first.figures[name] for name in RANKING} == dict.fromkeys(RANKING, 1.0)
    assert first.figures["search_p50"] <= first.figures["search_p95"]
    assert first.setting["embedding"]

    wrong = [str(documents["travel.md"].id), str(documents["lamp.md"].id)]
    bob.post(questions, {"action": "add", "text": LEAVE, "document_ids": wrong})
    bob.post(address, {"action": "run"})
    second = _run(base)
    assert second.figures["ndcg@10"] < 1
    assert [name for name, _ in second.shown] == ["nDCG@10", "Recall@10", "MRR@10"]
    assert [value for _, value in first.shown] == [1.0, 1.0, 1.0]
    assert (
        f'data-label="nDCG@10" class="num">{second.figures["ndcg@10"]:.3f}<'
        in bob.get(address).content.decode()
    )
    assert "Compare" in bob.get(address).content.decode()
    shown = bob.get(f"{address}/compare?before={first.id}&after={second.id}").content.decode()
    _shows_what_fell(shown)


def _shows_what_fell(shown: str) -> None:
    """Both kinds of questions are there, the one that fell first."""
    assert "Worse" in shown
    assert "Same" in shown
    assert shown.index(LEAVE) < shown.index("Where does the blue lamp hang?")


def test_a_lost_workers_results_are_kept_and_a_run_that_is_done_is_left_alone(
    library: Library, shelf: tuple[KnowledgeBase, dict[str, Document]], monkeypatch: Any
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from apps.knowledge.evaluation import asking, golden, measuring
    from apps.knowledge.models import EvaluationResult, EvaluationRun
    from apps.tenants.scope import tenant_scope

    (base, documents), bob = shelf, library.actor(library.cast.bob)
    with tenant_scope(base.tenant_id):
        for name, document in documents.items():
            text = f"What does {name} say?"
            golden.question_set(actor=bob, base=base, draft=golden.Draft.by_hand(text, [document.id]))
        run = measuring.evaluation_start(actor=bob, base=base)
    asked: list[str] = []
    real = asking.Asker.result

    def dies(asker: asking.Asker, question: asking.Golden) -> Any:
        asked.append(question.text)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(asker, question)

    monkeypatch.setattr(asking.Asker, "result", dies)
    with pytest.raises(KeyboardInterrupt):
        measuring.measure(base.tenant_id, run.id)
    with tenant_scope(base.tenant_id):
        EvaluationRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    measuring.measure(base.tenant_id, run.id)
    measuring.measure(base.tenant_id, run.id)
    with tenant_scope(base.tenant_id):
        run.refresh_from_db()
        assert (run.state, run.attempts) == ("done", 2)
        assert EvaluationResult.objects.count() == 3
    assert len(asked) == 4


def test_rest_keeps_questions_and_runs_and_strangers_find_nothing(
    library: Library, shelf: tuple[KnowledgeBase, dict[str, Document]], signed_in: Any
) -> None:
    base, documents = shelf
    bob, carol = signed_in(library.cast.bob), signed_in(library.cast.carol)
    address = f"/api/v1/knowledge-bases/{base.id}"
    body = json.dumps({"text": LEAVE, "document_ids": [str(documents["leave.md"].id)]})
    made = bob.post(f"{address}/golden-questions", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert [each["name"] for each in made.json()["documents"]] == ["Leave"]
    other = library.base(library.cast.bob, name="Other")
    foreign = json.dumps({"text": "x", "document_ids": [str(documents["leave.md"].id)]})
    refused = bob.post(
        f"/api/v1/knowledge-bases/{other.id}/golden-questions", foreign, content_type="application/json"
    )
    assert refused.status_code == 400
    started = bob.post(f"{address}/evaluations", content_type="application/json")
    assert (started.status_code, started.json()["total"]) == (202, 1)
    run = _run(base)
    shown = bob.get(f"/api/v1/evaluations/{run.id}").json()
    assert (shown["state"], shown["measured"], shown["figures"]["mrr@10"]) == ("done", 1, 1.0)
    assert shown["results"][0]["found"][0] == str(documents["leave.md"].id)
    assert len(bob.get(f"{address}/evaluations").json()["results"]) == 1
    question = f"/api/v1/golden-questions/{made.json()['id']}"
    paths = (f"{address}/golden-questions", f"{address}/evaluations", f"/api/v1/evaluations/{run.id}")
    assert [carol.get(path).status_code for path in paths] == [404] * 3
    assert carol.delete(question).status_code == 404
    assert bob.delete(question).status_code == 204
