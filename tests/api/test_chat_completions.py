"""/v1/chat/completions, driven by the official client against real processes."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx2
import openai
import pytest

from tests.api.conftest import Api
from tests.durability.waiting import wait_until
from tests.llm.host import Answer

HELLO: list[Any] = [{"role": "user", "content": "Hello?"}]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Weather",
        "parameters": {"type": "object", "properties": {}},
    },
}
CALL = (
    {
        "tool_calls": [
            {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
        ]
    },
    {"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": '"Bonn"}'}}]},
)


def post(api: Api, path: str = "/v1/chat/completions", **options: Any) -> httpx2.Response:
    """A request as no client would send it."""
    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/json"} | options.pop(
        "headers", {}
    )
    return httpx2.post(api.product.bare_url + path, headers=headers, timeout=30, **options)


def runs_of(api: Api) -> list[Any]:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    with tenant_scope(api.connected.cast.acme.id):
        return list(Run.objects.order_by("id"))


def test_a_whole_answer_with_its_usage(api: Api) -> None:
    answer = api.client().chat.completions.create(model="big-model", messages=HELLO)
    assert answer.choices[0].message.content == "Hello world"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (1000, 500)
    assert answer.model == "big-model"


def test_a_streamed_answer_with_usage(api: Api) -> None:
    chunks = list(
        api.client().chat.completions.create(
            model="big-model", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello world"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 1500
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


def test_parameters_reach_the_host_and_our_key_does_not(api: Api) -> None:
    api.client().chat.completions.create(
        model="big-model", messages=HELLO, temperature=0.5, max_tokens=7, stop=["END"], presence_penalty=0.1
    )
    asked = api.connected.host.asked[-1]
    assert asked.body["temperature"] == 0.5
    assert asked.body["stop"] == ["END"]
    assert asked.body["presence_penalty"] == 0.1
    assert api.key not in str(asked)


def test_tools_pass_through_both_ways(api: Api) -> None:
    api.connected.host.answers[:] = [Answer(texts=(), deltas=CALL, finish="tool_calls")]
    client = api.client()
    whole = client.chat.completions.create(model="big-model", messages=HELLO, tools=[TOOL])  # type: ignore[list-item]
    assert whole.choices[0].finish_reason == "tool_calls"
    calls = whole.choices[0].message.tool_calls
    assert calls is not None
    assert [(call.id, call.function.name, call.function.arguments) for call in calls] == [  # type: ignore[union-attr]
        ("call_1", "weather", '{"city":"Bonn"}')
    ]
    assert api.connected.host.asked[-1].body["tools"] == [TOOL]
    with client.chat.completions.stream(model="big-model", messages=HELLO, tools=[TOOL]) as stream:  # type: ignore[list-item]
        final = stream.get_final_completion()
    streamed = final.choices[0].message.tool_calls
    assert streamed is not None
    assert (streamed[0].id, streamed[0].function.name) == ("call_1", "weather")
    assert streamed[0].function.arguments == '{"city":"Bonn"}'


@pytest.mark.parametrize(
    "key", ["sk-wrong", "atrium_acme_aaaaaaaa_" + "x" * 43, "atrium_nobody_aaaaaaaa_" + "x" * 43]
)
def test_a_wrong_key_is_401_and_nothing_runs(api: Api, key: str) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        api.client(key).chat.completions.create(model="big-model", messages=HELLO)
    assert refused.value.status_code == 401
    assert refused.value.code == "invalid_api_key"
    assert runs_of(api) == []


def test_a_key_of_another_organisation_is_refused_on_this_ones_host(api: Api) -> None:
    host = api.connected.cast.globex.host
    refused = post(api, json={"model": "big-model", "messages": HELLO}, headers={"Host": host})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


def test_an_unknown_model_is_404_and_nothing_runs(api: Api) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        api.client().chat.completions.create(model="gpt-99", messages=HELLO)
    assert refused.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        api.client().chat.completions.create(model="text-embedding-tiny", messages=HELLO)
    assert runs_of(api) == []


def test_a_key_without_the_scope_is_403(api: Api) -> None:
    with pytest.raises(openai.PermissionDeniedError) as refused:
        api.client(api.key_with("embeddings")).chat.completions.create(model="big-model", messages=HELLO)
    assert refused.value.code == "insufficient_scope"
    assert runs_of(api) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"model": NaN}',
        b'{"model": "big-model"',
        b"\xff",
        b'"\\ud800"',
        b"[" * 100_000,
        b"null",
        b"[]",
    ],
)
def test_malformed_json_is_400(api: Api, body: bytes) -> None:
    refused = post(api, content=body)
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"


def test_a_body_over_the_limit_is_413(api: Api) -> None:
    refused = post(api, content=b'{"model": "' + b"x" * (6 * 1024 * 1024) + b'"}')
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "request_too_large")


def test_unsupported_parameters_are_named(api: Api) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        api.client().chat.completions.create(model="big-model", messages=HELLO, n=2)
    assert refused.value.param == "n"


def test_other_addresses_and_methods_speak_openai_too(api: Api) -> None:
    missing = post(api, "/v1/audio/speech", json={})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "unknown_url")
    wrong = httpx2.get(
        api.product.bare_url + "/v1/chat/completions", headers={"Authorization": f"Bearer {api.key}"}
    )
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("stream", [False, True])
def test_a_hosts_failure_before_the_first_token_has_its_status(api: Api, stream: bool) -> None:
    error = {"error": {"message": "secret detail", "type": "x", "code": "context_length_exceeded"}}
    api.connected.host.answers[:] = [Answer(status=400, error=error)]
    with pytest.raises(openai.BadRequestError) as refused:
        api.client().chat.completions.create(model="big-model", messages=HELLO, stream=stream)
    assert refused.value.code == "context_length_exceeded"
    assert "secret detail" not in str(refused.value)


def test_a_rate_limit_passes_its_wait_on(api: Api) -> None:
    error = {"error": {"message": "slow down", "type": "rate_limit", "code": "rate_limit_exceeded"}}
    api.connected.host.answers[:] = [Answer(status=429, error=error, headers={"Retry-After": "77"})]
    with pytest.raises(openai.RateLimitError) as refused:
        api.client().chat.completions.create(model="big-model", messages=HELLO)
    assert refused.value.response.headers["Retry-After"] == "77"


def test_a_cut_stream_is_an_error_and_never_a_whole_answer(api: Api) -> None:
    api.connected.host.answers[:] = [Answer(finish=None)]
    with pytest.raises(openai.InternalServerError) as refused:
        api.client().chat.completions.create(model="big-model", messages=HELLO)
    assert refused.value.code == "interrupted"
    said: list[str] = []
    stream = api.client().chat.completions.create(model="big-model", messages=HELLO, stream=True)
    with pytest.raises(openai.APIError):
        said.extend(chunk.choices[0].delta.content or "" for chunk in stream)


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_goes_stops_the_host(api: Api, stream: bool) -> None:
    hold = threading.Event()
    api.connected.host.answers[:] = [Answer(hold=hold)]
    body = {"model": "big-model", "messages": HELLO, "stream": stream}
    with api.sent("/v1/chat/completions", body) as line:
        if stream:
            assert line.getresponse().read(1)
        wait_until(lambda: api.connected.host.asked, 30, "the call")
    assert api.connected.host.gone.wait(15)
    hold.set()
    wait_until(lambda: runs_of(api)[0].state not in {"queued", "running"}, 20, "the run's end")
    assert [run.state for run in runs_of(api)] == ["stopped"]


def test_a_revoked_key_ends_its_stream(api: Api) -> None:
    from apps.accounts.models import ApiKey
    from apps.accounts.services import api_key_revoke
    from apps.tenants.scope import tenant_scope

    hold = threading.Event()
    api.connected.host.answers[:] = [Answer(hold=hold)]
    stream = api.client().chat.completions.create(model="big-model", messages=HELLO, stream=True)
    next(stream)
    with tenant_scope(api.connected.cast.acme.id):
        api_key_revoke(actor=None, key=ApiKey.objects.get())
    begun = time.monotonic()
    with pytest.raises(openai.APIError):
        for _ in stream:
            pass
    hold.set()
    assert time.monotonic() - begun < 15
