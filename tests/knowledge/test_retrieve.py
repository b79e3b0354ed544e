"""What a question finds: the right passage near the top, nothing off topic, nothing one may not read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.knowledge.conftest import Library
from tests.knowledge.embedding_host import embedder

if TYPE_CHECKING:
    from apps.knowledge.retrieval import Passage

QUESTIONS = {
    "What is the hotel cap in London?": "190",
    "Which error code means a stale connection?": "E-4127",
    "How long are access logs kept?": "90 days",
    "E-4127": "stale connection",
    "PO-26": "PO-26",
    "How many days of parental leave do I get?": "Either parent",
    "How do I roll back a deployment?": "ops rollback",
}
OFF_TOPIC = (
    "What is the capital of Mongolia?",
    "How do I bake sourdough bread?",
    "Who won the 2018 world cup?",
    "Explain quantum entanglement",
    "Hello, how are you?",
)


def _says(passages: list[Passage], words: str, within: int = 3) -> bool:
    return any(words in passage.text for passage in passages[:within])


@pytest.mark.skipif(embedder() is None, reason="the embedding model is not built here")
def test_demo_questions_find_their_passages_and_others_nothing(library: Library) -> None:
    cast = library.cast
    base = library.base(cast.alice, "tenant")
    library.filled(base, "handbook", "runbooks")
    missed = [
        question
        for question, words in QUESTIONS.items()
        if not _says(library.ask(cast.bob, question, base), words)
    ]
    assert missed == []
    noise = {question: library.ask(cast.bob, question, base) for question in OFF_TOPIC}
    assert {question: found for question, found in noise.items() if found} == {}
    found = library.ask(cast.bob, "How many days of parental leave do I get?", base)
    assert [passage.number for passage in found] == list(range(1, len(found) + 1))
    assert found[0].heading[-1] == "Parental leave"


def test_people_find_only_what_they_may_read(library: Library) -> None:
    cast = library.cast
    runbooks = library.base(cast.bob, "teams", cast.engineering, name="Runbooks")
    private = library.base(cast.bob, name="Private")
    library.read(
        library.add(runbooks, "failover.md", "# Failover\n\nError code E-4127 is a stale connection.")
    )
    library.read(library.add(private, "mine.md", "# Mine\n\nError code E-4127 is on my list."))
    both = (runbooks, private)
    assert {passage.title for passage in library.ask(cast.bob, "error code E-4127", *both)} == {
        "Failover",
        "Mine",
    }
    assert {passage.title for passage in library.ask(cast.alice, "error code E-4127", *both)} == {"Failover"}
    assert library.ask(cast.carol, "error code E-4127", *both) == []
    assert library.ask(cast.mallory, "error code E-4127", *both) == []


def test_unshared_collection_is_gone_from_the_next_question(library: Library) -> None:
    from apps.knowledge.selectors import readable_document_ids
    from apps.knowledge.services import Sharing, knowledge_base_update
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.alice, "tenant")
    document = library.read(library.add(base, "pay.md", "# Pay\n\nThe bonus is paid in March."))
    assert library.ask(cast.carol, "When is the bonus paid?", base)
    with tenant_scope(cast.acme.id):
        assert readable_document_ids(user_id=cast.carol.id, document_ids=[document.id]) == {document.id}
        knowledge_base_update(
            actor=library.actor(cast.alice),
            knowledge_base=base,
            sharing=Sharing("teams", (cast.engineering.id,)),
        )
    assert library.ask(cast.carol, "When is the bonus paid?", base) == []
    assert library.ask(cast.bob, "When is the bonus paid?", base)
    with tenant_scope(cast.acme.id):
        assert readable_document_ids(user_id=cast.carol.id, document_ids=[document.id]) == set()


def test_inactive_person_finds_nothing(library: Library) -> None:
    from apps.accounts.models import User
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.alice, "tenant")
    library.read(library.add(base, "pay.md", "# Pay\n\nThe bonus is paid in March."))
    with tenant_scope(cast.acme.id):
        User.objects.filter(id=cast.carol.id).update(is_active=False)
    assert library.ask(cast.carol, "When is the bonus paid?", base) == []


def test_files_of_a_chat_are_found_in_that_chat_only(library: Library) -> None:
    import io

    from apps.knowledge import selectors
    from apps.knowledge.services import conversation_documents_delete, conversation_file_add
    from apps.tenants.scope import tenant_scope

    cast, chat = library.cast, uuid4()
    with tenant_scope(cast.acme.id):
        document = conversation_file_add(
            actor=library.actor(cast.bob),
            conversation_id=chat,
            name="offer.md",
            stream=io.BytesIO(b"# Offer\n\nThe crane costs 4,200 euros a week."),
        )
        assert selectors.conversation_reading(conversation_id=chat) == ["offer.md"]
    library.read(document)
    question = "What does the crane cost?"
    assert [passage.title for passage in library.ask(cast.bob, question, conversation_id=chat)] == ["Offer"]
    assert library.ask(cast.bob, question, conversation_id=uuid4()) == []
    assert library.ask(cast.alice, question, conversation_id=chat) == []
    whole = library.ask(cast.bob, "Summarise the attached file", conversation_id=chat)
    assert [passage.title for passage in whole] == ["Offer"]
    with tenant_scope(cast.acme.id):
        assert selectors.conversation_reading(conversation_id=chat) == []
        assert [file["state"] for file in selectors.conversation_files(chat)] == ["ready"]
        assert list(selectors.visible_knowledge_bases(library.actor(cast.bob))) == []
        conversation_documents_delete(actor=library.actor(cast.bob), conversation_id=chat)
        assert selectors.conversation_files(chat) == []


def test_neighbours_join_and_doubles_go(library: Library) -> None:
    cast = library.cast
    base = library.base(cast.alice, "tenant")
    rules = " ".join(
        f"Rule {number} of the crane manual is about the number {number}." for number in range(40)
    )
    text = f"# Crane\n\n{rules} The zanzibar clause allows night work. {rules}"
    library.read(library.add(base, "crane.md", text))
    library.read(library.add(base, "copy.md", text))
    found = library.ask(cast.bob, "zanzibar clause", base)
    assert len(found) == 1
    assert 1000 < len(found[0].text) <= 2400
    assert found[0].text in text
    assert "zanzibar clause" in found[0].text


def test_deleted_document_is_out_of_the_counts(library: Library) -> None:
    from apps.knowledge.models import TermCount
    from apps.knowledge.services import document_delete
    from apps.tenants.scope import tenant_scope

    base = library.base(library.cast.bob)
    one, two = (library.read(library.add(base, f"{n}.md", f"# Same\n\nSame words {n}.")) for n in "ab")
    with tenant_scope(base.tenant_id):
        assert max(TermCount.objects.values_list("chunks", flat=True)) == 2
        document_delete(actor=None, document=one)
        assert max(TermCount.objects.values_list("chunks", flat=True)) == 1
        document_delete(actor=None, document=two)
        assert set(TermCount.objects.values_list("chunks", flat=True)) == {0}


def test_search_takes_few_statements(library: Library) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    cast = library.cast
    base = library.base(cast.alice, "tenant")
    for number in range(3):
        library.read(
            library.add(base, f"{number}.md", f"# Crane {number}\n\nCrane {number} lifts {number} tons.")
        )
    with CaptureQueriesContext(connection) as asked:
        assert library.ask(cast.bob, "What does the crane lift?", base)
    around = ("BEGIN", "COMMIT", "SELECT set_config")
    statements = [query["sql"] for query in asked if not query["sql"].startswith(around)]
    assert sum("WITH readable" in sql for sql in statements) == 3
    assert len(statements) == 6, statements
