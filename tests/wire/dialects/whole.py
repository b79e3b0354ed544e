"""Answers that come whole, scores and pictures, as their hosts really send them.

Sources: docs.cohere.com/reference/rerank; tools/server/README.md of llama.cpp (/v1/rerank); TEI's
OpenAPI (/rerank, error_type); platform.openai.com/docs/api-reference/images; platform.stability.ai/docs.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from apps.llm.vendors.base import (
    ErrorKind,
    ImagePart,
    ImageRequest,
    ImageResult,
    RerankRequest,
    RerankResult,
    Usage,
)
from apps.llm.vendors.interface import Endpoint, Vendor
from apps.llm.vendors.registry import vendor_for
from tests.wire.dialects.cohere import DIALECTS as COHERE
from tests.wire.dialects.dialect import Failure
from tests.wire.replay import Answer

JSON = "application/json"
PNG = b"\x89PNG\r\n\x1a\n"
WEBP = b"RIFF\x00\x00\x00\x00WEBP"
DOCUMENTS = ("one", "two", "three")
SCORES = [(2, 0.98), (0, 0.25)]
K = ErrorKind


@dataclass(frozen=True, slots=True)
class Whole:
    """One adapter's dialect for one kind of call: what `ask` makes of `answer` is `result`."""

    name: str
    vendor: Vendor
    ask: Callable[[Vendor, Endpoint], Awaitable[object]]
    path: str
    answer: Answer = field(repr=False)
    result: object = field(repr=False)
    failures: tuple[Failure, ...] = field(repr=False)


def ranks(model: str) -> Callable[[Vendor, Endpoint], Awaitable[object]]:
    return lambda vendor, at: vendor.rerank(at, RerankRequest(model, "what?", DOCUMENTS, top=2))


def paints(model: str) -> Callable[[Vendor, Endpoint], Awaitable[object]]:
    return lambda vendor, at: vendor.generate_images(at, ImageRequest(model, "a cat", "1024x1024"))


def said(body: Any, status: int = 200, **headers: str) -> Answer:
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer([orjson.dumps(body)], status, JSON, sent)


def shaped(status: int, **error: Any) -> Answer:
    """An error in OpenAI's shape."""
    return said({"error": {"message": "the host's own words", "type": None, "code": None} | error}, status)


def tei(status: int, kind: str) -> Answer:
    return said({"error": "the host's own words", "error_type": kind}, status)


def stable(status: int, name: str, **headers: str) -> Answer:
    return said({"id": "1", "name": name, "errors": ["the host's own words"]}, status, **headers)


ROWS = [{"index": 2, "relevance_score": 0.98}, {"index": 0, "relevance_score": 0.25}]
LLAMA_ROWS = [*reversed(ROWS), {"index": 1, "relevance_score": -4.5}]
SHAPED = (
    Failure("key", shaped(401, code="invalid_api_key"), K.AUTHENTICATION),
    Failure("model", shaped(404, code="model_not_found"), K.NOT_FOUND),
    Failure("rate", Answer([b"{}"], 429, JSON, (("retry-after", "9"),)), K.RATE_LIMIT, 9.0),
    Failure("quota", shaped(429, code="insufficient_quota", type="insufficient_quota"), K.QUOTA),
    Failure("broken", shaped(500, type="server_error"), K.SERVER),
    Failure("down", shaped(503, type="unavailable_error"), K.UNAVAILABLE),
    Failure("bad", shaped(400, type="invalid_request_error"), K.BAD_REQUEST),
)
WHOLES = (
    Whole(
        "cohere-rerank",
        vendor_for("cohere"),
        ranks("rerank-v4.0-fast"),
        "/v1/rerank",
        said({"id": "1", "results": ROWS, "meta": {"billed_units": {"search_units": 1}}}),
        RerankResult(SCORES, None, "rerank-v4.0-fast", searches=1),
        tuple(failure for failure in COHERE[0].failures if failure.answer.status != 200),
    ),
    Whole(
        "llama_cpp-rerank",
        vendor_for("llama_cpp"),
        ranks("bge-reranker"),
        "/v1/rerank",
        said(
            {
                "model": "bge-reranker-v2-m3",
                "object": "list",
                "usage": {"prompt_tokens": 51, "total_tokens": 51},
                "results": LLAMA_ROWS,
            }
        ),
        RerankResult(SCORES, Usage(51, 0), "bge-reranker-v2-m3"),
        (*SHAPED, Failure("off", shaped(501, code=501, type="not_supported_error"), K.BAD_REQUEST)),
    ),
    Whole(
        "tei-rerank",
        vendor_for("tei"),
        ranks("bge-reranker"),
        "/rerank",
        said([{"index": 2, "score": 0.98}, {"index": 0, "score": 0.25}, {"index": 1, "score": 0.01}]),
        RerankResult(SCORES, None, "bge-reranker"),
        (
            Failure("busy", tei(429, "Overloaded"), K.RATE_LIMIT),
            Failure("form", tei(422, "Validation"), K.BAD_REQUEST),
            Failure("large", tei(413, "Validation"), K.CONTEXT_OVERFLOW),
            Failure("model", tei(424, "Backend"), K.SERVER),
            Failure("sick", tei(503, "Unhealthy"), K.UNAVAILABLE),
        ),
    ),
    Whole(
        "openai-images",
        vendor_for("openai"),
        paints("gpt-image-1"),
        "/v1/images/generations",
        said(
            {
                "created": 1,
                "data": [{"b64_json": b64encode(PNG).decode()}, {"b64_json": b64encode(WEBP).decode()}],
                "usage": {
                    "input_tokens": 9,
                    "input_tokens_details": {"image_tokens": 0, "text_tokens": 9},
                    "output_tokens": 272,
                    "total_tokens": 281,
                },
            }
        ),
        ImageResult((ImagePart("image/png", PNG), ImagePart("image/webp", WEBP)), Usage(9, 272)),
        (
            *SHAPED,
            Failure(
                "moderated",
                shaped(400, code="moderation_blocked", type="image_generation_user_error"),
                K.CONTENT_FILTER,
            ),
            Failure("policy", shaped(400, code="content_policy_violation"), K.CONTENT_FILTER),
            Failure("hard_limit", shaped(400, code="billing_hard_limit_reached"), K.QUOTA),
        ),
    ),
    Whole(
        "stability-images",
        vendor_for("stability"),
        paints("core"),
        "/v2beta/stable-image/generate/core",
        said({"image": b64encode(PNG).decode(), "finish_reason": "SUCCESS", "seed": 7}),
        ImageResult((ImagePart("image/png", PNG),)),
        (
            Failure("key", stable(401, "unauthorized"), K.AUTHENTICATION),
            Failure("credit", stable(402, "payment_required"), K.QUOTA),
            Failure("moderated", stable(403, "content_moderation"), K.CONTENT_FILTER),
            Failure("rate", stable(429, "rate_limit_exceeded", retry_after="9"), K.RATE_LIMIT, 9.0),
            Failure("bad", stable(400, "bad_request"), K.BAD_REQUEST),
            Failure("broken", stable(500, "internal_error"), K.SERVER),
        ),
    ),
)
