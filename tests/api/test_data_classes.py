"""/v1 and data classes: what a client states, and what its documents are, never goes where it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import openai
import pytest

from tests.api.test_chat_completions import HELLO
from tests.llm.test_clearances import hosted

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from tests.llm.routing import Routing


def document(api: Api, data_class: int, text: str = "The salary of Ada is 123,456 pounds.") -> Any:
    """A document that bob may read, of that class."""
    from apps.knowledge.models import Chunk, Document, KnowledgeBase
    from apps.tenants.scope import tenant_scope
    from tests.isolation.rows import row_make

    with tenant_scope(api.connected.cast.acme.id):
        base = KnowledgeBase.objects.create(name="Pay", owner=api.connected.cast.bob, visibility="private")
        made = row_make(Document, "row", {"knowledge.KnowledgeBase": base})
        Document.objects.filter(pk=made.pk).update(
            title="Salaries.pdf", data_class=data_class, state="ready", class_reason=""
        )
        Chunk.objects.create(document=made, position=0, text=text, start=0, end=len(text))
    return made


def asking(found: Any) -> Any:
    part = {"type": "file", "file": {"file_id": str(found.pk)}}
    return [{"role": "user", "content": [part, {"type": "text", "text": "What does Ada earn?"}]}]


def test_a_stated_class_is_refused_by_a_model_that_is_not_cleared(api: Api) -> None:
    hosted(api.connected)
    client = api.client()
    for stated in (
        {"metadata": {"data_class": "confidential"}},
        {"extra_body": {"data_class": "restricted"}},
    ):
        with pytest.raises(openai.PermissionDeniedError) as refused:
            client.chat.completions.create(model="big-model", messages=HELLO, **stated)  # type: ignore[call-overload]
        assert refused.value.code == "not_cleared"
        assert "big-model may receive internal text at most" in refused.value.message
    with pytest.raises(openai.PermissionDeniedError):
        client.embeddings.create(
            model="text-embedding-tiny", input="words", extra_body={"data_class": "confidential"}
        )
    assert api.connected.host.asked == []


def test_a_class_that_nobody_knows_is_an_error(api: Api) -> None:
    with pytest.raises(openai.BadRequestError, match="public, internal, confidential, restricted"):
        api.client().chat.completions.create(
            model="big-model", messages=HELLO, metadata={"data_class": "secret"}
        )


def test_a_confidential_document_never_goes_to_a_hosted_model(api: Api) -> None:
    hosted(api.connected)
    client, found = api.client(), document(api, 3)
    for stream in (False, True):
        with pytest.raises(openai.PermissionDeniedError, match=r"“Salaries\.pdf” is confidential"):
            client.chat.completions.create(model="big-model", messages=asking(found), stream=stream)
    assert api.connected.host.asked == []


def test_a_document_that_may_go_is_read_in_place_of_its_name(api: Api) -> None:
    hosted(api.connected)
    answer = api.client().chat.completions.create(model="big-model", messages=asking(document(api, 2)))
    assert answer.choices[0].message.content == "Hello world"
    (asked,) = api.connected.host.asked
    assert asked.body["messages"][0]["content"] == (
        "Salaries.pdf\n\nThe salary of Ada is 123,456 pounds.\n\nWhat does Ada earn?"
    )


def test_a_document_of_others_looks_like_none(api: Api) -> None:
    from apps.knowledge.models import KnowledgeBase
    from apps.tenants.scope import tenant_scope

    found = document(api, 2)
    with tenant_scope(api.connected.cast.acme.id):
        KnowledgeBase.objects.filter(pk=found.knowledge_base_id).update(owner=api.connected.cast.carol)
    nobody = type("Nobody", (), {"pk": uuid4()})
    said = []
    for each in (found, nobody):
        with pytest.raises(openai.NotFoundError) as refused:
            api.client().chat.completions.create(model="big-model", messages=asking(each))
        said.append(refused.value.message)
    assert said[0] == said[1]
    assert api.connected.host.asked == []


def test_the_route_by_data_class_takes_the_best_that_is_cleared(api: Api, routing: Routing) -> None:
    from apps.guardrails.classes import DataClass
    from apps.llm.clearances.services import model_clearance_set
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    hosted(api.connected)
    routing.model("best-hosted"), routing.model("in-the-cellar")
    with tenant_scope(api.connected.cast.acme.id):
        own = Model.objects.get(slug="in-the-cellar")
        model_clearance_set(actor=None, model=own, wanted=DataClass.RESTRICTED, reason="Our machine")
    routing.route("data_class", {"members": ["best-hosted", "in-the-cellar"]}, slug="safe")
    client = api.client()
    client.chat.completions.create(model="route/safe", messages=HELLO)
    client.chat.completions.create(
        model="route/safe", messages=HELLO, metadata={"data_class": "confidential"}
    )
    assert [asked.body["model"] for asked in api.connected.host.asked] == ["best-hosted", "in-the-cellar"]
    with tenant_scope(api.connected.cast.acme.id):
        model_clearance_set(actor=None, model=own, wanted=DataClass.PUBLIC, reason="No more")
    with pytest.raises(openai.PermissionDeniedError, match=r"None of the models that .* needs is cleared"):
        client.chat.completions.create(
            model="route/safe", messages=HELLO, metadata={"data_class": "confidential"}
        )
    assert len(api.connected.host.asked) == 2
