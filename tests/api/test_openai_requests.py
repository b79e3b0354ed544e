"""OpenAI's requests: what is understood, and how each mistake is named."""

from typing import Any

import pytest

from apps.api.openai.errors import DialectError, from_failure
from apps.api.openai.inputs import read_embedding, read_picture, read_rerank
from apps.api.openai.requests import read_completion
from apps.llm.vendors.base import ChatMessage, ImagePart, TextPart, ToolCallPart, ToolResultPart, ToolSpec

HELLO = [{"role": "user", "content": "Hello"}]


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "fast", "messages": HELLO} | fields


def test_the_smallest_request() -> None:
    read = read_completion(body())
    assert read.model == "fast"
    assert read.request.messages == (ChatMessage.text("user", "Hello"),)
    assert not read.stream
    assert not read.include_usage


def test_every_parameter_that_has_an_effect_is_kept() -> None:
    tool = {
        "type": "function",
        "function": {"name": "now", "description": "Time", "parameters": {"type": "object"}},
    }
    request = read_completion(
        body(
            stream=True,
            stream_options={"include_usage": True},
            temperature=0.5,
            top_p=1,
            max_completion_tokens=99,
            stop="END",
            seed=7,
            reasoning_effort="low",
            response_format={"type": "json_object"},
            tools=[tool],
            tool_choice={"type": "function", "function": {"name": "now"}},
            presence_penalty=0.1,
            parallel_tool_calls=False,
            user="someone",
            n=1,
            logprobs=False,
        )
    )
    assert request.include_usage
    sent = request.request
    assert (sent.temperature, sent.top_p, sent.max_tokens, sent.stop, sent.seed) == (
        0.5,
        1.0,
        99,
        ("END",),
        7,
    )
    assert sent.tools == (ToolSpec("now", "Time", {"type": "object"}),)
    assert (sent.tool_choice, sent.reasoning_effort) == ("now", "low")
    assert sent.response_format == {"type": "json_object"}
    assert sent.extra == {"presence_penalty": 0.1, "parallel_tool_calls": False}


def test_a_conversation_with_tools_and_a_picture() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAEC"}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "12:00"},
    ]
    assert read_completion(body(messages=messages)).request.messages == (
        ChatMessage("system", (TextPart("Be brief."),)),
        ChatMessage("user", (TextPart("What is it?"), ImagePart("image/png", b"\0\1\2"))),
        ChatMessage("assistant", (ToolCallPart("c1", "now", "{}"),)),
        ChatMessage("tool", (ToolResultPart("c1", "12:00"),)),
    )


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages[0].content[0].type"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y"}}]}
                ]
            },
            "messages[0].content[0].image_url.url",
        ),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"messages": [{"role": "assistant"}]}, "messages[0]"),
        ({"n": 2}, "n"),
        ({"n": []}, "n"),
        ({"n": True}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"seed": 10**30}, "seed"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"tools": [{"type": "custom"}]}, "tools[0]"),
        ({"tool_choice": 7}, "tool_choice"),
        ({"tool_choice": []}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"response_format": {"type": []}}, "response_format"),
        ({"logprobs": True, "top_logprobs": 2}, "logprobs"),
        ({"tools": [{"type": "function", "function": {"name": "now", "strict": "yes"}}]}, "strict"),
        ({"functions": [{"name": "old"}]}, "functions"),
        ({"modalities": ["audio"]}, "modalities"),
        ({"temprature": 1}, "temprature"),
    ],
)
def test_a_mistake_names_its_parameter(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(DialectError) as refused:
        read_completion(body(**fields))
    assert (refused.value.status, refused.value.param) == (400, param)
    assert refused.value.body()["error"]["message"]


@pytest.mark.parametrize("junk", [None, [], "x", 7])
def test_a_body_that_is_no_object_is_refused(junk: object) -> None:
    with pytest.raises(DialectError):
        read_completion(junk)


def test_embeddings_take_a_string_or_strings() -> None:
    assert read_embedding({"model": "e", "input": "a"}).texts == ("a",)
    read = read_embedding({"model": "e", "input": ["a", "b"], "encoding_format": "base64", "dimensions": 64})
    assert (read.texts, read.base64, read.dimensions) == (("a", "b"), True, 64)


@pytest.mark.parametrize("given", ["", [], [""], [1, 2], [["a"]], ["a"] * 257, "x" * 100_001, None])
def test_other_inputs_are_refused(given: object) -> None:
    with pytest.raises(DialectError) as refused:
        read_embedding({"model": "e", "input": given})
    assert refused.value.param == "input"


@pytest.mark.parametrize("given", [[], {}, ["float"], "binary"])
def test_other_encodings_of_vectors_are_refused(given: object) -> None:
    with pytest.raises(DialectError) as refused:
        read_embedding({"model": "e", "input": "a", "encoding_format": given})
    assert refused.value.param == "encoding_format"


def test_a_tool_is_strict_where_it_was_asked_for() -> None:
    tools = [{"type": "function", "function": {"name": name, "strict": name == "b"}} for name in "ab"]
    assert [tool.is_strict for tool in read_completion(body(tools=tools)).request.tools] == [False, True]


def test_failures_have_the_status_that_clients_act_on() -> None:
    assert from_failure("rate_limit", retry_after=7.4).headers == {"Retry-After": "8"}
    statuses = {
        kind: from_failure(kind).status for kind in ("quota", "context_overflow", "timeout", "interrupted")
    }
    assert statuses == {"quota": 429, "context_overflow": 400, "timeout": 504, "interrupted": 502}
    assert from_failure("something new").status == 500


PICTURE = {"model": "p", "prompt": "a cat"}
RERANK = {"model": "r", "query": "q", "documents": ["a", {"text": "b"}]}


def test_pictures_are_read_with_what_the_host_may_want() -> None:
    read = read_picture(
        PICTURE | {"n": 2, "size": "1024x1536", "quality": "low", "output_compression": 50, "user": "u"}
    )
    assert (read.model, read.request.prompt, read.request.count, read.request.size) == (
        "p",
        "a cat",
        2,
        "1024x1536",
    )
    assert read.request.extra == {"quality": "low", "output_compression": 50}
    plain = read_picture(PICTURE | {"size": "auto", "style": None, "response_format": "b64_json"}).request
    assert (plain.size, plain.count, plain.extra) == ("", 1, {})


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": " "}, "prompt"), ({"prompt": "x" * 32_001}, "prompt"), ({"prompt": "\0"}, "prompt"),
        ({"n": 0}, "n"), ({"n": 5}, "n"), ({"n": True}, "n"), ({"size": "0x1"}, "size"),
        ({"size": "9999x9999"}, "size"), ({"response_format": "url"}, "response_format"),
        ({"stream": True}, "stream"), ({"quality": {}}, "quality"), ({"image": "x"}, "image"),
        ({"output_compression": "9"}, "output_compression"), ({"model": ""}, "model"),
        ({"output_compression": 101}, "output_compression"),
    ],
)  # fmt: skip
def test_other_pictures_are_refused(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(DialectError) as refused:
        read_picture(PICTURE | fields)
    assert (refused.value.status, refused.value.param) == (400, param)


def test_documents_are_strings_or_objects_with_a_text() -> None:
    read = read_rerank(RERANK | {"top_n": 1, "return_documents": True})
    assert (read.request.query, read.request.documents, read.request.top, read.echo) == (
        "q",
        ("a", "b"),
        1,
        True,
    )
    assert (read_rerank(RERANK).request.top, read_rerank(RERANK).echo) == (None, False)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"query": ""}, "query"), ({"query": 1}, "query"), ({"documents": []}, "documents"),
        ({"documents": "a"}, "documents"), ({"documents": ["a"] * 1001}, "documents"),
        ({"documents": ["a", ""]}, "documents[1]"), ({"documents": [{"title": "a"}]}, "documents[0]"),
        ({"top_n": 0}, "top_n"), ({"return_documents": 1}, "return_documents"),
        ({"rank_fields": ["a"]}, "rank_fields"),
    ],
)  # fmt: skip
def test_other_documents_are_refused(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(DialectError) as refused:
        read_rerank(RERANK | fields)
    assert (refused.value.status, refused.value.param) == (400, param)
