"""Cohere's list of models, page by page; each row says which endpoints take the model."""

from apps.llm.vendors.base import ErrorKind, ListedModel, Modality
from apps.llm.vendors.errors import error

MOST_PAGES = 20
_BY_ENDPOINT = (("chat", Modality.CHAT), ("rerank", Modality.RERANK), ("embed", Modality.EMBEDDING))


def cohere_page(answer: object) -> tuple[list[ListedModel], str]:
    """Models of one page, and the next page's token; what is deprecated or only classifies is left out."""
    rows = answer.get("models") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(rows, list):
        raise error(ErrorKind.PROTOCOL, detail="no list of models in the answer")
    found = []
    for row in rows:
        if not isinstance(row, dict) or row.get("is_deprecated"):
            continue
        endpoints = row.get("endpoints") or []
        modality = next((modality for name, modality in _BY_ENDPOINT if name in endpoints), None)
        name, window = row.get("name"), row.get("context_length")
        if modality is not None and name and isinstance(name, str):
            counted = int(window) if isinstance(window, int | float) and window > 0 else None
            found.append(ListedModel(name, modality, counted))
    token = answer.get("next_page_token")
    return found, token if isinstance(token, str) else ""
