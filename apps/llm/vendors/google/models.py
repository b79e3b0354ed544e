"""Google's lists of models, page by page."""

import re
from collections.abc import Mapping
from typing import Any

from apps.llm.vendors.base import ErrorKind, ListedModel, Modality
from apps.llm.vendors.errors import error

MOST_PAGES = 20
_BY_METHOD = (
    ("generateContent", Modality.CHAT),
    ("embedContent", Modality.EMBEDDING),
    ("predict", Modality.IMAGE),
    ("predictLongRunning", Modality.IMAGE),
    ("bidiGenerateContent", Modality.SPEECH),
)
_SPEECH = re.compile(r"-tts|native-audio|-live\b")
_IMAGE = re.compile(r"-image\b|-image-|imagen|nano-banana")
_ON_VERTEX = re.compile(r"^(?:gemini-|imagen-|text-embedding-|text-multilingual-embedding-)")


def gemini_page(answer: object) -> tuple[list[ListedModel], str]:
    """Models of one page, and the next page's token; what has no method of today is left out."""
    found = []
    for row in _rows(answer, "models"):
        name = str(row.get("name", "")).removeprefix("models/")
        methods = row.get("supportedGenerationMethods") or row.get("supportedActions") or []
        modality = next((modality for method, modality in _BY_METHOD if method in methods), None)
        if name and modality is not None:
            window = row.get("inputTokenLimit")
            found.append(ListedModel(name, _by_name(name, modality), window if _counts(window) else None))
    return found, _next_page(answer)


def vertex_page(answer: object) -> tuple[list[ListedModel], str]:
    """Google's own models out of one page of the Model Garden, and the next page's token."""
    found = []
    for row in _rows(answer, "publisherModels"):
        name = str(row.get("name", "")).rpartition("/models/")[2]
        if _ON_VERTEX.search(name):
            modality = Modality.EMBEDDING if "embedding" in name else Modality.CHAT
            found.append(ListedModel(name, _by_name(name, modality)))
    return found, _next_page(answer)


def _by_name(name: str, modality: Modality) -> Modality:
    if _SPEECH.search(name):
        return Modality.SPEECH
    return Modality.IMAGE if _IMAGE.search(name) else modality


def _rows(answer: object, name: str) -> list[Mapping[str, Any]]:
    """The rows of a page; a page without the name is an empty one, as Google leaves out what is empty."""
    rows = answer.get(name, []) if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise error(ErrorKind.PROTOCOL, detail="no list of models in the answer")
    return [row for row in rows if isinstance(row, dict)]


def _next_page(answer: object) -> str:
    token = answer.get("nextPageToken") if isinstance(answer, dict) else ""
    return token if isinstance(token, str) else ""


def _counts(value: object) -> bool:
    return isinstance(value, int) and value > 0
