"""Vectors from Google: batchEmbedContents at AI Studio, predict at Vertex."""

from collections.abc import Iterator
from typing import Any

import orjson

from apps.llm.vendors.base import EmbeddingRequest, EmbeddingResult, ErrorKind, Usage
from apps.llm.vendors.embeddings import assert_fits
from apps.llm.vendors.errors import error

GEMINI_BATCH = 100
_VERTEX_BATCH = 250
_PURPOSES = {"query": "RETRIEVAL_QUERY", "passage": "RETRIEVAL_DOCUMENT"}


def gemini_body(model: str, request: EmbeddingRequest, texts: tuple[str, ...]) -> bytes:
    """The body of batchEmbedContents for at most 100 texts; `model` is its path, models/…"""
    settings: dict[str, Any] = {"model": model, "taskType": _PURPOSES[request.purpose]}
    if request.dimensions is not None:
        settings["outputDimensionality"] = request.dimensions
    return orjson.dumps({"requests": [settings | {"content": {"parts": [{"text": text}]}} for text in texts]})


def vertex_body(request: EmbeddingRequest, texts: tuple[str, ...]) -> bytes:
    """The body of predict."""
    parameters: dict[str, Any] = {"autoTruncate": False}
    if request.dimensions is not None:
        parameters["outputDimensionality"] = request.dimensions
    task = _PURPOSES[request.purpose]
    instances = [{"content": text, "task_type": task} for text in texts]
    return orjson.dumps({"instances": instances, "parameters": parameters})


def batches(texts: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    """The texts in pieces that one call takes."""
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def vertex_batch(model: str) -> int:
    """How many texts one call of predict takes: Gemini's embedding models take one."""
    return 1 if model.startswith("gemini-") else _VERTEX_BATCH


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
    """Vectors and tokens of predict; raises VendorError (protocol)."""
    rows = answer.get("predictions") if isinstance(answer, dict) else None
    try:
        found = [row["embeddings"] for row in rows or []]
        vectors = [[float(value) for value in row["values"]] for row in found]
        counts = [int((row.get("statistics") or {}).get("token_count", 0)) for row in found]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unreadable() from None
    return vectors, sum(counts)


def result_of(request: EmbeddingRequest, vectors: list[list[float]], tokens: int) -> EmbeddingResult:
    """The result; raises VendorError (protocol) when a vector is missing or not like the others."""
    assert_fits(vectors, request)
    return EmbeddingResult(vectors, Usage(tokens, 0) if tokens else None, request.model)


def _unreadable() -> Exception:
    return error(ErrorKind.PROTOCOL, detail="a vector cannot be read")
