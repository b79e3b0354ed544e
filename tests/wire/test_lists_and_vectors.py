"""Lists of models, the check of a key, embeddings and the registry itself."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    EmbeddingRequest,
    ErrorKind,
    ListedModel,
    Modality,
    VendorError,
)
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.registry import VENDORS, vendor_for
from tests.wire.conftest import run
from tests.wire.replay import Answer, Server
from tests.wire.test_dialects import DONE, HELLO, STOP

WHOLE = Answer([HELLO + STOP + DONE])
MODELS = Answer(
    [b'{"object": "list", "data": [{"id": "m-1", "object": "model"}]}'], content_type="application/json"
)


LISTS: list[tuple[Any, list[ListedModel]]] = [
    ([{"id": "a", "context_length": 8192, "type": "chat"}], [ListedModel("a", Modality.CHAT, 8192)]),
    ({"data": [{"id": "a", "context_window": 131072}]}, [ListedModel("a", Modality.CHAT, 131072)]),
    ({"data": [{"id": "a", "max_model_len": 4096}]}, [ListedModel("a", Modality.CHAT, 4096)]),
    (
        {"data": [{"id": "a", "meta": {"n_ctx_train": 2048}}, {"id": "a"}]},
        [ListedModel("a", Modality.CHAT, 2048)],
    ),
    ({"data": [{"id": "bge-m3"}]}, [ListedModel("bge-m3", Modality.EMBEDDING)]),
    ({"data": [{"id": "x-rerank-2"}]}, [ListedModel("x-rerank-2", Modality.RERANK)]),
    (
        {"data": [{"id": "gemini-flash-image", "architecture": {"output_modalities": ["text", "image"]}}]},
        [ListedModel("gemini-flash-image", Modality.CHAT)],
    ),
]


@pytest.mark.parametrize(("body", "expected"), LISTS)
def test_lists_of_models(body: Any, expected: list[ListedModel]) -> None:
    async def ask() -> list[ListedModel]:
        async with Server([Answer([orjson.dumps(body)], content_type="application/json")]) as server:
            return await vendor_for("openai_compatible").list_models(server.endpoint())

    assert run(ask()) == expected


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": 1}', b'"x"', b""])
def test_a_list_that_is_none_is_a_protocol_error(body: bytes) -> None:
    async def ask() -> ErrorKind:
        async with Server([Answer([body], content_type="application/json")]) as server:
            with pytest.raises(VendorError) as caught:
                await vendor_for("openai_compatible").list_models(server.endpoint())
            return caught.value.kind

    assert run(ask()) is ErrorKind.PROTOCOL


NO_MODEL = Answer([b'{"error": {"message": "no such model", "code": 404}}'], 404, "application/json")
NO_KEY = Answer(
    [b'{"error": {"message": "No auth credentials found", "code": 401}}'], 401, "application/json"
)


@pytest.mark.parametrize(("second", "kind"), [(NO_MODEL, None), (NO_KEY, ErrorKind.AUTHENTICATION)])
def test_a_public_list_does_not_prove_the_key(second: Answer, kind: ErrorKind | None) -> None:
    async def ask() -> ErrorKind | None:
        async with Server([MODELS, second]) as server:
            try:
                await vendor_for("openrouter").check(server.endpoint())
            except VendorError as failed:
                return failed.kind
            return None

    assert run(ask()) is kind


BAD_VECTORS: list[Any] = [
    {"data": []},
    {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
    {"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]},
    {"data": [{"index": 0, "embedding": "!!"}, {"index": 1, "embedding": "!!"}]},
    {"data": [{"index": 0, "embedding": "AADAfw=="}, {"index": 1, "embedding": "AADAfw=="}]},
    {"data": [{"index": 0}, {"index": 1}]},
    {"vectors": []},
]


@pytest.mark.parametrize("body", BAD_VECTORS)
def test_vectors_that_do_not_fit_are_a_protocol_error(body: Any) -> None:
    async def ask() -> ErrorKind:
        async with Server([Answer([orjson.dumps(body)], content_type="application/json")]) as server:
            with pytest.raises(VendorError) as caught:
                await vendor_for("openai_compatible").embed(
                    server.endpoint(), EmbeddingRequest("m", ("a", "b"))
                )
            return caught.value.kind

    assert run(ask()) is ErrorKind.PROTOCOL


def test_vectors_come_in_the_order_of_the_texts() -> None:
    body = {
        "data": [{"index": 1, "embedding": [0, 1]}, {"index": 0, "embedding": [1, 0]}],
        "usage": {"prompt_tokens": 4},
    }

    async def ask() -> list[list[float]]:
        async with Server([Answer([orjson.dumps(body)], content_type="application/json")]) as server:
            request = EmbeddingRequest("m", ("a", "b"), dimensions=2)
            result = await vendor_for("openai_compatible").embed(server.endpoint(), request)
            assert orjson.loads(server.requests[0].body)["dimensions"] == 2
            return result.vectors

    assert run(ask()) == [[1.0, 0.0], [0.0, 1.0]]


def test_registry_rows_are_whole() -> None:
    assert {"openai_compatible", "builtin", "extractive"} <= set(VENDORS)
    for slug, vendor in VENDORS.items():
        assert vendor.slug == slug
        assert vendor.label
        if isinstance(vendor, OpenAICompatible):
            assert [field.name for field in vendor.fields][:2] == ["base_url", "api_key"]
            assert vendor.fields[1].secret
