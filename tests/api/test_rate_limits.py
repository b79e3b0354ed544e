"""Limits a minute on /v1: OpenAI's headers, 429 with Retry-After, and no provider call beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.api.test_chat_completions import HELLO, post

if TYPE_CHECKING:
    from tests.api.conftest import Api


def limit(api: Api, of: str, **limits: Any) -> None:
    """Set it for engineering, before the product has heard of the organisation."""
    from apps.metering.rates.services import Wanted, rate_limit_set
    from apps.tenants.scope import tenant_scope

    cast = api.connected.cast
    with tenant_scope(cast.acme.id):
        rate_limit_set(actor=None, team=cast.engineering, wanted=Wanted(of, **limits))


def test_headers_count_down_and_the_third_request_is_refused(api: Api) -> None:
    limit(api, "key", requests=2, tokens=100_000)
    client = api.client()
    first = client.chat.completions.with_raw_response.create(model="big-model", messages=HELLO)
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert first.headers["x-ratelimit-reset-requests"].endswith("s")
    assert first.headers["x-ratelimit-limit-tokens"] == "100000"
    with client.chat.completions.create(model="big-model", messages=HELLO, stream=True) as stream:
        assert stream.response.headers["x-ratelimit-remaining-requests"] == "0"
        assert int(stream.response.headers["x-ratelimit-remaining-tokens"]) <= 98_600
        assert list(stream)
    with pytest.raises(openai.RateLimitError) as refused:
        client.embeddings.create(model="text-embedding-tiny", input="words")
    assert refused.value.code == "rate_limit_exceeded"
    assert "2 requests a minute for each API key" in refused.value.message
    assert 1 <= int(refused.value.response.headers["retry-after"]) <= 30
    assert len(api.connected.host.asked) == 2


def test_a_models_tokens_are_refused_where_they_are_used_up(api: Api) -> None:
    limit(api, "model", tokens=1200, model_id=api.connected.chat.pk, model_slug="big-model")
    body = {"model": "big-model", "messages": HELLO}
    assert post(api, json=body).status_code == 200
    refused = post(api, json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert refused.headers["x-ratelimit-remaining-tokens"] == "0"
    assert "1,200 tokens a minute for this model" in refused.json()["error"]["message"]
    assert len(api.connected.host.asked) == 1


def test_without_limits_no_header_speaks_of_any(api: Api) -> None:
    answer = post(api, json={"model": "big-model", "messages": HELLO})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]
