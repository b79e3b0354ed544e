"""Settings in OpenAI's words at hosts that do not know them: said in the host's own, else left out."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import ChatMessage, ChatRequest, ToolSpec, VendorError
from apps.llm.vendors.openai_words import WORDS
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import QUICK, run
from tests.wire.replay import Answer, Request, Server

SAID = {
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "parallel_tool_calls": False,
    "verbosity": "low",
}
LOOK = ToolSpec("look", "Looks.", {"type": "object", "properties": {}})
BEDROCK = {"region": "eu-central-1"}


def sent(
    slug: str, model: str = "m", settings: dict[str, str] | None = None, *, tools: bool = True
) -> Request:
    request = ChatRequest(
        model, (ChatMessage.text("user", "hello"),), (LOOK,) if tools else (), extra=SAID | {"own": 1}
    )

    async def ask() -> Request:
        async with Server([Answer([b"{}"], 400, "application/json")]) as server:
            with pytest.raises(VendorError):
                async for _ in vendor_for(slug).stream(server.endpoint(**settings or {}), request, QUICK):
                    pass
            return server.requests[0]

    return run(ask())


def found_in(body: Any) -> dict[str, Any]:
    """OpenAI's words wherever they stand in a body."""
    if isinstance(body, list):
        body = dict(enumerate(body))
    if not isinstance(body, dict):
        return {}
    here = {name: value for name, value in body.items() if name in WORDS}
    for value in body.values():
        here |= found_in(value)
    return here


PENALTIES = {"frequency_penalty": 0.1, "presence_penalty": 0.2}


@pytest.mark.parametrize(
    ("slug", "settings", "expected"),
    [
        ("anthropic", {}, {}),
        ("bedrock", BEDROCK, {}),
        ("google", {}, {}),
        ("cohere", {}, PENALTIES),
        ("mistral", {}, PENALTIES | {"parallel_tool_calls": False}),
        ("ollama", {"api": "native"}, PENALTIES),
    ],
)
def test_a_native_host_gets_no_word_that_it_does_not_know(
    slug: str, settings: dict[str, str], expected: dict[str, Any]
) -> None:
    body = orjson.loads(sent(slug, settings=settings).body)
    assert found_in(body) == expected
    assert b'"own":1' in orjson.dumps(body)


def test_anthropic_is_told_to_call_one_by_one() -> None:
    body = orjson.loads(sent("anthropic").body)
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert "tool_choice" not in orjson.loads(sent("anthropic", tools=False).body)


def test_google_has_penalties_of_its_own() -> None:
    config = orjson.loads(sent("google").body)["generationConfig"]
    assert (config["frequencyPenalty"], config["presencePenalty"]) == (0.1, 0.2)


def test_ollama_has_penalties_among_its_options() -> None:
    options = orjson.loads(sent("ollama", settings={"api": "native"}).body)["options"]
    assert (options["frequency_penalty"], options["presence_penalty"]) == (0.1, 0.2)


def test_text_completion_takes_penalties_only() -> None:
    assert found_in(orjson.loads(sent("base_models", tools=False).body)) == PENALTIES


@pytest.mark.parametrize(
    ("model", "path", "expected", "text"),
    [
        ("gpt-5", "/v1/responses", {"parallel_tool_calls": False, "verbosity": "low"}, {"verbosity": "low"}),
        ("o3", "/v1/responses", {"parallel_tool_calls": False}, None),
        ("gpt-4.1", "/v1/chat/completions", PENALTIES | {"parallel_tool_calls": False}, None),
    ],
)
def test_responses_says_verbosity_of_the_text_and_leaves_penalties_to_chat(
    model: str, path: str, expected: dict[str, Any], text: dict[str, Any] | None
) -> None:
    request = sent("openai", model)
    body = orjson.loads(request.body)
    assert (request.path, found_in(body), body.get("text")) == (path, expected, text)


def test_perplexity_never_falls_back_to_the_chat_that_ended() -> None:
    request = sent("perplexity", "perplexity/sonar")
    assert request.path == "/v1/responses"
    assert found_in(orjson.loads(request.body)) == {"parallel_tool_calls": False}
