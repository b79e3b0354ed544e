"""Embeddings through InvokeModel: each maker's model has a body of its own."""

from collections.abc import Iterator
from typing import Any

import orjson

from apps.llm.vendors.base import EmbeddingRequest, ErrorKind
from apps.llm.vendors.errors import error
from apps.llm.vendors.event_json import mapping

COHERE_BATCH = 96


def bodies_of(request: EmbeddingRequest) -> Iterator[bytes]:
    """One body for each call that the texts need: Titan takes one text a call, Cohere 96."""
    if "cohere." in request.model:
        for start in range(0, len(request.texts), COHERE_BATCH):
            yield orjson.dumps(_cohere(request, request.texts[start : start + COHERE_BATCH]))
        return
    for text in request.texts:
        body: dict[str, Any] = {"inputText": text}
        if request.dimensions is not None and "embed-text-v1" not in request.model:
            body["dimensions"] = request.dimensions
        yield orjson.dumps(body)


def vectors_of(answer: object) -> list[list[float]]:
    """The vectors of one answer; raises VendorError (protocol)."""
    said = mapping(answer)
    found: Any = said.get("embeddings", [said["embedding"]] if "embedding" in said else None)
    if isinstance(found, dict):
        found = found.get("float")
    try:
        return [[float(value) for value in vector] for vector in found]
    except (TypeError, ValueError):
        raise error(ErrorKind.PROTOCOL, detail="a vector cannot be read") from None


def _cohere(request: EmbeddingRequest, texts: tuple[str, ...]) -> dict[str, Any]:
    purpose = "search_query" if request.purpose == "query" else "search_document"
    body: dict[str, Any] = {"texts": list(texts), "input_type": purpose, "truncate": "END"}
    if "embed-v4" in request.model:
        body["embedding_types"] = ["float"]
        if request.dimensions is not None:
            body["output_dimension"] = request.dimensions
    return body
