"""Another file in a document's place, the same one read anew, content that is there already, and room."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from apps.knowledge.models import Document, KnowledgeBase
    from tests.knowledge.embedding_host import EmbeddingHost

OLD = "# Travel\n\nThe hotel cap is 190 pounds a night."
NEW = "# Travel\n\nThe hotel cap is 240 pounds a night since May."


def _replace(library: Library, document: Document, text: str, name: str = "travel.md") -> Document:
    from apps.knowledge.versioning import document_replace
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        return document_replace(
            actor=library.actor(library.cast.bob),
            document=document,
            name=name,
            stream=io.BytesIO(text.encode()),
        )


def _upload(library: Library, base: KnowledgeBase, name: str, text: str) -> Any:
    from apps.knowledge.services import document_upload
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        return document_upload(
            actor=library.actor(library.cast.bob),
            knowledge_base=base,
            name=name,
            stream=io.BytesIO(text.encode()),
        )


def _chunk(tenant_id: Any, chunk_id: Any, library: Library) -> Any:
    from apps.knowledge.permissions import access_chunk
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant_id):
        return access_chunk(library.actor(library.cast.bob), chunk_id)


def _terms(document: Document) -> dict[int, int]:
    from apps.knowledge.models import TermCount
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        return dict(TermCount.objects.exclude(chunks=0).values_list("term", "chunks"))


def test_old_version_serves_until_the_new_one_is_ready(library: Library) -> None:
    bob = library.cast.bob
    base = library.base(bob)
    document = library.read(library.add(base, "travel.md", OLD, bob))
    quoted = library.ask(bob, "What is the hotel cap?", base)[0]
    version = _replace(library, document, NEW)
    assert (version.version, version.version_of_id, version.state) == (2, document.id, "queued")
    assert "190" in library.ask(bob, "What is the hotel cap?", base)[0].text
    from apps.knowledge.ingesting import ingest

    assert ingest(version.tenant_id, version.id) is True
    now = library.row(document)
    assert (now.id, now.version, now.state, now.chunk_count) == (document.id, 2, "ready", 1)
    found = library.ask(bob, "What is the hotel cap?", base)
    assert [passage.document_id for passage in found] == [document.id]
    assert "240" in found[0].text
    kept = _chunk(document.tenant_id, quoted.chunk_id, library)
    assert "190" in kept.text
    assert (kept.document.state, kept.document.version, kept.document.version_of_id) == (
        "replaced",
        1,
        document.id,
    )
    rows = counts(document.tenant_id)
    assert (rows["Document"], rows["Chunk"], rows["ChunkVector"], rows["ChunkTerms"]) == (2, 2, 1, 1)
    twin = library.read(library.add(library.base(library.cast.mallory), "travel.md", NEW))
    assert _terms(document) == _terms(twin)


def test_failed_version_leaves_the_old_one(library: Library) -> None:
    bob = library.cast.bob
    base = library.base(bob)
    document = library.read(library.add(base, "travel.md", OLD, bob))
    version = _replace(library, document, "%PDF-1.7\n" + "garbage" * 99, "travel.pdf")
    from apps.knowledge.ingesting import ingest

    ingest(version.tenant_id, version.id)
    assert library.row(version).state == "failed"
    assert library.row(document).state == "ready"
    assert "190" in library.ask(bob, "What is the hotel cap?", base)[0].text
    again = _replace(library, document, NEW)
    from apps.knowledge.models import Document

    with pytest.raises(Document.DoesNotExist):
        library.row(version)
    assert again.version == 2


def test_deleting_takes_all_versions_and_their_files(library: Library) -> None:
    from apps.files.models import File
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.services import document_delete
    from apps.tenants.scope import tenant_scope

    document = library.read(library.add(library.base(library.cast.bob), "travel.md", OLD))
    first = _replace(library, document, NEW)
    ingest(first.tenant_id, first.id)
    pending = _replace(library, document, NEW + "\n\nOr 300.")
    with tenant_scope(document.tenant_id):
        document_delete(actor=None, document=library.row(document))
        assert File.objects.count() == 0
    assert ingest(pending.tenant_id, pending.id) is False
    assert {name: n for name, n in counts(document.tenant_id).items() if n and name != "TermCount"} == {
        "KnowledgeBase": 1
    }
    assert _terms(document) == {}


def test_deleted_while_its_new_version_is_read_leaves_nothing(
    library: Library, embeddings: EmbeddingHost
) -> None:
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.services import document_delete
    from apps.tenants.scope import tenant_scope

    document = library.read(library.add(library.base(library.cast.bob), "travel.md", OLD))
    version = _replace(library, document, NEW)

    def delete() -> None:
        embeddings.before = None
        with tenant_scope(document.tenant_id):
            document_delete(actor=None, document=document)

    embeddings.before = delete
    ingest(version.tenant_id, version.id)
    assert {name: n for name, n in counts(document.tenant_id).items() if n and name != "TermCount"} == {
        "KnowledgeBase": 1
    }


def test_same_file_is_no_new_version(library: Library) -> None:
    from apps.rest.errors import ProblemError

    document = library.read(library.add(library.base(library.cast.bob), "travel.md", OLD))
    with pytest.raises(ProblemError) as refused:
        _replace(library, document, OLD, "other-name.md")
    assert (refused.value.status, refused.value.code) == (409, "same_content")


def test_read_again_with_shorter_passages(library: Library) -> None:
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.versioning import document_reprocess
    from apps.tenants.scope import tenant_scope

    text = "# Rules\n\n" + "\n\n".join(f"Rule {n} says that {n * 7} is the number." for n in range(60))
    document = library.read(library.add(library.base(library.cast.bob), "rules.md", text))
    with tenant_scope(document.tenant_id):
        version = document_reprocess(actor=None, document=document, chunk_size=300)
    ingest(version.tenant_id, version.id)
    now = library.row(document)
    assert (now.version, now.chunk_size, now.file_id) == (2, 300, document.file_id)
    assert now.chunk_count > document.chunk_count


def test_same_content_is_told_and_kept_once(library: Library) -> None:
    base = library.base(library.cast.bob)
    first = _upload(library, base, "a.md", OLD)
    second = _upload(library, base, "b.md", OLD)
    assert (first.is_duplicate, second.is_duplicate) == (False, True)
    assert second.document.id == first.document.id
    elsewhere = _upload(library, library.base(library.cast.bob), "a.md", OLD)
    assert elsewhere.is_duplicate is False
    assert counts(base.tenant_id)["Document"] == 2


def test_full_collection_refuses_and_keeps_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.files.models import File
    from apps.knowledge.models import KnowledgeBase
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    base = library.base(library.cast.bob)
    with tenant_scope(base.tenant_id):
        KnowledgeBase.objects.filter(id=base.id).update(quota_documents=1)
    library.add(base, "a.md", OLD)
    with pytest.raises(ProblemError) as refused:
        library.add(base, "b.md", NEW)
    assert (refused.value.status, refused.value.code) == (409, "quota_exceeded")
    assert "up to 1 documents" in (refused.value.detail or "")
    with tenant_scope(base.tenant_id):
        KnowledgeBase.objects.filter(id=base.id).update(quota_documents=None, quota_bytes=len(OLD) + 5)
    with pytest.raises(ProblemError):
        library.add(base, "b.md", NEW)
    with tenant_scope(base.tenant_id):
        KnowledgeBase.objects.filter(id=base.id).update(quota_bytes=None)
        assert File.objects.count() == 1
    monkeypatch.setattr("django.conf.settings.KNOWLEDGE_TENANT_QUOTA_DOCUMENTS", 1)
    with pytest.raises(ProblemError) as refused:
        library.add(base, "b.md", NEW)
    assert "Your organisation may hold up to 1 documents" in (refused.value.detail or "")


def test_quota_over_rest_is_for_those_who_manage(library: Library, signed_in: Any) -> None:
    base = library.base(library.cast.bob)
    address = f"/api/v1/knowledge-bases/{base.id}/quota"
    library.add(base, "a.md", OLD)
    limits = {"bytes_limit": 10, "documents_limit": 1}
    alice = signed_in(library.cast.alice)
    bob = signed_in(library.cast.bob)
    assert bob.put(address, limits, content_type="application/json").status_code == 403
    assert bob.get(address).json()["documents_limit"] > 1
    assert alice.put(address, limits, content_type="application/json").json() == {
        "bytes_limit": 10,
        "bytes_used": len(OLD),
        "documents_limit": 1,
        "documents_used": 1,
    }
    wrong = alice.put(address, limits | {"documents_limit": 2**31 - 1}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "documents_limit")
    open_again = {"bytes_limit": None, "documents_limit": None}
    assert alice.put(address, open_again, content_type="application/json").json()["documents_limit"] > 1
