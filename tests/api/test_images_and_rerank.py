"""/v1/images/generations and /v1/rerank, against real processes; pictures by the official client."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from threading import Event
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import openai
import pytest

from tests.api.conftest import Api
from tests.durability.waiting import wait_until
from tests.llm.conftest import ledger
from tests.llm.host import Answer, Asked
from tests.llm.test_gateway_pieces import PAINTED, PNG, RANKED, offer


def post(api: Api, body: Any, key: str | None = None) -> tuple[int, Any]:
    """What /v1/rerank answers; there is no official client for it."""
    sent = Request(  # noqa: S310 - our own address
        f"{api.product.bare_url}/v1/rerank",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key or api.key}", "Content-Type": "application/json"},
    )
    try:
        with urlopen(sent, timeout=30) as answer:  # noqa: S310 - our own address
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def painter(api: Api) -> str:
    """The id of an image model of bob's team."""
    return str(offer(api.connected, "dall-e-3").slug)


@pytest.fixture
def reranker(api: Api) -> str:
    """The id of a reranker of bob's team."""
    return str(offer(api.connected, "bge-reranker").slug)


def test_pictures_come_as_bytes_and_are_counted_for_the_key(api: Api, painter: str) -> None:
    api.connected.host.answers[:] = [Answer(whole=PAINTED)]
    made = api.client().images.generate(model=painter, prompt="a cat", n=2, size="1024x1024", quality="hd")
    assert [b64decode(row.b64_json or "") for row in made.data or []] == [PNG, PNG]
    assert made.usage is None
    sent = api.connected.host.asked[-1]
    assert sent.path == "/v1/images/generations"
    assert sent.body == {
        "model": "dall-e-3", "prompt": "a cat", "n": 2, "size": "1024x1024", "quality": "hd",
        "response_format": "b64_json",
    }  # fmt: skip
    row = ledger(api.connected)[0]
    assert (row.state, row.purpose, row.unit, row.units, row.cost) == (
        "settled", "api", "picture", 2, None,
    )  # fmt: skip
    assert (row.team_name, row.user_name, row.api_key_id is not None, row.run_id is not None) == (
        api.connected.cast.engineering.name, api.connected.cast.bob.name, True, True,
    )  # fmt: skip


def test_tokens_that_the_host_counted_are_told(api: Api, painter: str) -> None:
    usage = {"input_tokens": 9, "output_tokens": 50, "total_tokens": 59}
    api.connected.host.answers[:] = [Answer(whole=PAINTED | {"usage": usage})]
    made = api.client().images.generate(model=painter, prompt="a cat", response_format="b64_json")
    assert made.usage is not None
    assert (made.usage.input_tokens, made.usage.output_tokens, made.usage.total_tokens) == (9, 50, 59)


def test_scores_come_in_the_common_shape(api: Api, reranker: str) -> None:
    api.connected.host.answers[:] = [Answer(whole=RANKED | {"usage": {"total_tokens": 8}})]
    documents = ["one", {"text": "two"}]
    asked = {"model": reranker, "query": "what?", "documents": documents, "top_n": 1}
    status, body = post(api, asked | {"return_documents": True})
    assert status == 200
    assert body["results"] == [{"index": 1, "relevance_score": 0.9, "document": {"text": "two"}}]
    assert (body["object"], body["model"], "meta" in body) == ("list", reranker, False)
    assert body["id"].startswith("rerank-")
    assert api.connected.host.asked[-1].body["top_n"] == 1
    assert post(api, asked)[1]["results"] == [{"index": 1, "relevance_score": 0.9}]
    assert [(row.unit, row.units) for row in ledger(api.connected)] == [("search", 1)] * 2


def test_keys_see_only_what_their_scopes_and_team_open(api: Api, painter: str, reranker: str) -> None:
    hidden = offer(api.connected, "hidden-reranker", granted=False).slug
    listed = {model.id for model in api.client().models.list()}
    assert {painter, reranker} < listed
    assert hidden not in listed
    assert [model.id for model in api.client(api.key_with("images")).models.list()] == [painter]
    with pytest.raises(openai.PermissionDeniedError) as refused:
        api.client(api.key_with("chat")).images.generate(model=painter, prompt="a cat")
    assert refused.value.code == "insufficient_scope"
    asked = {"model": reranker, "query": "q", "documents": ["a"]}
    assert post(api, asked, api.key_with("chat", "images"))[0] == 403
    unknown = post(api, asked | {"model": "no-such-model"})
    foreign = post(api, asked | {"model": hidden})
    assert (unknown[0], foreign[0]) == (404, 404)
    assert foreign[1]["error"]["message"].replace(hidden, "X") == unknown[1]["error"]["message"].replace(
        "no-such-model", "X"
    )
    with pytest.raises(openai.NotFoundError):
        api.client().images.generate(model=reranker, prompt="a cat")
    assert post(api, asked | {"model": painter})[0] == 404
    assert (api.connected.host.asked, ledger(api.connected)) == ([], [])


def test_refusals_have_openais_shape(api: Api, painter: str, reranker: str) -> None:
    client = api.client()
    for wrong in ({"n": 5}, {"size": "big"}, {"response_format": "url"}, {"prompt": ""}):
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.generate(**({"model": painter, "prompt": "a cat"} | wrong))
        assert refused.value.param == next(iter(wrong))
    status, body = post(api, {"model": reranker, "query": "q", "documents": []})
    assert (status, body["error"]["param"]) == (400, "documents")
    assert api.connected.host.asked == []
    api.connected.host.answers[:] = [
        Answer(status=400, error={"error": {"code": "content_policy_violation"}})
    ]
    with pytest.raises(openai.BadRequestError) as filtered:
        client.images.generate(model=painter, prompt="a cat")
    assert filtered.value.code == "content_filter"
    api.connected.host.answers[:] = [Answer(status=401, error={"error": {"message": "the host's words"}})]
    status, body = post(api, {"model": reranker, "query": "q", "documents": ["a"]})
    assert (status, body["error"]["code"]) == (502, "provider_authentication")
    assert "the host's words" not in json.dumps(body)


def test_pictures_that_are_too_large_are_refused_and_counted(api: Api, painter: str) -> None:
    large = b64encode(PNG + bytes(17 * 1024 * 1024)).decode()
    api.connected.host.answers[:] = [Answer(whole={"data": [{"b64_json": large}] * 2})]
    with pytest.raises(openai.InternalServerError) as refused:
        api.client().images.generate(model=painter, prompt="a cat", n=2)
    assert refused.value.code == "answer_too_large"
    assert [(row.state, row.units) for row in ledger(api.connected)] == [("settled", 2)]


def test_text_that_cannot_be_kept_is_refused(api: Api, painter: str, reranker: str) -> None:
    with pytest.raises(openai.BadRequestError):
        api.client().images.generate(model=painter, prompt="a \0 cat")
    status, body = post(api, {"model": reranker, "query": "q", "documents": ["a", "b\0"]})
    assert (status, body["error"]["param"]) == (400, "documents[1]")


def test_a_client_that_leaves_stops_the_run_and_what_was_ordered_is_counted(api: Api, painter: str) -> None:
    reached, left = Event(), Event()

    def dawdle(_: Asked) -> None:
        reached.set()
        left.wait(60)

    api.connected.host.answers[:] = [Answer(whole=PAINTED)]
    api.connected.host.on_request = dawdle
    with api.sent("/v1/images/generations", {"model": painter, "prompt": "a cat", "n": 2}):
        assert reached.wait(30)
    wait_until(lambda: ledger(api.connected)[0].state != "reserved", 30, "the row")
    left.set()
    row = ledger(api.connected)[0]
    assert (row.state, row.finish, row.units, row.estimated) == ("settled", "stopped", 2, True)
