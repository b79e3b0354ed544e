"""/v1/files and /v1/vector_stores, driven by the official client against real processes."""

from __future__ import annotations

import http.client
import io
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import openai
import pytest

from tests.llm.host import Answer

if TYPE_CHECKING:
    from openai import OpenAI

    from tests.api.conftest import Api
    from tests.llm.host import Asked

TEXTS = {
    "travel.md": "# Travel\n\nThe hotel cap is 190 pounds a night in London.",
    "leave.md": "# Leave\n\nParental leave is 26 weeks for each parent.",
    "lamp.md": "# Lamp\n\nThe blue lamp hangs in the archive room behind the door.",
}


@pytest.fixture
def client(api: Api) -> OpenAI:
    """bob's key; the host gives every text a vector of its length."""

    def vectors(asked: Asked) -> Answer:
        data = [
            {"object": "embedding", "index": index, "embedding": [float(len(text)), 1.0]}
            for index, text in enumerate(asked.body["input"])
        ]
        return Answer(whole={"data": data, "model": "tiny", "usage": {"prompt_tokens": 1, "total_tokens": 1}})

    api.connected.host.answer_for = vectors
    return api.client()


def give(client: OpenAI, name: str, **options: Any) -> str:
    """A file's id."""
    stream = io.BytesIO(TEXTS[name].encode())
    return client.files.create(file=(name, stream), purpose="assistants", **options).id


def read_all(api: Api) -> None:
    """Read what waits, as the ingest worker does."""
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    acme = api.connected.cast.acme.id
    with tenant_scope(acme):
        waiting = list(Document.objects.filter(state="queued").values_list("id", flat=True))
    for document_id in waiting:
        ingest(acme, document_id)


def test_a_file_is_given_listed_read_back_and_deleted(api: Api, client: OpenAI) -> None:
    ids = [give(client, name) for name in TEXTS]
    ends = give(client, "travel.md", expires_after={"anchor": "created_at", "seconds": 3600})
    file = client.files.retrieve(ends)
    assert (file.object, file.filename, file.purpose, file.status) == (
        "file", "travel.md", "assistants", "processed",
    )  # fmt: skip
    assert file.bytes == len(TEXTS["travel.md"])
    assert file.expires_at is not None
    assert abs(file.expires_at - time.time() - 3600) < 60
    assert client.files.content(ids[1]).read().decode() == TEXTS["leave.md"]

    assert [each.id for each in client.files.list(limit=1, order="asc")] == [*ids, ends]
    page = client.files.list(limit=2)
    assert ([each.id for each in page.data], page.has_more) == ([ends, ids[2]], True)
    assert client.files.list(purpose="vision").data == []
    assert client.files.delete(ids[0]).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(ids[0])


def test_what_cannot_be_kept_is_refused_in_openais_shape(api: Api, client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as purpose:
        client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    assert (purpose.value.param, purpose.value.code) == ("purpose", "invalid")
    with pytest.raises(openai.APIStatusError) as kind:
        client.files.create(file=("a.exe", b"MZ\x90\x00\x03" + bytes(200)), purpose="assistants")
    assert kind.value.status_code == 415
    with pytest.raises(openai.BadRequestError) as empty:
        client.files.create(file=("a.txt", b""), purpose="assistants")
    assert empty.value.body is not None
    with pytest.raises(openai.BadRequestError):
        client.vector_stores.create(metadata={f"key{number}": "x" for number in range(17)})
    with pytest.raises(openai.BadRequestError):
        client.vector_stores.create(name="a\0b")
    with pytest.raises(openai.BadRequestError) as unknown:
        client.vector_stores.list(order="sideways")  # type: ignore[arg-type]
    assert unknown.value.param == "order"
    with pytest.raises(openai.PermissionDeniedError) as scope:
        api.client(api.key_with("chat")).files.list()
    assert scope.value.code == "insufficient_scope"
    with pytest.raises(openai.AuthenticationError):
        api.client("atrium_x").vector_stores.list()


@pytest.mark.parametrize(
    "mark", ["{0}", "file-", "file-{0}0", "FILE-{0}", "file_{0}", "vs_{0}", "file-{1}", "file-zz"]
)
def test_only_the_id_as_it_was_given_names_a_file(api: Api, client: OpenAI, mark: str) -> None:
    id_ = give(client, "leave.md")
    plain = id_.removeprefix("file-")
    assert id_ == f"file-{UUID(plain).hex}"
    other = mark.format(plain, UUID(plain))
    store = client.vector_stores.create(name="Ids").id
    for call in (
        lambda: client.files.retrieve(other),
        lambda: client.files.content(other),
        lambda: client.files.delete(other),
        lambda: client.vector_stores.files.create(store, file_id=other),
        lambda: client.vector_stores.files.retrieve(other, vector_store_id=store),
        lambda: client.vector_stores.file_batches.create(store, file_ids=[id_, other]),
    ):
        with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
            call()
    assert client.files.retrieve(id_).filename == "leave.md"
    assert client.vector_stores.files.list(store).data == []


def test_a_store_takes_files_in_finds_them_and_is_a_collection(api: Api, client: OpenAI) -> None:
    from apps.knowledge.models import KnowledgeBase
    from apps.tenants.scope import tenant_scope

    travel, leave, lamp = (give(client, name) for name in TEXTS)
    store = client.vector_stores.create(
        name="Handbook", file_ids=[travel], metadata={"team": "hr"},
        expires_after={"anchor": "last_active_at", "days": 7},
    )  # fmt: skip
    assert (store.status, store.file_counts.in_progress, store.metadata) == ("in_progress", 1, {"team": "hr"})
    assert store.expires_after is not None
    assert store.expires_after.days == 7
    client.vector_stores.files.create(store.id, file_id=leave, attributes={"topic": "leave", "year": 2026})
    again = client.vector_stores.files.create(store.id, file_id=leave)
    assert again.attributes == {"topic": "leave", "year": 2026}
    static: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 15}}
    batch = client.vector_stores.file_batches.create(
        store.id, files=[{"file_id": lamp, "attributes": {"topic": "lamps"}, "chunking_strategy": static}]
    )
    assert (batch.status, batch.file_counts.total) == ("in_progress", 1)
    read_all(api)
    assert client.vector_stores.file_batches.poll(batch.id, vector_store_id=store.id).status == "completed"
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id).data
    assert [(each.id, each.status) for each in listed] == [(lamp, "completed")]
    assert listed[0].to_dict()["chunking_strategy"] == static

    with tenant_scope(api.connected.cast.acme.id):
        base = KnowledgeBase.objects.get()
        assert (base.name, base.visibility, base.owner_id) == (
            "Handbook",
            "private",
            api.connected.cast.bob.id,
        )
        tags = base.documents.get(file__name="leave.md").tags
    assert tags == ["topic: leave", "year: 2026"]
    store = client.vector_stores.retrieve(store.id)
    assert (store.status, store.file_counts.completed, store.file_counts.total) == ("completed", 3, 3)
    assert store.usage_bytes == sum(map(len, TEXTS.values()))
    paged = client.vector_stores.files.list(store.id, limit=1, order="asc")
    assert [each.id for each in paged] == [travel, leave, lamp]
    content = client.vector_stores.files.content(leave, vector_store_id=store.id).data
    assert "26 weeks" in (content[0].text or "")


def test_a_batch_counts_files_that_the_store_has_already(client: OpenAI) -> None:
    travel, leave = give(client, "travel.md"), give(client, "leave.md")
    store = client.vector_stores.create(name="Handbook", file_ids=[travel])
    batch = client.vector_stores.file_batches.create(store.id, file_ids=[travel, leave])
    assert batch.file_counts.total == 2
    assert client.vector_stores.retrieve(store.id).file_counts.total == 2


def test_search_finds_filters_cuts_and_ends(api: Api, client: OpenAI) -> None:
    store = client.vector_stores.create(name="Handbook")
    for name in TEXTS:
        topic = name.removesuffix(".md")
        client.vector_stores.files.create(store.id, file_id=give(client, name), attributes={"topic": topic})
    read_all(api)
    found = client.vector_stores.search(store.id, query="How long is parental leave?").data
    assert "26 weeks" in found[0].content[0].text
    assert found[0].attributes == {"topic": "leave"}
    assert (found[0].filename, found[0].file_id[:5]) == ("leave.md", "file-")
    lamp = {"type": "or", "filters": [
        {"type": "eq", "key": "topic", "value": "lamp"}, {"type": "gt", "key": "year", "value": 2000},
    ]}  # fmt: skip
    narrowed = client.vector_stores.search(store.id, query="Where is the blue lamp?", filters=lamp).data  # type: ignore[arg-type]
    assert [each.attributes for each in narrowed] == [{"topic": "lamp"}]
    nothing = {"type": "eq", "key": "topic", "value": "tea"}
    assert client.vector_stores.search(store.id, query="blue lamp", filters=nothing).data == []  # type: ignore[arg-type]
    one = client.vector_stores.search(store.id, query="parental leave weeks cap lamp", max_num_results=1).data
    assert len(one) == 1
    strict = client.vector_stores.search(
        store.id, query="parental leave", ranking_options={"score_threshold": 1.0}
    ).data
    assert [each.score for each in strict if each.score < 1] == []
    with pytest.raises(openai.BadRequestError) as broken:
        client.vector_stores.search(store.id, query="x", filters={"type": "like", "key": "a", "value": 1})  # type: ignore[arg-type]
    assert broken.value.param == "filters"

    deleted = client.vector_stores.files.list(store.id).data[0].id
    assert client.vector_stores.files.delete(deleted, vector_store_id=store.id).deleted
    assert client.files.retrieve(deleted).id == deleted
    renamed = client.vector_stores.update(store.id, name="Rules", metadata={"a": "b"})
    assert (renamed.name, renamed.metadata, renamed.file_counts.total) == ("Rules", {"a": "b"}, 2)
    assert client.vector_stores.delete(store.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve(store.id)
    assert len(client.files.list().data) == 3


def test_deleting_a_file_takes_it_out_of_its_stores_and_expiry_empties_them(api: Api, client: OpenAI) -> None:
    from datetime import timedelta

    from apps.files.models import File
    from apps.knowledge.models import KeptFile, StoreSetting
    from apps.knowledge.stores.sweeping import sweep_stores
    from apps.tenants.scope import tenant_scope

    travel, leave = give(client, "travel.md"), give(client, "leave.md")
    expiry = {"anchor": "last_active_at", "days": 1}
    store = client.vector_stores.create(file_ids=[travel, leave], expires_after=expiry)  # type: ignore[arg-type]
    read_all(api)
    client.files.delete(travel)
    assert [each.id for each in client.vector_stores.files.list(store.id)] == [leave]
    with tenant_scope(api.connected.cast.acme.id):
        for setting in StoreSetting.objects.all():
            setting.active_at -= timedelta(days=2)
            setting.save()
        for kept in KeptFile.objects.all():
            kept.expires_at = kept.created_at - timedelta(days=2)
            kept.save()
    assert client.vector_stores.retrieve(store.id).status == "expired"
    assert client.files.list().data == []
    with pytest.raises(openai.BadRequestError):
        client.vector_stores.search(store.id, query="parental leave")
    sweep_stores()
    assert client.vector_stores.retrieve(store.id).file_counts.total == 0
    with tenant_scope(api.connected.cast.acme.id):
        assert File.objects.count() == 0


def test_a_colleagues_and_a_strangers_things_look_like_none(api: Api, client: OpenAI) -> None:
    """carol's key of acme and mallory's of globex, in every place that takes an id."""
    file = give(client, "leave.md")
    store = client.vector_stores.create(file_ids=[file]).id
    batch = client.vector_stores.file_batches.create(store, file_ids=[file]).id
    for person in (api.connected.cast.carol, api.connected.cast.mallory):
        key = _key_of(api, person)
        theirs = [_called(api, key, *call) for call in _calls(file, store, batch)]
        nothing = [f"{mark}{'0' * 32}" for mark in ("file-", "vs_", "vsfb_")]
        assert theirs == [_called(api, key, *call) for call in _calls(*nothing)]
        assert {status for status, _ in theirs} == {404}
        assert _called(api, key, "GET", "/files", None)[1].count(b"file-") == 0
    assert client.files.retrieve(file).id == file
    assert client.vector_stores.files.list(store).data[0].id == file


def _calls(file: str, store: str, batch: str) -> list[tuple[str, str, Any]]:
    """Every address that takes an id, with the ids also in bodies."""
    of_store = f"/vector_stores/{store}"
    return [
        *((method, f"/files/{file}", None) for method in ("GET", "DELETE")),
        ("GET", f"/files/{file}/content", None),
        *((method, of_store, None) for method in ("GET", "DELETE")),
        ("POST", of_store, {"name": "Mine"}),
        ("POST", f"{of_store}/search", {"query": "leave"}),
        ("GET", f"{of_store}/files", None),
        ("POST", f"{of_store}/files", {"file_id": file}),
        *((method, f"{of_store}/files/{file}", None) for method in ("GET", "DELETE")),
        ("POST", f"{of_store}/files/{file}", {"attributes": {}}),
        ("GET", f"{of_store}/files/{file}/content", None),
        ("POST", f"{of_store}/file_batches", {"file_ids": [file]}),
        ("GET", f"{of_store}/file_batches/{batch}", None),
        ("GET", f"{of_store}/file_batches/{batch}/files", None),
        ("POST", f"{of_store}/file_batches/{batch}/cancel", {}),
        ("POST", "/vector_stores", {"file_ids": [file]}),
    ]


def _key_of(api: Api, person: Any) -> str:
    from apps.accounts.selectors import everyone
    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    cast = api.connected.cast
    slug = cast.acme.slug if person.tenant_id == cast.acme.id else cast.globex.slug
    with tenant_scope(person.tenant_id):
        _, text = api_key_create(
            actor=None, slug=slug, user=person, team=everyone(), name="theirs", scopes=["knowledge"]
        )
    return text


def _called(api: Api, key: str, method: str, path: str, body: Any) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(api.product.bare_url).netloc, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    connection.request(method, f"/v1{path}", data, headers)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer
