"""Vectors from Google: batchEmbedContents at AI Studio, predict or embedContent at Vertex.

The second generation of Gemini's embeddings takes its task in words, and at Vertex one text in a call.
https://ai.google.dev/gemini-api/docs/embeddings
"""

from collections.abc import Iterator
from typing import Any

import orjson

from apps.llm.vendors.base import EmbeddingRequest, EmbeddingResult, ErrorKind, Usage
from apps.llm.vendors.embeddings import assert_fits
from apps.llm.vendors.errors import error

GEMINI_BATCH = 100
_VERTEX_BATCH = 250
_VERTEX_GEMINI_BATCH = 20
_PURPOSES = {"query": "RETRIEVAL_QUERY", "passage": "RETRIEVAL_DOCUMENT"}
_IN_WORDS = {"query": "task: search result | query: ", "passage": "title: none | text: "}


def gemini_body(model: str, request: EmbeddingRequest, texts: tuple[str, ...]) -> bytes:
    """The body of batchEmbedContents for at most 100 texts; `model` is its path, models/…"""
    return orjson.dumps({"requests": [{"model": model} | _content(request, text) for text in texts]})


def vertex_call(request: EmbeddingRequest, texts: tuple[str, ...]) -> tuple[str, bytes]:
    """The method at Vertex and its body; `texts` are at most `vertex_batch` many."""
    if _is_by_content(request.model):
        return "embedContent", orjson.dumps(_content(request, texts[0]))
    parameters: dict[str, Any] = {"autoTruncate": False}
    if request.dimensions is not None:
        parameters["outputDimensionality"] = request.dimensions
    task = _PURPOSES[request.purpose]
    instances = [{"content": text, "task_type": task} for text in texts]
    return "predict", orjson.dumps({"instances": instances, "parameters": parameters})


def batches(texts: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    """The texts in pieces that one call takes."""
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def vertex_batch(model: str) -> int:
    """How many texts one call at Vertex takes."""
    if _is_by_content(model):
        return 1
    return _VERTEX_GEMINI_BATCH if "gemini" in model else _VERTEX_BATCH


def gemini_vectors(answer: object) -> list[list[float]]:
    """Vectors of batchEmbedContents, or of embedContent; raises VendorError (protocol)."""
    rows = answer.get("embeddings", [answer.get("embedding")]) if isinstance(answer, dict) else None
    try:
        return [[float(value) for value in row["values"]] for row in rows or []]
    except (KeyError, TypeError, ValueError):
        raise _unreadable() from None


def gemini_usage(answer: object) -> int:
    """Tokens of embedContent or batchEmbedContents; 0 where the host counts none."""
    counted = answer.get("usageMetadata") if isinstance(answer, dict) else None
    value = counted.get("promptTokenCount") if isinstance(counted, dict) else None
    return value if isinstance(value, int) else 0


def vertex_vectors(answer: object) -> tuple[list[list[float]], int]:
    """Vectors and tokens of predict or embedContent; raises VendorError (protocol)."""
    if isinstance(answer, dict) and "predictions" not in answer:
        return gemini_vectors(answer), gemini_usage(answer)
    rows = answer.get("predictions") if isinstance(answer, dict) else None
    try:
        found = [row["embeddings"] for row in rows or []]
        vectors = [[float(value) for value in row["values"]] for row in found]
        counts = [int((row.get("statistics") or {}).get("token_count", 0)) for row in found]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unreadable() from None
    return vectors, sum(counts)


def _content(request: EmbeddingRequest, text: str) -> dict[str, Any]:
    """One text as embedContent takes it."""
    in_words = "gemini-embedding-2" in request.model
    said = _IN_WORDS[request.purpose] + text if in_words else text
    body: dict[str, Any] = {"content": {"parts": [{"text": said}]}}
    if not in_words:
        body["taskType"] = _PURPOSES[request.purpose]
    if request.dimensions is not None:
        body["outputDimensionality"] = request.dimensions
    return body


def _is_by_content(model: str) -> bool:
    """Whether Vertex serves the model by embedContent rather than by predict."""
    return "gemini" in model and "gemini-embedding-001" not in model


def result_of(request: EmbeddingRequest, vectors: list[list[float]], tokens: int) -> EmbeddingResult:
    """The result; raises VendorError (protocol) when a vector is missing or not like the others."""
    assert_fits(vectors, request)
    return EmbeddingResult(vectors, Usage(tokens, 0) if tokens else None, request.model)


def _unreadable() -> Exception:
    return error(ErrorKind.PROTOCOL, detail="a vector cannot be read")
