"""Hugging Face Text Embeddings Inference: vectors in OpenAI's shape, reranking in its own."""

from dataclasses import dataclass

from apps.llm.vendors.base import ListedModel, Modality, RerankRequest, RerankResult
from apps.llm.vendors.http import LONG_TOTAL_SECONDS, fetch_json
from apps.llm.vendors.interface import Endpoint
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.rerank import rerank_result, tei_body


@dataclass(frozen=True)
class TextEmbeddingsInference(OpenAICompatible):
    """A server of one model, which serves vectors or scores but no chat."""

    async def rerank(self, endpoint: Endpoint, request: RerankRequest) -> RerankResult:
        """Scores from the best down; the server cuts what is too long."""
        call = self._call(endpoint, "/rerank", tei_body(request))
        return rerank_result(await fetch_json(endpoint, call, LONG_TOTAL_SECONDS), request)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """The one model that the server says it runs (GET /info)."""
        told = await fetch_json(endpoint, self._call(endpoint, "/info"))
        facts = told if isinstance(told, dict) else {}
        kinds = facts.get("model_type")
        is_vectors = isinstance(kinds, dict) and "embedding" in kinds
        window = facts.get("max_input_length")
        name = str(facts.get("model_id") or "model")
        modality = Modality.EMBEDDING if is_vectors else Modality.RERANK
        return [ListedModel(name, modality, window if isinstance(window, int) else None)]

    async def check(self, endpoint: Endpoint) -> None:
        """Ask what the server runs."""
        await self.list_models(endpoint)
