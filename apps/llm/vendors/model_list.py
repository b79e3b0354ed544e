"""A host's list of models: OpenAI, OpenRouter, Groq, vLLM, llama.cpp, Together, Ollama, Databricks."""

import re
from collections.abc import Mapping
from typing import Any

from apps.llm.vendors.base import ErrorKind, ListedModel, Modality
from apps.llm.vendors.errors import error

_BY_NAME: tuple[tuple[Modality, re.Pattern[str]], ...] = (
    (Modality.RERANK, re.compile(r"rerank", re.IGNORECASE)),
    (Modality.EMBEDDING, re.compile(r"embed|\b(?:bge|e5|gte)-|minilm|voyage", re.IGNORECASE)),
    (
        Modality.SPEECH,
        re.compile(r"whisper|\btts\b|transcribe|realtime|\baudio\b|voxtral|orpheus", re.IGNORECASE),
    ),
    (
        Modality.IMAGE,
        re.compile(r"dall-e|\bimage\b|stable-diffusion|\bflux\b|imagen|\bsora\b", re.IGNORECASE),
    ),
)
_DATABRICKS_EMBEDDING = "llm/v1/embeddings"
_ROWS = ("data", "models", "endpoints")
_WINDOW_NAMES = ("context_window", "context_length", "max_model_len", "max_context_length")


def models_of(answer: object) -> list[ListedModel]:
    """The models in the host's order, each once; raises VendorError (protocol) when it is no list."""
    rows = answer
    if isinstance(answer, dict):
        rows = next((answer[name] for name in _ROWS if name in answer), None)
    if not isinstance(rows, list):
        raise error(ErrorKind.PROTOCOL, detail="no list of models in the answer")
    found: dict[str, ListedModel] = {}
    for row in rows:
        name = row.get("id") or row.get("name") if isinstance(row, dict) else None
        if isinstance(name, str) and name not in found:
            found[name] = ListedModel(name, _modality(name, row), _window(row))
    return list(found.values())


def _modality(name: str, row: Mapping[str, Any]) -> Modality:
    declared = row.get("type") or row.get("task")
    if isinstance(declared, str) and declared in set(Modality):
        return Modality(declared)
    if declared == _DATABRICKS_EMBEDDING:
        return Modality.EMBEDDING
    outputs = _inner(row, "architecture").get("output_modalities")
    if isinstance(outputs, list) and "text" in outputs:
        return Modality.CHAT
    return next((modality for modality, words in _BY_NAME if words.search(name)), Modality.CHAT)


def _window(row: Mapping[str, Any]) -> int | None:
    for source in (row, _inner(row, "meta"), _inner(row, "top_provider")):
        for name in (*_WINDOW_NAMES, "n_ctx_train"):
            value = source.get(name)
            if isinstance(value, int) and value > 0:
                return value
    return None


def _inner(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, dict) else {}
