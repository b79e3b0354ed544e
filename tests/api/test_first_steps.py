"""What a newcomer meets at /v1 before anything works: ids, wrong addresses, faults, what to quote then."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest

from apps.api.openai.calls import failure_of
from apps.api.openai.errors import from_failure
from apps.api.openai.serving import Answer, answered
from apps.llm.vendors.base import ErrorKind
from apps.llm.vendors.error_messages import MESSAGES

if TYPE_CHECKING:
    from tests.api.conftest import Api


def test_one_model_is_read_by_its_id(api: Api) -> None:
    client = api.client()
    listed = {model.id: model for model in client.models.list()}
    assert client.models.retrieve("big-model") == listed["big-model"]
    for slug in ("nope", "route/nope", "text-embedding-tiny/x"):
        with pytest.raises(openai.NotFoundError) as refused:
            client.models.retrieve(slug)
        assert refused.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        api.client(api.key_with("chat")).models.retrieve("text-embedding-tiny")
    with pytest.raises(openai.AuthenticationError):
        api.client("atrium_x").models.retrieve("big-model")


def test_what_is_no_id_is_told_like_what_is_another_persons(api: Api) -> None:
    client = api.client()
    said = []
    for given in ("file-nope", f"file-{uuid.uuid4().hex}"):
        with pytest.raises(openai.NotFoundError) as refused:
            client.files.retrieve(given)
        said.append(refused.value.body)
    assert said[0] == said[1]
    with pytest.raises(openai.NotFoundError) as refused:
        client.vector_stores.retrieve("vs_nope")
    assert refused.value.code == "not_found"


def test_every_answer_has_an_id_to_quote(api: Api) -> None:
    client = api.client()
    hello: Any = [{"role": "user", "content": "Hello"}]
    answer = client.chat.completions.create(model="big-model", messages=hello)
    ids = {answer._request_id, client.models.with_raw_response.list().request_id}
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="nope", messages=hello)
    ids.add(refused.value.request_id)
    assert len(ids) == 3
    assert None not in ids


def test_addresses_of_nothing_are_told_in_the_shape_of_their_surface(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.key}"}
    with httpx2.Client(base_url=api.product.bare_url, headers=headers) as client:
        missing = client.get(f"/api/v1/conversations/{uuid.uuid4()}")
        nowhere = client.get("/api/v1/conversations/nope")
        assert nowhere.json() == missing.json()
        assert (
            nowhere.headers["content-type"] == missing.headers["content-type"] == "application/problem+json"
        )


def test_a_fault_of_ours_is_told_as_openai_tells_it_and_logged_under_its_reference(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken() -> Answer:
        raise TypeError("unhashable")

    answer = asyncio.run(answered(broken()))
    assert isinstance(answer.body, bytes)
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["code"], error["type"]) == (500, "server_error", "api_error")
    reference = error["message"].rpartition(" ")[2].rstrip(".")
    assert f"fault {reference}" in caplog.text


def test_a_refused_parameter_is_told_in_the_adapters_words() -> None:
    error = {
        "kind": "bad_request",
        "title": "This model makes vectors of one size. Leave it out.",
        "detail": "",
    }
    refusal = failure_of({"state": "failed", "error": error, "data": {}})
    assert refusal is not None
    assert (refusal.status, refusal.message) == (400, error["title"])
    unknown = failure_of(
        {"state": "failed", "error": error | {"title": MESSAGES[ErrorKind.BAD_REQUEST]}, "data": {}}
    )
    assert unknown == from_failure("bad_request")
