"""Every setting a caller may wish for, at every host in OpenAI's shape: what it takes leaves, and no more."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from apps.llm.vendors.base import ChatMessage, ChatRequest, ListedModel, Modality, VendorError
from apps.llm.vendors.efforts import LADDER, groq_efforts, nearest, openai_efforts
from apps.llm.vendors.error_messages import NO_LIST
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import QUICK, run
from tests.wire.replay import Answer, Request, Server
from tests.wire.test_vendor_table import endpoint_of, sent_by
from tests.wire.vendor_table import ROWS, Row
from tests.wire.vendor_wishes import BY_MODEL, EXPECTED, FORM, FORMED, ONE_TOOL, WISHES

CHATS = list({row.slug: row for row in ROWS if row.adapter == "chat"}.values())
LISTING = list({row.slug: row for row in ROWS if row.adapter in {"chat", "responses"}}.values())
JSON = "application/json"


def slugs(rows: list[Row]) -> list[str]:
    return [row.slug for row in rows]


def chat_sent(slug: str, request: ChatRequest, **settings: str) -> dict[str, Any]:
    async def ask() -> bytes:
        async with Server([Answer([b'data: {"choices":[{"finish_reason":"stop"}]}\n\n'])]) as server:
            async for _ in vendor_for(slug).stream(server.endpoint(**settings), request, QUICK):
                pass
            return server.requests[0].body

    body = orjson.loads(run(ask()))
    assert isinstance(body, dict)
    return body


def test_every_chat_row_says_what_its_host_takes() -> None:
    assert {row.slug for row in CHATS} == set(EXPECTED)


@pytest.mark.parametrize("row", CHATS, ids=slugs(CHATS))
def test_of_a_request_that_wishes_for_everything_the_host_gets_what_it_takes(row: Row) -> None:
    body = orjson.loads(sent_by(row, WISHES).body)
    system = f"Be brief.\n\n{FORM}" if row.slug in FORMED else "Be brief."
    counts = {"stream_options": {"include_usage": True}} if row.counts else {}
    assert body == EXPECTED[row.slug] | counts | {
        "model": "the-model",
        "stream": True,
        row.limit: 100,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": "hello"}],
    }


@pytest.mark.parametrize(("slug", "settings", "model", "expected"), BY_MODEL)
def test_the_models_family_decides_where_the_host_does_not(
    slug: str, settings: dict[str, str], model: str, expected: dict[str, Any]
) -> None:
    body = chat_sent(slug, replace(WISHES, model=model), **settings)
    sent = {name: value for name, value in body.items() if name not in {"model", "messages", "stream"}}
    assert sent.pop("stream_options") == {"include_usage": True}
    assert 100 in {sent.pop("max_tokens", None), sent.pop("max_completion_tokens", None)}
    assert sent == expected


@pytest.mark.parametrize("row", LISTING, ids=slugs(LISTING))
def test_models_are_asked_for_where_the_host_documents_them(row: Row) -> None:
    async def ask() -> tuple[list[ListedModel] | str, list[Request]]:
        async with Server([Answer([b'{"data": [{"id": "m-1"}]}'], content_type=JSON)]) as server:
            try:
                found = await vendor_for(row.slug).list_models(endpoint_of(row, server))
            except VendorError as refused:
                return refused.message, server.requests
            return found, server.requests

    found, requests = run(ask())
    if not row.lists:
        assert (found, requests) == (NO_LIST, [])
        return
    assert found == [ListedModel("m-1", Modality.CHAT)]
    assert (requests[0].method, requests[0].path) == ("GET", urlsplit(row.lists).path)
    assert {name: requests[0].headers[name] for name in row.headers} == row.headers


@pytest.mark.parametrize("slug", ["ai21", "deepseek"])
def test_a_form_without_instructions_becomes_the_instructions(slug: str) -> None:
    body = chat_sent(slug, replace(WISHES, messages=(ChatMessage.text("user", "hello"),)))
    assert body["messages"] == [{"role": "system", "content": FORM}, {"role": "user", "content": "hello"}]


@pytest.mark.parametrize("slug", ["lm_studio", "aleph_alpha"])
def test_any_object_is_asked_for_as_a_schema_where_the_host_takes_nothing_else(
    slug: str,
) -> None:
    wanted = chat_sent(slug, replace(WISHES, response_format={"type": "json_object"}))["response_format"]
    form = {"name": "answer", "schema": {"type": "object"}}
    assert wanted == {"type": "json_schema", "json_schema": form}
    plain = chat_sent(slug, replace(WISHES, response_format={"type": "text"}))
    assert plain.get("response_format") == (None if slug == "aleph_alpha" else {"type": "text"})


@pytest.mark.parametrize(
    ("slug", "effort", "expected"),
    [
        ("deepseek", "none", {"thinking": {"type": "disabled"}}),
        ("deepseek", "medium", {"reasoning_effort": "high"}),
        ("deepseek", "low", {"reasoning_effort": "low"}),
        ("qwen", "none", {"enable_thinking": False}),
        ("qwen", "high", {"enable_thinking": True}),
        ("together", "none", {"reasoning": {"enabled": False}}),
        ("together", "xhigh", {"reasoning_effort": "high"}),
        ("cerebras", "xhigh", {"reasoning_effort": "high"}),
        ("huggingface", "xhigh", {"reasoning_effort": "xhigh"}),
    ],
)
def test_effort_in_the_words_or_by_the_switch_of_the_host(
    slug: str, effort: str, expected: dict[str, Any]
) -> None:
    body = chat_sent(slug, replace(WISHES, reasoning_effort=effort, tool_choice="auto"))
    names = ("reasoning_effort", "thinking", "enable_thinking", "reasoning")
    assert {name: body[name] for name in names if name in body} == expected


def test_a_tool_that_must_be_called_is_offered_alone_where_none_can_be_named() -> None:
    body = chat_sent("lm_studio", WISHES)
    assert {name: body[name] for name in ONE_TOOL} == ONE_TOOL
    free = chat_sent("lm_studio", replace(WISHES, tool_choice="auto"))
    assert (len(free["tools"]), free["tool_choice"]) == (2, "auto")


@pytest.mark.parametrize(
    ("asked", "taken_words", "sent"),
    [
        ("minimal", ("none", "low", "medium", "high"), "low"),
        ("xhigh", ("low", "medium", "high"), "high"),
        ("none", ("low", "medium", "high"), "low"),
        ("medium", ("low", "high", "max"), "high"),
        ("medium", (), None),
        ("ultra", ("low",), "ultra"),
        ("ultra", (), None),
        ("ultra", None, "ultra"),
        ("low", ("none", "default"), "default"),
        ("none", ("none", "default"), "none"),
    ],
)
def test_the_nearest_effort(asked: str, taken_words: tuple[str, ...] | None, sent: str | None) -> None:
    assert nearest(asked, taken_words) == sent


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("o3-mini", ("low", "medium", "high")),
        ("gpt-4.1", None),
        ("gpt-5-nano", ("minimal", "low", "medium", "high")),
        ("gpt-5-pro", ("high",)),
        ("gpt-5.1", ("none", "low", "medium", "high")),
        ("gpt-5.1-codex-max", ("none", "low", "medium", "high", "xhigh")),
        ("gpt-5.6", ("none", "low", "medium", "high", "xhigh")),
        ("my-deployment", None),
    ],
)
def test_efforts_by_openais_generations(model: str, words: tuple[str, ...] | None) -> None:
    assert openai_efforts(model) == words
    assert all(word in LADDER for word in words or ())


def test_groqs_llamas_take_no_effort() -> None:
    assert groq_efforts("llama-3.3-70b-versatile") == ()
    assert "reasoning_effort" not in chat_sent("groq", replace(WISHES, model="llama-3.3-70b-versatile"))
