"""What goes out: bodies, headers, sockets, and what never goes anywhere."""

import asyncio
from contextlib import aclosing
from uuid import uuid4

import orjson
import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ErrorKind,
    FilePart,
    ImagePart,
    ListedModel,
    Modality,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolSpec,
    VendorError,
)
from apps.llm.vendors.interface import Endpoint, Timeouts
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.replay import Answer, Request, Server
from tests.wire.test_dialects import DONE, HELLO, STOP

WHOLE = Answer([HELLO + STOP + DONE])
MODELS = Answer(
    [b'{"object": "list", "data": [{"id": "m-1", "object": "model"}]}'], content_type="application/json"
)


def sent_for(
    request: ChatRequest, slug: str = "openai_compatible", key: str = "sk-1", **settings: str
) -> Request:
    async def ask() -> Request:
        async with Server([WHOLE]) as server:
            async for _ in vendor_for(slug).stream(server.endpoint(key, **settings), request, QUICK):
                pass
            return server.requests[0]

    return run(ask())


def test_body_holds_every_part_and_setting() -> None:
    request = ChatRequest(
        "m-1",
        (
            ChatMessage.text("system", "Be brief."),
            ChatMessage("user", (TextPart("What is"), TextPart(" this?"))),
            ChatMessage(
                "user",
                (
                    TextPart("And?"),
                    ImagePart("image/png", b"\x89PNG"),
                    FilePart("a.pdf", "application/pdf", b"%PDF"),
                ),
            ),
            ChatMessage(
                "assistant",
                (ReasoningPart("hm", "s"), ToolCallPart("a", "one", ""), ToolCallPart("b", "two", "{}")),
            ),
            ChatMessage("tool", (ToolResultPart("a", "1"), ToolResultPart("b", "2", is_error=True))),
        ),
        tools=(ToolSpec("one", "First.", {"type": "object", "properties": {}}, is_strict=True),),
        tool_choice="one",
        temperature=0.5,
        top_p=0.9,
        max_tokens=100,
        stop=("END",),
        seed=7,
        reasoning_effort="low",
        response_format={"type": "json_object"},
        extra={"metadata": {"x": "y"}, "model": "other", "messages": [], "stream": False},
    )
    sent = sent_for(request)
    assert (sent.method, sent.path) == ("POST", "/v1/chat/completions")
    assert orjson.loads(sent.body) == {
        "model": "m-1",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is this?"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "And?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
                    {
                        "type": "file",
                        "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "one", "arguments": "{}"}},
                    {"id": "b", "type": "function", "function": {"name": "two", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": "2"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "one",
                    "description": "First.",
                    "parameters": {"type": "object", "properties": {}},
                    "strict": True,
                },
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "one"}},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 100,
        "stop": ["END"],
        "seed": 7,
        "reasoning_effort": "low",
        "response_format": {"type": "json_object"},
        "metadata": {"x": "y"},
    }


def test_headers_hold_the_key_and_nothing_of_ours() -> None:
    sent = sent_for(ASKED, key="sk-1")
    assert sent.headers["authorization"] == "Bearer sk-1"
    assert set(sent.headers) == {
        "host", "authorization", "content-type", "user-agent", "accept", "accept-encoding", "content-length",
    }  # fmt: skip


def test_builtin_sends_no_key() -> None:
    assert "authorization" not in sent_for(ASKED, "builtin", key="").headers


def test_azure_uses_its_own_header_and_name_for_the_limit() -> None:
    sent = sent_for(ChatRequest("m", ASKED.messages, max_tokens=5), "azure_openai", key="k")
    assert (sent.headers["api-key"], "authorization" in sent.headers) == ("k", False)
    assert orjson.loads(sent.body)["max_completion_tokens"] == 5


def test_usage_option_can_be_turned_off() -> None:
    assert "stream_options" not in orjson.loads(sent_for(ASKED, usage_option="no").body)


def test_environment_variables_of_sdks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_BASE_URL",
        "HTTP_PROXY",
        "http_proxy",
    ):
        monkeypatch.setenv(name, "http://leaked.invalid")
    sent = sent_for(ASKED)
    assert "leaked" not in repr(sent)


@pytest.mark.parametrize("key", ["sk-1\r\nX-Evil: 1", "sk-\u00e9", "sk-\x00"])
def test_a_key_that_cannot_be_one_is_refused_before_anything_is_sent(key: str) -> None:
    async def ask() -> int:
        async with Server([WHOLE]) as server:
            with pytest.raises(VendorError) as caught:
                await vendor_for("openai_compatible").list_models(server.endpoint(key))
            assert caught.value.kind is ErrorKind.AUTHENTICATION
            return server.connections

    assert run(ask()) == 0


def test_key_stays_out_of_representations() -> None:
    endpoint = Endpoint("https://api.example/v1", "sk-secret", {}, uuid4(), frozenset())
    assert "sk-secret" not in repr(endpoint) + str(endpoint)


def test_redirect_is_not_followed_and_the_key_stays() -> None:
    async def ask() -> tuple[VendorError, int]:
        async with Server([WHOLE]) as other:
            moved = Answer([b""], 302, "text/plain", (("Location", other.base_url + "/chat/completions"),))
            async with Server([moved]) as server:
                endpoint = server.endpoint()
                allowed = endpoint.allowed | {("127.0.0.1", other.port)}
                endpoint = Endpoint(endpoint.base_url, "sk-1", {}, uuid4(), allowed)
                with pytest.raises(VendorError) as caught:
                    async for _ in vendor_for("openai_compatible").stream(endpoint, ASKED, QUICK):
                        pass
                return caught.value, other.connections

    failed, connections = run(ask())
    assert (failed.kind, failed.retryable, connections) == (ErrorKind.PROTOCOL, False, 0)


def test_private_host_is_refused_without_the_operators_permission() -> None:
    async def ask() -> tuple[VendorError, int]:
        async with Server([WHOLE]) as server:
            endpoint = Endpoint(
                server.base_url, "sk-1", {}, uuid4(), frozenset({("127.0.0.1", server.port + 1)})
            )
            with pytest.raises(VendorError) as caught:
                await vendor_for("openai_compatible").check(endpoint)
            return caught.value, server.connections

    failed, connections = run(ask())
    assert (failed.kind, failed.detail, connections) == (ErrorKind.CONNECTION, "private_address", 0)


def test_refused_connection_is_typed() -> None:
    async def ask() -> VendorError:
        async with Server([WHOLE]) as server:
            endpoint = server.endpoint()
        with pytest.raises(VendorError) as caught:
            await vendor_for("openai_compatible").list_models(endpoint)
        return caught.value

    failed = run(ask())
    assert (failed.kind, failed.retryable) == (ErrorKind.CONNECTION, True)


def test_connection_is_kept_for_the_next_call() -> None:
    async def ask() -> tuple[int, int]:
        async with Server([WHOLE]) as server:
            for _ in range(5):
                async for _ in vendor_for("openai_compatible").stream(server.endpoint(), ASKED, QUICK):
                    pass
            return server.connections, len(server.requests)

    assert run(ask()) == (1, 5)


@pytest.mark.parametrize("way", ["close", "cancel"])
def test_stop_closes_the_hosts_socket_at_once(way: str) -> None:
    async def ask() -> None:
        async with Server([Answer([HELLO], ending="hang")]) as server:
            stream = vendor_for("openai_compatible").stream(server.endpoint(), ASKED, QUICK)

            async def consume() -> None:
                async with aclosing(stream) as deltas:
                    async for _ in deltas:
                        if way == "close":
                            return

            task = asyncio.create_task(consume())
            while not server.requests:  # noqa: ASYNC110 - the server tells in no other way
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.wait_for(server.gone.wait(), 15)

    run(ask())


def test_two_hundred_streams_at_once_share_one_loop() -> None:
    unhurried = Timeouts(connect=30, first_token=30, idle=30, total=60)

    async def ask() -> list[str]:
        async with Server([Answer([HELLO, STOP, DONE], pause=0.05)]) as server:
            endpoint = server.endpoint()

            async def one() -> str:
                text = ""
                async for delta in vendor_for("openai_compatible").stream(endpoint, ASKED, unhurried):
                    text += getattr(delta, "text", "")
                return text

            return await asyncio.gather(*(one() for _ in range(200)))

    assert run(ask()) == ["Hello"] * 200


def test_base_url_with_its_call_path_is_taken_as_meant() -> None:
    async def ask() -> str:
        async with Server([MODELS]) as server:
            endpoint = server.endpoint()
            pasted = Endpoint(endpoint.base_url + "/chat/completions/", "k", {}, uuid4(), endpoint.allowed)
            assert await vendor_for("openai_compatible").list_models(pasted) == [
                ListedModel("m-1", Modality.CHAT)
            ]
            return server.requests[0].path

    assert run(ask()) == "/v1/models"
