"""Golden questions proposed by a model and approved by a person, and whole sets in BEIR's layout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.knowledge.evaluation.proposing import proposal_of
from tests.e2e.conftest import share_models
from tests.knowledge.conftest import Library
from tests.knowledge.test_rest import _json as api
from tests.llm.conftest import connected, host
from tests.llm.host import Answer, Asked

if TYPE_CHECKING:
    from apps.knowledge.models import GoldenMaking, KnowledgeBase
    from tests.llm.conftest import Connected

__all__ = ["connected", "host"]

LONG = (
    "The hotel cap is 190 pounds a night in London and 140 pounds elsewhere in the kingdom, "
    "breakfast included, for three nights at the most."
)


def _made(base: KnowledgeBase) -> GoldenMaking:
    """What a worker does with the newest row."""
    from apps.knowledge.evaluation.making import make_questions
    from apps.knowledge.models import GoldenMaking
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        row = GoldenMaking.objects.latest("created_at")
    make_questions(base.tenant_id, row.id)
    with tenant_scope(base.tenant_id):
        row.refresh_from_db()
    return row


def _asked(asked: Asked) -> Answer:
    text = str(asked.body["messages"][1]["content"])
    if "broken" in text:
        return Answer(texts=("I can not do that.",))
    said = json.dumps({"question": f"What does {text.split(maxsplit=1)[0]} cap?", "answer": "190 pounds."})
    return Answer(texts=(f"Sure:\n```json\n{said}\n```",))


def test_proposals_wait_for_a_person_who_approves_changes_or_discards_each(
    library: Library, connected: Connected, signed_in: Any
) -> None:
    share_models(connected)
    connected.host.answer_for = _asked
    base, bob = library.base(library.cast.bob), signed_in(library.cast.bob)
    for name in ("Travel", "Trains", "Boats", "broken"):
        library.read(library.add(base, f"{name}.md", f"# {name}\n\n{LONG} {name}."))
    library.read(library.add(base, "short.md", "Short."))
    address = f"/knowledge-bases/{base.id}"
    body = {"model_id": str(connected.chat.pk), "count": 9}
    assert api(bob, "POST", f"{address}/golden-questions/propose", body).status_code == 202
    assert api(bob, "POST", f"{address}/golden-questions/propose", body).status_code == 409
    row = _made(base)
    assert (row.state, row.done, row.made) == ("done", 4, 3), row.error
    assert "4 passages to ask about" in row.note
    assert api(bob, "GET", f"{address}/golden-questions").json()["results"] == []
    found = api(bob, "GET", f"{address}/golden-questions?proposed=true").json()["results"]
    assert {each["text"] for each in found} == {f"What does {n} cap?" for n in ("Travel", "Trains", "Boats")}
    assert LONG in found[0]["sources"][0]["passage"]
    assert api(bob, "POST", f"{address}/evaluations").status_code == 400
    one, two, three = (each["id"] for each in found)
    assert api(bob, "POST", f"/golden-questions/{one}/approve").json()["is_proposed"] is False
    page = bob.get(f"/knowledge/golden-questions/{two}").content.decode()
    assert "Save and approve" in page
    changed = bob.post(
        f"/knowledge/golden-questions/{two}",
        {
            "text": "What may a night cost?",
            "answer": "190 pounds",
            "passage": LONG,
            "document_ids": [found[1]["documents"][0]["id"]],
        },
    )
    assert changed.status_code == 302, changed.content.decode()
    assert bob.post(f"/knowledge/golden-questions/{three}", {"delete": ""}).status_code == 302
    kept = api(bob, "GET", f"{address}/golden-questions").json()["results"]
    assert {each["text"] for each in kept} == {"What may a night cost?", found[0]["text"]}
    assert api(bob, "GET", f"{address}/golden-questions?proposed=true").json()["results"] == []
    assert api(bob, "POST", f"{address}/evaluations").json()["total"] == 2


def test_nobody_sees_a_proposal_of_a_passage_that_they_may_not_read(
    library: Library, connected: Connected, signed_in: Any
) -> None:
    share_models(connected)
    connected.host.answer_for = _asked
    base = library.base(library.cast.bob)
    library.read(library.add(base, "Travel.md", f"# Travel\n\n{LONG}"))
    bob, alice = signed_in(library.cast.bob), signed_in(library.cast.alice)
    bob.post(
        f"/knowledge/{base.id}/evaluation/questions",
        {"action": "propose", "model_id": str(connected.chat.pk), "count": 1},
    )
    assert _made(base).made == 1
    path = f"/knowledge/{base.id}/evaluation/questions"
    assert "What does Travel cap?" in bob.get(path).content.decode()
    assert "What does Travel cap?" not in alice.get(path).content.decode()
    (proposed,) = api(bob, "GET", f"/knowledge-bases/{base.id}/golden-questions?proposed=1").json()["results"]
    assert api(alice, "POST", f"/golden-questions/{proposed['id']}/approve").status_code == 404


def test_a_refusing_model_ends_the_proposals_with_its_words(
    library: Library, connected: Connected, signed_in: Any
) -> None:
    share_models(connected)
    connected.host.answers[:] = [Answer(status=401, error={"error": {"message": "no"}})]
    base, bob = library.base(library.cast.bob), signed_in(library.cast.bob)
    library.read(library.add(base, "Travel.md", f"# Travel\n\n{LONG}"))
    body = {"model_id": str(connected.chat.pk), "count": 1}
    api(bob, "POST", f"/knowledge-bases/{base.id}/golden-questions/propose", body)
    row = _made(base)
    assert (row.state, row.made) == ("failed", 0)
    assert "What was made before is kept." in row.error
    assert "refused the key" in bob.get(f"/knowledge/{base.id}/evaluation/questions").content.decode()


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ('{"question": "Who pays?", "answer": "We do."}', "Who pays?"),
        ("Question: Who pays?\nAnswer: We do.", "Who pays?"),
        ("**Question**: Who pays?\n**Answer**: We do.", "Who pays?"),
        ("{not json}", None),
        ('{"question": "", "answer": "x"}', None),
    ],
)
def test_a_proposal_is_read_as_json_or_as_lines(said: str, question: str | None) -> None:
    found = proposal_of(said)
    assert (found.question if found else None) == question


CORPUS = "\n".join(
    json.dumps(row)
    for row in (
        {"_id": 1, "title": "Cranes", "text": "A crane lifts heavy loads with a hook and a rope."},
        {"_id": 2, "title": None, "text": "Sourdough rises overnight before it goes into the oven."},
        {"_id": 3, "title": "", "text": ""},
    )
)
QUERIES = "\n".join(
    json.dumps(row)
    for row in (
        {"_id": 7, "text": "What lifts heavy loads?"},
        {"_id": 8, "text": "Nobody judged this"},
        {"_id": 9, "text": "About nothing"},
    )
)
QRELS = "query-id\tcorpus-id\tscore\n7\t1\t2\n7\t2\t1\n9\t3\t1\n"


def _set(**files: str) -> dict[str, SimpleUploadedFile]:
    return {name: SimpleUploadedFile(name, text.encode()) for name, text in files.items()}


def test_a_set_becomes_documents_and_questions_with_gains(library: Library, signed_in: Any) -> None:
    from apps.files.models import File
    from apps.knowledge.models import Document, GoldenSource
    from apps.tenants.scope import tenant_scope

    base, bob = library.base(library.cast.bob), signed_in(library.cast.bob)
    address = f"/api/v1/knowledge-bases/{base.id}/golden-questions/import"
    lacking = bob.post(address, _set(queries=QUERIES))
    assert (lacking.status_code, "qrels.tsv" in lacking.json()["errors"][0]["message"]) == (400, True)
    begun = bob.post(address, _set(corpus=CORPUS, queries=QUERIES, qrels=QRELS))
    assert begun.status_code == 202, begun.content
    row = _made(base)
    assert (row.state, row.made) == ("done", 1), row.error
    assert row.note.startswith("1 questions were left out")
    with tenant_scope(base.tenant_id):
        documents = list(Document.objects.filter(knowledge_base=base).order_by("title"))
        gains = dict(GoldenSource.objects.values_list("document__title", "gain"))
        assert {document.folder for document in documents} == {"Golden set"}
        assert gains == {documents[0].title: 1.0, documents[1].title: 2.0}
        assert not File.objects.filter(name="set.zip").exists()
    again = bob.post(address, _set(corpus=CORPUS, queries=QUERIES, qrels=QRELS))
    assert again.status_code == 202
    assert _made(base).made == 1
    with tenant_scope(base.tenant_id):
        assert Document.objects.filter(knowledge_base=base).count() == 2


def test_a_set_without_documents_is_looked_up_and_a_broken_one_is_named(
    library: Library, signed_in: Any
) -> None:
    base, bob = library.base(library.cast.bob), signed_in(library.cast.bob)
    library.add(base, "1.txt", "A crane lifts heavy loads.")
    page = f"/knowledge/{base.id}/evaluation/questions"
    files = _set(queries=QUERIES, qrels="7 0 1.txt 3")
    assert bob.post(page, {"action": "set", **files}).status_code == 302
    assert (_made(base).state, _made(base).made) == ("done", 1)
    broken = _set(queries="{", qrels=QRELS)
    assert bob.post(page, {"action": "set", **broken}).status_code == 302
    row = _made(base)
    assert row.state == "failed"
    assert (
        "Line 1 of queries.jsonl is not JSON: write one object in each line."
        in bob.get(page).content.decode()
    )
