"""Reranking as vLLM, llama.cpp, Together and Jina share it, and as Hugging Face TEI has it."""

import math
from typing import Any

import orjson

from apps.llm.vendors.base import ErrorKind, RerankRequest, RerankResult
from apps.llm.vendors.errors import error
from apps.llm.vendors.usage import usage_of


def rerank_body(request: RerankRequest) -> bytes:
    """POST /v1/rerank of llama.cpp (tools/server/README.md) and vLLM."""
    body: dict[str, Any] = {
        "model": request.model,
        "query": request.query,
        "documents": list(request.documents),
    }
    if request.top is not None:
        body["top_n"] = request.top
    return orjson.dumps(body)


def tei_body(request: RerankRequest) -> bytes:
    """POST /rerank of Text Embeddings Inference: one model, so it is not named; too long texts are cut."""
    return orjson.dumps(
        {"query": request.query, "texts": list(request.documents), "raw_scores": False, "truncate": True}
    )


def rerank_result(answer: object, request: RerankRequest) -> RerankResult:
    """Scores from the best down, `top` at most; raises VendorError (protocol) when they do not fit."""
    rows: object = answer
    usage, model = None, request.model
    if isinstance(answer, dict):
        rows = answer.get("results", answer.get("data"))
        usage = usage_of(answer["usage"]) if isinstance(answer.get("usage"), dict) else None
        model = str(answer.get("model") or model)
    if not isinstance(rows, list) or not rows:
        raise error(ErrorKind.PROTOCOL, detail="no scores in the answer")
    scores = sorted((_score(row, len(request.documents)) for row in rows), key=lambda pair: -pair[1])
    if len({index for index, _ in scores}) != len(scores):
        raise error(ErrorKind.PROTOCOL, detail="a document has two scores")
    return RerankResult(scores[: request.top], usage, model)


def _score(row: object, documents: int) -> tuple[int, float]:
    if isinstance(row, dict):
        index, score = row.get("index"), row.get("relevance_score", row.get("score"))
        if isinstance(index, int) and isinstance(score, int | float) and _fits(index, documents, score):
            return index, float(score)
    raise error(ErrorKind.PROTOCOL, detail="a score cannot be read")


def _fits(index: int, documents: int, score: float) -> bool:
    return 0 <= index < documents and math.isfinite(score)
