"""The OpenAPI description of /v1/files and /v1/vector_stores."""

from __future__ import annotations

from typing import Any, Final

from apps.api.openai.schema import error, operation
from apps.api.openai.stores.inputs import MOST_FILES, PURPOSES
from apps.knowledge.services import MOST_QUERY

_ANY: Final = {"application/json": {"schema": {"type": "object"}}}
_BYTES: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_PAIRS: Final = {"type": "object", "maxProperties": 16, "nullable": True}
_EXPIRY: Final = {
    "type": "object",
    "nullable": True,
    "required": ["anchor", "days"],
    "properties": {
        "anchor": {"type": "string", "enum": ["last_active_at"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 365},
    },
}
_CHUNKING: Final = {"type": "object", "description": "auto, or static with 75 to 500 tokens."}
_IDS: Final = {"type": "array", "items": {"type": "string"}, "maxItems": MOST_FILES}
_FILE: Final = {
    "type": "object",
    "required": ["file", "purpose"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "purpose": {"type": "string", "enum": list(PURPOSES)},
        "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
        "expires_after[seconds]": {"type": "integer", "minimum": 3600, "maximum": 2592000},
    },
}
_STORE: Final = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 120},
        "description": {"type": "string", "maxLength": 500},
        "file_ids": _IDS,
        "metadata": _PAIRS,
        "expires_after": _EXPIRY,
        "chunking_strategy": _CHUNKING,
    },
}
_CHANGE: Final = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "metadata": _PAIRS, "expires_after": _EXPIRY},
}
_ATTACH: Final = {
    "type": "object",
    "required": ["file_id"],
    "properties": {
        "file_id": {"type": "string"},
        "attributes": _PAIRS,
        "chunking_strategy": _CHUNKING,
    },
}
_BATCH: Final = {
    "type": "object",
    "properties": {
        "file_ids": _IDS,
        "files": {"type": "array", "items": _ATTACH, "maxItems": MOST_FILES},
        "attributes": _PAIRS,
        "chunking_strategy": _CHUNKING,
    },
}
_SEARCH: Final = {
    "type": "object",
    "required": ["query"],
    "properties": {
        "query": {"description": f"A string, or several; {MOST_QUERY} characters together."},
        "filters": {"type": "object", "description": "Comparisons of attributes joined by and, or."},
        "max_num_results": {"type": "integer", "minimum": 1, "maximum": 50},
        "ranking_options": {"type": "object"},
    },
}
_PAGE: Final = ("limit", "order", "after", "before")
_OF_STORE: Final = "/v1/vector_stores/{store_id}"
_OF_FILE: Final = f"{_OF_STORE}/files/{{file_id}}"
_OF_BATCH: Final = f"{_OF_STORE}/file_batches/{{batch_id}}"
_ROWS: Final[tuple[tuple[str, str, str, str, dict[str, Any] | None], ...]] = (
    ("/v1/files", "get", "files_list", "The files that the key's person gave.", None),
    ("/v1/files", "post", "files_create", "Keep a file, to be put into vector stores.", _FILE),
    ("/v1/files/{file_id}", "get", "files_retrieve", "One file.", None),
    ("/v1/files/{file_id}", "delete", "files_delete", "Delete it, also out of its stores.", None),
    ("/v1/files/{file_id}/content", "get", "files_content", "Its bytes.", None),
    ("/v1/vector_stores", "get", "stores_list", "The collections that the person may read.", None),
    ("/v1/vector_stores", "post", "stores_create", "A new private collection.", _STORE),
    (_OF_STORE, "get", "stores_retrieve", "One collection.", None),
    (_OF_STORE, "post", "stores_update", "Rename it, or say something else of it.", _CHANGE),
    (_OF_STORE, "delete", "stores_delete", "Delete it with its documents.", None),
    (f"{_OF_STORE}/search", "post", "stores_search", "The passages that answer best.", _SEARCH),
    (f"{_OF_STORE}/files", "get", "store_files_list", "Its files, `filter` by status.", None),
    (f"{_OF_STORE}/files", "post", "store_files_create", "Have a file read into it.", _ATTACH),
    (_OF_FILE, "get", "store_files_retrieve", "How far a file was read.", None),
    (_OF_FILE, "post", "store_files_update", "Say something else of it.", {"type": "object"}),
    (_OF_FILE, "delete", "store_files_delete", "Take it out.", None),
    (f"{_OF_FILE}/content", "get", "store_files_content", "What was read of it.", None),
    (f"{_OF_STORE}/file_batches", "post", "batches_create", "Have several files read into it.", _BATCH),
    (_OF_BATCH, "get", "batches_retrieve", "How far they are read.", None),
    (f"{_OF_BATCH}/cancel", "post", "batches_cancel", "Hold back what is not read yet.", {"type": "object"}),
    (f"{_OF_BATCH}/files", "get", "batches_files", "The files of a batch.", None),
)


def _paths() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path, method, name, summary, body in _ROWS:
        answers = _BYTES if name == "files_content" else _ANY
        made = operation(f"openai_{name}", summary, body, answers)
        if body is _FILE:
            made["requestBody"]["content"] = {"multipart/form-data": {"schema": _FILE}}
            made["responses"]["415"] = error("415", "This kind of file cannot be read.")
        made["responses"]["404"] = error("404", "It does not exist, or not for the key's person.")
        made["parameters"] = [
            {"in": "path", "name": part[1:-1], "required": True, "schema": {"type": "string"}}
            for part in path.split("/")
            if part.startswith("{")
        ]
        if name.endswith(("_list", "batches_files")):
            made["responses"]["400"] = error("400")
            made["parameters"] += [
                {"in": "query", "name": each, "schema": {"type": "string"}} for each in _PAGE
            ]
        found.setdefault(path, {})[method] = made
    return found


STORE_PATHS: Final = _paths()
