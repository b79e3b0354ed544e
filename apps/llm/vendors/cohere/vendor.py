"""Cohere."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from apps.llm.vendors.base import (
    ChatRequest,
    Delta,
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    ListedModel,
    Modality,
    RerankRequest,
    RerankResult,
    Usage,
)
from apps.llm.vendors.cohere.body import cohere_body
from apps.llm.vendors.cohere.events import CohereEvents
from apps.llm.vendors.cohere.models import MOST_PAGES, cohere_page
from apps.llm.vendors.cohere.usage import billed_input, billed_searches
from apps.llm.vendors.embeddings import assert_fits
from apps.llm.vendors.errors import error
from apps.llm.vendors.http import (
    JSON_TYPE,
    LONG_TOTAL_SECONDS,
    Call,
    base_of,
    fetch_json,
    key_of,
    stream_call,
)
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts, Vendor, VendorInfo

_EMBED_BATCH = 96
_INPUT_TYPES = {"query": "search_query", "passage": "search_document"}
_INFO = VendorInfo(
    weights="mixed",
    note="What is billed is less than what the model reads: Cohere does not charge for its own preamble.",
    docs="https://docs.cohere.com/",
)


@dataclass(frozen=True, slots=True)
class Cohere(Vendor):
    """Cohere's platform, or a private deployment of it."""

    slug: str = "cohere"
    label: str = "Cohere"
    key_page: str = "https://dashboard.cohere.com/api-keys"
    info: VendorInfo = _INFO
    modalities: frozenset[Modality] = frozenset({Modality.CHAT, Modality.EMBEDDING, Modality.RERANK})

    @property
    def fields(self) -> tuple[Field, ...]:
        """Address and key."""
        default = "https://api.cohere.com/v2"
        return (
            Field("base_url", "Base URL", "Ends in /v2.", kind="url", required=True, default=default),
            Field("api_key", "Key", "Stored sealed, sent to this address only.", required=True, secret=True),
        )

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; nothing is retried here."""
        events = CohereEvents(request.model, endpoint.api_key)
        return stream_call(endpoint, lambda: _call(endpoint, "chat", cohere_body(request)), events, timeouts)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts, 96 in a call."""
        vectors: list[list[float]] = []
        tokens = 0
        for start in range(0, len(request.texts), _EMBED_BATCH):
            body = _embed_body(request, request.texts[start : start + _EMBED_BATCH])
            answer = await fetch_json(endpoint, _call(endpoint, "embed", body), LONG_TOTAL_SECONDS)
            vectors += _vectors(answer)
            tokens += billed_input(answer.get("meta")) if isinstance(answer, dict) else 0
        assert_fits(vectors, request)
        return EmbeddingResult(vectors, Usage(tokens, 0) if tokens else None, request.model)

    async def rerank(self, endpoint: Endpoint, request: RerankRequest) -> RerankResult:
        """Documents from the best down; the host counts the searches that it charges for, no tokens."""
        asked: dict[str, Any] = {
            "model": request.model,
            "query": request.query,
            "documents": list(request.documents),
        }
        if request.top is not None:
            asked["top_n"] = request.top
        call = _call(endpoint, "rerank", orjson.dumps(asked))
        answer = await fetch_json(endpoint, call, LONG_TOTAL_SECONDS)
        scores = _scores(answer, len(request.documents))
        meta = answer.get("meta") if isinstance(answer, dict) else None
        return RerankResult(scores, None, request.model, billed_searches(meta))

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """What the key may use, all pages; the list is in the API's first version only."""
        found: list[ListedModel] = []
        token = ""
        for _ in range(MOST_PAGES):
            page = f"&page_token={quote(token)}" if token else ""
            listed, token = cohere_page(await fetch_json(endpoint, _list_call(endpoint, page)))
            found += listed
            if not token:
                break
        return found

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models, which nobody sees without a key."""
        await self.list_models(endpoint)


def _call(endpoint: Endpoint, path: str, body: bytes) -> Call:
    return Call(f"{base_of(endpoint, '/chat')}/{path}", _headers(endpoint), body)


def _list_call(endpoint: Endpoint, page: str) -> Call:
    root = base_of(endpoint, "/chat", "/v2", "/v1")
    return Call(f"{root}/v1/models?page_size=1000{page}", _headers(endpoint))


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"Content-Type": JSON_TYPE, "Authorization": f"Bearer {key_of(endpoint)}"}


def _embed_body(request: EmbeddingRequest, texts: tuple[str, ...]) -> bytes:
    asked: dict[str, Any] = {
        "model": request.model,
        "input_type": _INPUT_TYPES[request.purpose],
        "embedding_types": ["float"],
        "texts": list(texts),
    }
    if request.dimensions is not None:
        asked["output_dimension"] = request.dimensions
    return orjson.dumps(asked)


def _vectors(answer: object) -> list[list[float]]:
    by_type = answer.get("embeddings") if isinstance(answer, dict) else None
    rows = by_type.get("float") if isinstance(by_type, dict) else by_type
    try:
        return [[float(value) for value in row] for row in rows or []]
    except (TypeError, ValueError):
        raise error(ErrorKind.PROTOCOL, detail="a vector cannot be read") from None


def _scores(answer: object, documents: int) -> list[tuple[int, float]]:
    rows = answer.get("results") if isinstance(answer, dict) else None
    try:
        scores = [(int(row["index"]), float(row["relevance_score"])) for row in rows or []]
    except (KeyError, TypeError, ValueError):
        raise error(ErrorKind.PROTOCOL, detail="a score cannot be read") from None
    indexes = {index for index, _ in scores}
    if not scores or len(indexes) < len(scores) or not indexes <= set(range(documents)):
        raise error(ErrorKind.PROTOCOL, detail="scores that do not fit the documents")
    return sorted(scores, key=lambda pair: -pair[1])
