"""Google Gemini at AI Studio."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import quote

from apps.llm.vendors.base import ChatRequest, Delta, EmbeddingRequest, EmbeddingResult, ListedModel, Modality
from apps.llm.vendors.google import embeddings, models
from apps.llm.vendors.google.body import generate_body
from apps.llm.vendors.google.events import GeminiEvents
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

_BASE = "https://generativelanguage.googleapis.com/v1beta"
_INFO = VendorInfo(
    weights="closed",
    note="What is sent with a key of the free tier may be used by Google; with a paid one it may not.",
    docs="https://ai.google.dev/gemini-api/docs",
)


@dataclass(frozen=True, slots=True)
class Gemini(Vendor):
    """Gemini with an API key of AI Studio."""

    slug: str = "google"
    label: str = "Google Gemini"
    key_page: str = "https://aistudio.google.com/apikey"
    info: VendorInfo = _INFO
    modalities: frozenset[Modality] = frozenset({Modality.CHAT, Modality.EMBEDDING})

    @property
    def fields(self) -> tuple[Field, ...]:
        """Address and key."""
        return (
            Field("base_url", "Base URL", "Ends in /v1beta.", kind="url", required=True, default=_BASE),
            Field("api_key", "Key", "Stored sealed, sent to this address only.", required=True, secret=True),
        )

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; nothing is retried here."""
        path = f"{_model_path(request.model)}:streamGenerateContent?alt=sse"
        body = generate_body(request)
        events = GeminiEvents(request.model, endpoint.api_key)
        return stream_call(endpoint, lambda: _call(endpoint, path, body), events, timeouts)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts, a hundred in a call."""
        path = _model_path(request.model)
        vectors: list[list[float]] = []
        tokens = 0
        for texts in embeddings.batches(request.texts, embeddings.GEMINI_BATCH):
            body = embeddings.gemini_body(path, request, texts)
            call = _call(endpoint, f"{path}:batchEmbedContents", body)
            answer = await fetch_json(endpoint, call, LONG_TOTAL_SECONDS)
            vectors += embeddings.gemini_vectors(answer)
            tokens += embeddings.gemini_usage(answer)
        return embeddings.result_of(request, vectors, tokens)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """What the key may use, all pages."""
        found: list[ListedModel] = []
        token = ""
        for _ in range(models.MOST_PAGES):
            page = f"&pageToken={quote(token)}" if token else ""
            answer = await fetch_json(endpoint, _call(endpoint, f"models?pageSize=1000{page}"))
            listed, token = models.gemini_page(answer)
            found += listed
            if not token:
                break
        return found

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models, which nobody sees without a key."""
        await self.list_models(endpoint)


def _model_path(model: str) -> str:
    """models/NAME, or the path of a tuned model as it is."""
    path = model if "/" in model else f"models/{model}"
    return quote(path, safe="/")


def _call(endpoint: Endpoint, path: str, body: bytes | None = None) -> Call:
    headers = {"Content-Type": JSON_TYPE, "x-goog-api-key": key_of(endpoint)}
    return Call(f"{base_of(endpoint, '/models')}/{path}", headers, body)
