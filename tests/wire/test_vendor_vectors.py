"""Vectors, pictures and scores at every row in OpenAI's shape: the request that leaves, as documented."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from apps.llm.vendors.base import (
    EmbeddingRequest,
    ErrorKind,
    ImageRequest,
    Modality,
    RerankRequest,
    VendorError,
)
from apps.llm.vendors.interface import Endpoint
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import run
from tests.wire.replay import Answer, Request, Server
from tests.wire.test_vendor_table import endpoint_of
from tests.wire.vendor_table import ROWS, Row

BASE64 = {"encoding_format": "base64"}
FLOATS = {"encoding_format": "float"}
VECTORS: dict[str, tuple[str, dict[str, Any]]] = {
    "azure_openai": ("https://RESOURCE.openai.azure.com/openai/v1/embeddings", BASE64),
    "baidu": ("https://qianfan.baidubce.com/v2/embeddings", BASE64),
    "databricks": ("https://WORKSPACE.cloud.databricks.com/serving-endpoints/embeddings", BASE64),
    "fireworks": ("https://api.fireworks.ai/inference/v1/embeddings", BASE64),
    "llama_cpp": ("http://localhost:8080/v1/embeddings", BASE64),
    "lm_studio": ("http://localhost:1234/v1/embeddings", BASE64),
    "nvidia": ("https://integrate.api.nvidia.com/v1/embeddings", BASE64 | {"input_type": "passage"}),
    "ollama": ("http://localhost:11434/v1/embeddings", BASE64),
    "openai": ("https://api.openai.com/v1/embeddings", BASE64),
    "openai_compatible": ("/embeddings", BASE64),
    "openrouter": ("https://openrouter.ai/api/v1/embeddings", BASE64),
    "qwen": ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1/embeddings", FLOATS),
    "together": ("https://api.together.xyz/v1/embeddings", BASE64),
    "vllm": ("http://localhost:8000/v1/embeddings", BASE64),
    "xai": ("https://api.x.ai/v1/embeddings", BASE64),
}
"""(address, form and purpose) by slug, for the rows that offer vectors."""
OPTIONS = {"quality": "low", "style": "vivid", "background": "opaque", "output_format": "png"}
WIDE = {"response_format": "b64_json", "size": "1536x1024"} | OPTIONS
OPENROUTER_OPTIONS = {name: value for name, value in OPTIONS.items() if name != "style"}
PICTURE_PATHS = {"openrouter": "images"}
PICTURES: list[tuple[str, str, dict[str, Any]]] = [
    ("openai", "dall-e-3", WIDE),
    ("openai", "gpt-image-1", {"size": "1536x1024"} | OPTIONS),
    ("azure_openai", "dall-e-3", WIDE),
    ("openai_compatible", "flux", WIDE),
    (
        "xai",
        "grok-imagine-image-quality",
        {"response_format": "b64_json", "aspect_ratio": "3:2", "quality": "low"},
    ),
    ("xai", "grok-2-image-1212", {"response_format": "b64_json", "quality": "low"}),
    ("openrouter", "bytedance-seed/seedream-4.5", {"size": "1536x1024"} | OPENROUTER_OPTIONS),
    (
        "together",
        "black-forest-labs/FLUX.1-schnell",
        {"response_format": "base64", "width": 1536, "height": 1024, "output_format": "png"},
    ),
]
"""What leaves beside model, prompt and count."""
SCORES = {
    "baidu": "https://qianfan.baidubce.com/v2/rerank",
    "llama_cpp": "http://localhost:8080/v1/rerank",
    "openai_compatible": "/rerank",
    "openrouter": "https://openrouter.ai/api/v1/rerank",
    "together": "https://api.together.xyz/v1/rerank",
    "vllm": "http://localhost:8000/v1/rerank",
}
PNG = b64encode(b"\x89PNG\r\n\x1a\n").decode()
BY_SLUG = {row.slug: row for row in ROWS if row.adapter in {"chat", "responses"}}


def sent(slug: str, answer: Any, ask: Callable[[Endpoint], Awaitable[object]]) -> Request:
    """The one request that leaves for the row's own path."""

    async def go() -> Request:
        async with Server([Answer([orjson.dumps(answer)], content_type="application/json")]) as server:
            await ask(endpoint_of(BY_SLUG[slug], server))
            (request,) = server.requests
            return request

    return run(go())


def offering(modality: Modality) -> set[str]:
    return {slug for slug in BY_SLUG if modality in vendor_for(slug).modalities}


def assert_addressed(request: Request, row: Row, url: str) -> None:
    """The documented path with the documented header, on the host of the row's own base."""
    assert request.path == urlsplit(url).path
    assert urlsplit(url).netloc in {"", urlsplit(row.url).netloc}
    assert {name: request.headers.get(name) for name in row.headers} == row.headers


@pytest.mark.parametrize("slug", sorted(VECTORS))
def test_vectors_are_asked_for_as_the_host_documents_it(slug: str) -> None:
    url, more = VECTORS[slug]
    length = 2
    asked = EmbeddingRequest("the-model", ("a", "b"), length)
    told = {"data": [{"index": 1, "embedding": [0, 1]}, {"index": 0, "embedding": [1, 0]}]}
    request = sent(slug, told, lambda endpoint: vendor_for(slug).embed(endpoint, asked))
    assert_addressed(request, BY_SLUG[slug], url)
    expected = {"model": "the-model", "input": ["a", "b"]} | more
    expected |= {} if slug == "together" else {"dimensions": length}
    assert orjson.loads(request.body) == expected


def test_together_is_asked_for_no_length_and_another_one_is_no_answer() -> None:
    asked = EmbeddingRequest("the-model", ("a",), 256)
    told = {"data": [{"index": 0, "embedding": [0, 1]}]}
    with pytest.raises(VendorError) as refused:
        sent("together", told, lambda endpoint: vendor_for("together").embed(endpoint, asked))
    assert refused.value.kind == ErrorKind.BAD_REQUEST
    assert "length of the model only" in refused.value.message


@pytest.mark.parametrize(("slug", "model", "more"), PICTURES)
def test_pictures_are_asked_for_as_the_host_documents_it(slug: str, model: str, more: dict[str, Any]) -> None:
    asked = ImageRequest(model, "a cat", "1536x1024", 2, OPTIONS)
    told = {"data": [{"b64_json": PNG}]}
    request = sent(slug, told, lambda endpoint: vendor_for(slug).generate_images(endpoint, asked))
    base = BY_SLUG[slug].url.removesuffix("/chat/completions").removesuffix("/responses")
    assert_addressed(request, BY_SLUG[slug], f"{base}/{PICTURE_PATHS.get(slug, 'images/generations')}")
    assert orjson.loads(request.body) == {"model": model, "prompt": "a cat", "n": 2} | more


@pytest.mark.parametrize("slug", sorted(SCORES))
def test_scores_are_asked_for_as_the_host_documents_it(slug: str) -> None:
    asked = RerankRequest("the-model", "who?", ("a", "b"), 1)
    told = {"results": [{"index": 1, "relevance_score": 0.9}]}
    request = sent(slug, told, lambda endpoint: vendor_for(slug).rerank(endpoint, asked))
    assert_addressed(request, BY_SLUG[slug], SCORES[slug])
    assert orjson.loads(request.body) == {
        "model": "the-model", "query": "who?", "documents": ["a", "b"], "top_n": 1,
    }  # fmt: skip


def test_every_row_that_offers_them_is_held_to_a_shape() -> None:
    assert offering(Modality.EMBEDDING) == set(VECTORS)
    assert offering(Modality.IMAGE) == {slug for slug, _, _ in PICTURES}
    assert offering(Modality.RERANK) == set(SCORES)


@pytest.mark.parametrize(
    ("size", "told"),
    [("1024x1024", "1:1"), ("1080x2340", "9:19.5"), ("1000x600", "16:9"), ("9:20", "9:20"), ("", None)],
)
def test_grok_is_told_the_nearest_ratio(size: str, told: str | None) -> None:
    asked = ImageRequest("grok-imagine-image", "a cat", size)
    answer = {"data": [{"b64_json": PNG}]}
    request = sent("xai", answer, lambda endpoint: vendor_for("xai").generate_images(endpoint, asked))
    assert orjson.loads(request.body).get("aspect_ratio") == told


@pytest.mark.parametrize("slug", ["xai", "together"])
@pytest.mark.parametrize("size", ["big", "0x10", "x", "٣x٤"])
def test_a_size_that_is_none_is_refused_before_anything_is_sent(slug: str, size: str) -> None:
    asked = ImageRequest("flux", "a cat", size)
    with pytest.raises(VendorError) as refused:
        sent(slug, {}, lambda endpoint: vendor_for(slug).generate_images(endpoint, asked))
    assert refused.value.kind is ErrorKind.BAD_REQUEST
