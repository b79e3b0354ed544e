"""Where rows of the registry list their models, and how a key is proven where they list none."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ErrorKind,
    Finished,
    ListedModel,
    Modality,
    Part,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallPart,
    VendorError,
)
from apps.llm.vendors.chat_body import chat_body
from apps.llm.vendors.error_messages import NO_LIST
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.dialects import chat, responses
from tests.wire.replay import Answer, Server

ENDPOINTS = (
    b'{"endpoints": [{"name": "dbrx", "task": "llm/v1/chat"}, {"name": "gte", "task": "llm/v1/embeddings"}]}'
)
JSON = "application/json"


def test_databricks_lists_endpoints_beside_its_base() -> None:
    async def ask() -> tuple[list[ListedModel], str]:
        async with Server([Answer([ENDPOINTS], content_type=JSON)]) as server:
            found = await vendor_for("databricks").list_models(server.endpoint())
            return found, server.requests[0].path

    listed = [ListedModel("dbrx", Modality.CHAT), ListedModel("gte", Modality.EMBEDDING)]
    assert run(ask()) == (listed, "/api/2.0/serving-endpoints")


@pytest.mark.parametrize(
    ("model", "settings", "named"),
    [
        ("perplexity/sonar", {}, {"model": "perplexity/sonar", "tools": [{"type": "web_search"}]}),
        ("perplexity/sonar", {"search": "no"}, {"model": "perplexity/sonar"}),
        ("low", {}, {"preset": "low"}),
    ],
)
def test_perplexity_takes_responses_beside_its_base_with_its_search(
    model: str, settings: dict[str, str], named: dict[str, Any]
) -> None:
    async def ask() -> tuple[str, dict[str, Any]]:
        found = {"type": "search_results", "results": [{"title": "t", "url": "u", "snippet": "s"}]}
        search = [
            responses.event("response.reasoning.search_queries", queries=["hello"]),
            responses.event("response.output_item.done", output_index=0, item=found),
        ]
        answer = responses.answer(*search, *responses.words(1, "Hi"), responses.end(output=[found]))
        async with Server([answer]) as server:
            request = ChatRequest(model, (ChatMessage.text("user", "hello"),))
            deltas = vendor_for("perplexity").stream(server.endpoint(**settings), request, QUICK)
            assert [delta async for delta in deltas if not isinstance(delta, Finished)] == [TextDelta("Hi")]
            return server.requests[0].path, orjson.loads(server.requests[0].body)

    path, body = run(ask())
    assert path == "/v1/responses"
    said = {"input": [{"role": "user", "content": "hello"}], "stream": True, "store": False}
    assert body == said | named


@pytest.mark.parametrize(
    ("status", "kind"), [(400, None), (401, ErrorKind.AUTHENTICATION), (503, ErrorKind.UNAVAILABLE)]
)
def test_perplexitys_open_list_proves_no_key_so_that_its_call_is_asked(
    status: int, kind: ErrorKind | None
) -> None:
    async def ask() -> tuple[ErrorKind | None, list[str]]:
        listed = Answer([b'{"data": [{"id": "perplexity/sonar"}]}'], 200, JSON)
        async with Server([listed, Answer([b"{}"], status, JSON)]) as server:
            found = None
            try:
                await vendor_for("perplexity").check(server.endpoint())
            except VendorError as failed:
                found = failed.kind
            return found, [request.path for request in server.requests]

    assert run(ask()) == (kind, ["/v1/models", "/v1/responses"])


@pytest.mark.parametrize(
    ("slug", "setting", "header"),
    [("baidu", "appid", "appid"), ("oracle", "project", "openai-project")],
)
def test_what_calls_are_counted_under_is_a_header(slug: str, setting: str, header: str) -> None:
    async def ask() -> dict[str, str]:
        async with Server([chat.answer(*chat.words("Hi"))]) as server:
            endpoint = server.endpoint(**{setting: "app-1"})
            request = ChatRequest("m", (ChatMessage.text("user", "hello"),))
            async for _ in vendor_for(slug).stream(endpoint, request, QUICK):
                pass
            return server.requests[0].headers

    assert run(ask())[header] == "app-1"


@pytest.mark.parametrize("slug", ["inflection", "oracle"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, None), (400, None), (401, ErrorKind.AUTHENTICATION), (503, ErrorKind.UNAVAILABLE)],
)
def test_a_host_without_a_list_is_asked_for_an_answer_from_no_model(
    slug: str, status: int, kind: ErrorKind | None
) -> None:
    async def ask() -> tuple[ErrorKind | None, list[str], str]:
        async with Server([Answer([b"{}"], status, JSON)]) as server:
            vendor, endpoint = vendor_for(slug), server.endpoint()
            with pytest.raises(VendorError) as caught:
                await vendor.list_models(endpoint)
            found = None
            try:
                await vendor.check(endpoint)
            except VendorError as failed:
                found = failed.kind
            return found, [request.path for request in server.requests], caught.value.message

    assert run(ask()) == (kind, ["/v1/chat/completions"], NO_LIST)


THOUGHT, ONE_CALL = ReasoningPart("Hm."), ToolCallPart("a", "one", "{}")


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ((THOUGHT, ONE_CALL), {"reasoning_content": "Hm."}),
        ((ONE_CALL,), {"reasoning_content": ""}),
        ((THOUGHT, TextPart("Hi")), {"reasoning_content": "Hm."}),
        ((TextPart("Hi"),), {}),
    ],
)
def test_deepseek_gets_back_what_was_thought_and_others_do_not(
    parts: tuple[Part, ...], field: dict[str, str]
) -> None:
    request = ChatRequest("m", (*ASKED.messages, ChatMessage("assistant", parts), *ASKED.messages))
    for slug, expected in (("deepseek", field), ("groq", {})):
        vendor = vendor_for(slug)
        assert isinstance(vendor, OpenAICompatible)
        body = orjson.loads(chat_body(request, vendor.dialect))
        message = body["messages"][1]
        found = {name: value for name, value in message.items() if name.startswith("reasoning")}
        assert found == expected
