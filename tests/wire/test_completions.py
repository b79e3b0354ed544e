"""Text completion: one prompt of a conversation, where it stops, and what cannot be asked."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import ChatMessage, ChatRequest, ErrorKind, ImagePart, ToolSpec, VendorError
from apps.llm.vendors.chat_templates import TEMPLATES
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import QUICK, run
from tests.wire.replay import Answer, Request, Server

TALK = (
    ChatMessage.text("system", "Be brief."),
    ChatMessage.text("user", "Hi"),
    ChatMessage.text("assistant", "Hello."),
    ChatMessage.text("user", "Who are you?"),
)
ENDED = b'data: {"choices":[{"text":"I","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def sent_for(request: ChatRequest, slug: str = "base_models", **settings: str) -> Request:
    async def ask() -> Request:
        async with Server([Answer([ENDED])]) as server:
            async for _ in vendor_for(slug).stream(server.endpoint("sk-1", **settings), request, QUICK):
                pass
            return server.requests[0]

    return run(ask())


def body_for(request: ChatRequest, **settings: str) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(sent_for(request, **settings).body)
    return body


PROMPTS = {
    "plain": "Be brief.\n\nUser: Hi\n\nAssistant: Hello.\n\nUser: Who are you?\n\nAssistant:",
    "chatml": (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nWho are you?<|im_end|>\n"
        "<|im_start|>assistant\n"
    ),
    "llama2": (
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello. </s><s>[INST] Who are you? [/INST]"
    ),
    "alpaca": (
        "Be brief.\n\n### Instruction:\nHi\n\n### Response:\nHello.\n\n### Instruction:\nWho are you?\n\n"
        "### Response:\n"
    ),
    "none": "Be brief.\n\nHi\n\nHello.\n\nWho are you?",
}


def test_every_template_has_its_prompt_here() -> None:
    assert set(PROMPTS) == set(TEMPLATES)


@pytest.mark.parametrize("template", PROMPTS)
def test_prompt_and_stops_of_each_template(template: str) -> None:
    body = body_for(ChatRequest("m", TALK), template=template)
    assert body["prompt"] == PROMPTS[template]
    assert body.get("stop", []) == list(TEMPLATES[template].stop)


def test_stops_of_the_caller_come_first_and_are_four_at_most() -> None:
    request = ChatRequest("m", TALK, stop=("END",))
    body = body_for(request, template="chatml", stop="###|\\n\\nQ:|x")
    assert body["stop"] == ["END", "###", "\n\nQ:", "x"]


def test_settings_go_out_and_a_limit_always_does() -> None:
    request = ChatRequest("m", TALK, temperature=0.2, top_p=0.5, seed=7, extra={"top_k": 3, "prompt": "x"})
    body = body_for(request)
    assert (body["temperature"], body["top_p"], body["seed"], body["top_k"]) == (0.2, 0.5, 7, 3)
    assert (body["max_tokens"], body["prompt"]) == (512, PROMPTS["plain"])


def test_engines_stand_in_the_path() -> None:
    sent = sent_for(ChatRequest("gpt-j-6b", TALK), "gooseai")
    assert sent.path == "/v1/engines/gpt-j-6b/completions"
    assert "model" not in orjson.loads(sent.body)


TOOL = ToolSpec("one", "First.", {"type": "object"})


@pytest.mark.parametrize(
    "request_",
    [
        ChatRequest("m", TALK, tools=(TOOL,)),
        ChatRequest("m", (ChatMessage("user", (ImagePart("image/png", b"x"),)),)),
    ],
)
def test_tools_and_pictures_are_refused_before_anything_is_sent(request_: ChatRequest) -> None:
    async def ask() -> tuple[VendorError, int]:
        async with Server([Answer([ENDED])]) as server:
            with pytest.raises(VendorError) as caught:
                async for _ in vendor_for("base_models").stream(server.endpoint(), request_, QUICK):
                    pass
            return caught.value, server.connections

    failed, connections = run(ask())
    assert (failed.kind, connections) == (ErrorKind.BAD_REQUEST, 0)
    assert "Nothing was sent." in failed.message


@pytest.mark.parametrize(
    ("slug", "path", "status", "kind"),
    [
        ("gooseai", "/v1/engines", 200, None),
        ("gooseai", "/v1/engines", 401, ErrorKind.AUTHENTICATION),
        ("aleph_alpha_luminous", "/v1/models_available", 200, None),
        ("base_models", "/v1/models", 200, None),
    ],
)
def test_check_asks_for_the_list(slug: str, path: str, status: int, kind: ErrorKind | None) -> None:
    async def ask() -> tuple[str, ErrorKind | None]:
        listed = Answer([b'{"data": [{"id": "gpt-j-6b"}]}'], status, "application/json")
        async with Server([listed]) as server:
            found = None
            try:
                await vendor_for(slug).check(server.endpoint())
            except VendorError as failed:
                found = failed.kind
            return server.requests[0].path, found

    assert run(ask()) == (path, kind)
