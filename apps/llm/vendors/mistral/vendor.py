"""Mistral."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import orjson

from apps.llm.vendors.base import ChatRequest, Delta, EmbeddingRequest, EmbeddingResult, ListedModel, Modality
from apps.llm.vendors.chat_events import ChatEvents
from apps.llm.vendors.embeddings import embedding_result
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
from apps.llm.vendors.mistral.body import VENDOR, mistral_body
from apps.llm.vendors.mistral.models import mistral_models
from apps.llm.vendors.seals import owner_of

_INFO = VendorInfo(weights="mixed", region="EU", docs="https://docs.mistral.ai/")


@dataclass(frozen=True, slots=True)
class Mistral(Vendor):
    """Mistral's platform, or a customer's own deployment of it."""

    slug: str = VENDOR
    label: str = "Mistral"
    key_page: str = "https://console.mistral.ai/api-keys"
    info: VendorInfo = _INFO
    modalities: frozenset[Modality] = frozenset({Modality.CHAT, Modality.EMBEDDING})

    @property
    def fields(self) -> tuple[Field, ...]:
        """Address and key."""
        default = "https://api.mistral.ai/v1"
        return (
            Field("base_url", "Base URL", "Ends in /v1.", kind="url", required=True, default=default),
            Field("api_key", "Key", "Stored sealed, sent to this address only.", required=True, secret=True),
        )

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; nothing is retried here."""
        body = mistral_body(request)
        owner = owner_of(VENDOR, request.model)
        events = ChatEvents(request.model, endpoint.api_key, owner, keeps_words=True)
        return stream_call(endpoint, lambda: _call(endpoint, "chat/completions", body), events, timeouts)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts; queries and passages are one to Mistral's models."""
        asked: dict[str, Any] = {"model": request.model, "input": list(request.texts)}
        if request.dimensions is not None:
            asked["output_dimension"] = request.dimensions
        call = _call(endpoint, "embeddings", orjson.dumps(asked))
        return embedding_result(await fetch_json(endpoint, call, LONG_TOTAL_SECONDS), request)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """What the key may use, in the host's order."""
        return mistral_models(await fetch_json(endpoint, _call(endpoint, "models")))

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models, which nobody sees without a key."""
        await self.list_models(endpoint)


def _call(endpoint: Endpoint, path: str, body: bytes | None = None) -> Call:
    headers = {"Content-Type": JSON_TYPE, "Authorization": f"Bearer {key_of(endpoint)}"}
    return Call(f"{base_of(endpoint, '/chat/completions')}/{path}", headers, body)
