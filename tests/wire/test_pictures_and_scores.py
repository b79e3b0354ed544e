"""Pictures in OpenAI's shape and Stability's, scores of TEI and llama.cpp."""

from base64 import b64encode
from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    EmbeddingRequest,
    ErrorKind,
    ImageRequest,
    ImageResult,
    ListedModel,
    Modality,
    RerankRequest,
    RerankResult,
    Usage,
    VendorError,
)
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.replay import Answer, Request, Server

PNG = b"\x89PNG\r\n\x1a\n"
JSON = "application/json"
PAINTED = {"data": [{"b64_json": b64encode(PNG).decode()}], "usage": {"input_tokens": 9, "output_tokens": 50}}


def answered(body: Any, status: int = 200) -> Answer:
    return Answer([orjson.dumps(body)], status, JSON)


def painted(
    slug: str, request: ImageRequest, *answers: Answer
) -> tuple[ImageResult | VendorError, list[Request]]:
    async def ask() -> tuple[ImageResult | VendorError, list[Request]]:
        async with Server(answers) as server:
            try:
                result: ImageResult | VendorError = await vendor_for(slug).generate_images(
                    server.endpoint("sk-1"), request
                )
            except VendorError as failed:
                result = failed
            return result, server.requests

    return run(ask())


@pytest.mark.parametrize(
    ("model", "encoding"), [("dall-e-3", {"response_format": "b64_json"}), ("gpt-image-1", {})]
)
def test_pictures_in_openais_shape(model: str, encoding: dict[str, str]) -> None:
    request = ImageRequest(model, "a cat", "1024x1024", 2, {"quality": "low", "prompt": "x"})
    result, (sent,) = painted("openai", request, answered(PAINTED))
    assert sent.path == "/v1/images/generations"
    assert orjson.loads(sent.body) == {
        "model": model, "prompt": "a cat", "n": 2, "size": "1024x1024", "quality": "low", **encoding,
    }  # fmt: skip
    assert isinstance(result, ImageResult)
    assert [(image.media_type, image.data) for image in result.images] == [("image/png", PNG)]
    assert result.usage == Usage(9, 50)


@pytest.mark.parametrize(
    "body",
    [
        {"data": []},
        {"data": [{"url": "https://elsewhere.example/x.png"}]},
        {"data": [{"b64_json": "!!"}]},
        {"data": [{"b64_json": b64encode(b"<html>").decode()}]},
        [],
    ],
)
def test_what_is_no_picture_is_a_protocol_error(body: Any) -> None:
    result, requests = painted("openai", ImageRequest("dall-e-3", "a cat"), answered(body))
    assert isinstance(result, VendorError)
    assert (result.kind, len(requests)) == (ErrorKind.PROTOCOL, 1)


STABLE = {"image": b64encode(PNG).decode(), "finish_reason": "SUCCESS", "seed": 7}


@pytest.mark.parametrize(
    ("model", "path", "fields"),
    [
        ("core", "core", {"aspect_ratio": "16:9"}),
        ("ultra", "ultra", {"aspect_ratio": "16:9"}),
        ("sd3.5-large", "sd3", {"aspect_ratio": "16:9", "model": "sd3.5-large"}),
    ],
)
def test_stability_takes_a_form_of_several_parts(model: str, path: str, fields: dict[str, str]) -> None:
    request = ImageRequest(model, "a cat\r\n--x", "1920x1080", 2, {"seed": 7, "output_format": "x"})
    result, requests = painted("stability", request, answered(STABLE))
    assert isinstance(result, ImageResult)
    assert [image.data for image in result.images] == [PNG, PNG]
    sent = requests[0]
    assert sent.path == f"/v2beta/stable-image/generate/{path}"
    assert (sent.headers["authorization"], sent.headers["accept"]) == ("Bearer sk-1", JSON)
    kind, _, boundary = sent.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert parts_of(sent.body, boundary) == {
        "prompt": "a cat\r\n--x", "output_format": "png", "seed": "7", **fields,
    }  # fmt: skip


def parts_of(body: bytes, boundary: str) -> dict[str, str]:
    mark = f"--{boundary}".encode()
    *parts, end = body.split(mark)[1:]
    assert end == b"--\r\n"
    found = {}
    for part in parts:
        head, _, value = part.decode().removeprefix("\r\n").partition("\r\n\r\n")
        found[head.split('name="')[1].rstrip('"')] = value.removesuffix("\r\n")
    return found


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            answered({"id": "1", "name": "content_moderation", "errors": ["flagged"]}, 403),
            ErrorKind.CONTENT_FILTER,
        ),
        (answered(STABLE | {"finish_reason": "CONTENT_FILTERED"}), ErrorKind.CONTENT_FILTER),
        (
            answered({"name": "unauthorized", "errors": ["missing authorization header"]}, 401),
            ErrorKind.AUTHENTICATION,
        ),
        (answered({"name": "payment_required", "errors": ["no credits"]}, 402), ErrorKind.QUOTA),
        (answered({"name": "rate_limit_exceeded", "errors": ["150 in 10 s"]}, 429), ErrorKind.RATE_LIMIT),
        (answered({"name": "invalid", "errors": ["prompt: required"]}, 400), ErrorKind.BAD_REQUEST),
        (answered({"name": "internal_error", "errors": ["oops"]}, 500), ErrorKind.SERVER),
    ],
)
def test_errors_of_stability(answer: Answer, kind: ErrorKind) -> None:
    result, _ = painted("stability", ImageRequest("core", "a cat"), answer)
    assert isinstance(result, VendorError)
    assert result.kind is kind


@pytest.mark.parametrize(
    ("size", "ratio"), [("1024x1024", "1:1"), ("9:16", "9:16"), ("1000x600", "16:9"), ("", None), ("big", "")]
)
def test_sizes_become_ratios(size: str, ratio: str | None) -> None:
    result, requests = painted("stability", ImageRequest("core", "a cat", size), answered(STABLE))
    if ratio == "":
        assert isinstance(result, VendorError)
        assert (result.kind, requests) == (ErrorKind.BAD_REQUEST, [])
        return
    boundary = requests[0].headers["content-type"].partition("boundary=")[2]
    assert parts_of(requests[0].body, boundary).get("aspect_ratio") == ratio


def test_stability_has_no_chat_and_names_its_models_once_the_key_is_taken() -> None:
    async def ask() -> tuple[ErrorKind, list[ListedModel], list[str]]:
        async with Server([answered({"credits": 1.0})]) as server:
            vendor, endpoint = vendor_for("stability"), server.endpoint()
            with pytest.raises(VendorError) as caught:
                async for _ in vendor.stream(endpoint, ASKED, QUICK):
                    pass
            models = await vendor.list_models(endpoint)
            return caught.value.kind, models, [request.path for request in server.requests]

    kind, models, paths = run(ask())
    assert (kind, paths) == (ErrorKind.BAD_REQUEST, ["/v1/user/balance"])
    assert {model.modality for model in models} == {Modality.IMAGE}


QUERY = RerankRequest("bge-reranker", "what?", ("a", "b", "c"), top=2)


def scored(slug: str, body: Any) -> tuple[RerankResult | VendorError, Request]:
    async def ask() -> tuple[RerankResult | VendorError, Request]:
        async with Server([answered(body)]) as server:
            try:
                result: RerankResult | VendorError = await vendor_for(slug).rerank(server.endpoint(), QUERY)
            except VendorError as failed:
                result = failed
            return result, server.requests[0]

    return run(ask())


def test_tei_scores() -> None:
    rows = [{"index": 1, "score": 0.9}, {"index": 2, "score": 0.1}, {"index": 0, "score": 0.5}]
    result, sent = scored("tei", rows)
    assert sent.path == "/rerank"
    assert orjson.loads(sent.body) == {
        "query": "what?", "texts": ["a", "b", "c"], "raw_scores": False, "truncate": True,
    }  # fmt: skip
    assert result == RerankResult([(1, 0.9), (0, 0.5)], None, "bge-reranker")


@pytest.mark.parametrize("slug", ["llama_cpp", "vllm", "openai_compatible"])
def test_scores_in_the_shape_of_llama_cpp(slug: str) -> None:
    rows = [{"index": 0, "relevance_score": -3.5}, {"index": 2, "relevance_score": 4}]
    usage = {"prompt_tokens": 12, "total_tokens": 12}
    result, sent = scored(slug, {"model": "bge", "results": rows, "usage": usage})
    assert sent.path == "/v1/rerank"
    assert orjson.loads(sent.body) == {
        "model": "bge-reranker", "query": "what?", "documents": ["a", "b", "c"], "top_n": 2,
    }  # fmt: skip
    assert result == RerankResult([(2, 4.0), (0, -3.5)], Usage(12, 0), "bge")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"results": [{"index": 3, "relevance_score": 1}]},
        {"results": [{"index": 0, "relevance_score": "x"}]},
        {"results": [{"index": 0, "score": 1}, {"index": 0, "score": 2}]},
        [7],
    ],
)
def test_scores_that_do_not_fit_are_a_protocol_error(body: Any) -> None:
    result, _ = scored("llama_cpp", body)
    assert isinstance(result, VendorError)
    assert result.kind is ErrorKind.PROTOCOL


def test_tei_says_what_it_runs() -> None:
    async def ask() -> tuple[list[ListedModel], str]:
        told = {
            "model_id": "BAAI/bge-reranker-large",
            "model_type": {"reranker": {}},
            "max_input_length": 512,
        }
        async with Server([answered(told)]) as server:
            return await vendor_for("tei").list_models(server.endpoint()), server.requests[0].path

    assert run(ask()) == ([ListedModel("BAAI/bge-reranker-large", Modality.RERANK, 512)], "/info")


@pytest.mark.parametrize(("purpose", "slug"), [("query", "nvidia"), ("passage", "nvidia"), ("query", "qwen")])
def test_nvidia_is_told_what_a_vector_is_for(purpose: Any, slug: str) -> None:
    async def ask() -> dict[str, Any]:
        vectors = {"data": [{"index": 0, "embedding": [1.0]}]}
        async with Server([answered(vectors)]) as server:
            request = EmbeddingRequest("m", ("a",), purpose=purpose)
            await vendor_for(slug).embed(server.endpoint(), request)
            body: dict[str, Any] = orjson.loads(server.requests[0].body)
            return body

    assert run(ask()).get("input_type") == (purpose if slug == "nvidia" else None)


GONE = Answer([b'{"detail": "Not Found"}'], 404, JSON)


@pytest.mark.parametrize(
    ("answers", "kind", "paths"),
    [
        ([GONE, GONE, answered({}, 422)], None, ["models", "chat/completions", "embeddings"]),
        ([GONE, GONE, GONE, answered({}, 400)], None, ["models", "chat/completions", "embeddings", "rerank"]),
        ([GONE, answered({}, 401)], ErrorKind.AUTHENTICATION, ["models", "chat/completions"]),
        (
            [GONE],
            ErrorKind.NOT_FOUND,
            ["models", "chat/completions", "embeddings", "rerank", "images/generations", "images"],
        ),
        ([answered({}, 401)], ErrorKind.AUTHENTICATION, ["models"]),
    ],
)
def test_a_server_without_a_list_is_tested_by_its_calls(
    answers: list[Answer], kind: ErrorKind | None, paths: list[str]
) -> None:
    async def ask() -> tuple[VendorError | None, list[str]]:
        async with Server(answers) as server:
            try:
                await vendor_for("openai_compatible").check(server.endpoint())
            except VendorError as failed:
                return failed, [request.path for request in server.requests]
            return None, [request.path for request in server.requests]

    failed, asked = run(ask())
    assert (failed.kind if failed else None, asked) == (kind, [f"/v1/{path}" for path in paths])
    if kind is ErrorKind.NOT_FOUND:
        assert failed is not None
        assert "Check the end of the base URL" in failed.message
