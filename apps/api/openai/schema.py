"""The OpenAPI description of /v1: the parts of OpenAI's protocol that are served."""

from __future__ import annotations

from typing import Any, Final

from apps.api.openai.inputs import (
    MAX_DOCUMENTS,
    MAX_INPUT_LENGTH,
    MAX_PICTURES,
    MAX_PROMPT_LENGTH,
    PICTURE_OPTIONS,
)

_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": "string", "nullable": True},
                "code": {"type": "string", "nullable": True},
            },
        }
    },
}
_ERRORS: Final = {
    "400": "A parameter is wrong or not supported; `param` names it.",
    "401": "The API key is mistyped, expired or revoked.",
    "403": "The API key lacks the scope.",
    "404": "No such model for the key's team.",
    "413": "The body is larger than 5 MB.",
    "429": "A limit was reached: wait Retry-After seconds.",
    "502": "The provider failed.",
    "503": "A part is away: try again after Retry-After seconds.",
    "504": "The provider did not answer in time.",
}
_MESSAGE: Final = {
    "type": "object",
    "required": ["role"],
    "properties": {
        "role": {"type": "string", "enum": ["system", "developer", "user", "assistant", "tool"]},
        "content": {"description": "A string, or parts of type text, image_url (data: URL) or file."},
        "tool_calls": {"type": "array", "items": {"type": "object"}},
        "tool_call_id": {"type": "string"},
    },
}
_CHAT: Final = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string"},
        "messages": {"type": "array", "items": _MESSAGE, "minItems": 1},
        "stream": {"type": "boolean"},
        "stream_options": {"type": "object", "properties": {"include_usage": {"type": "boolean"}}},
        "n": {"type": "integer", "enum": [1]},
        "temperature": {"type": "number", "minimum": 0, "maximum": 2},
        "top_p": {"type": "number", "minimum": 0, "maximum": 1},
        "max_tokens": {"type": "integer", "minimum": 1},
        "max_completion_tokens": {"type": "integer", "minimum": 1},
        "stop": {
            "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 4}]
        },
        "seed": {"type": "integer"},
        "tools": {"type": "array", "items": {"type": "object"}, "maxItems": 128},
        "tool_choice": {"description": "auto, none, required, or one function."},
        "response_format": {"type": "object"},
        "reasoning_effort": {"type": "string"},
    },
}
_EMBEDDING: Final = {
    "type": "object",
    "required": ["model", "input"],
    "properties": {
        "model": {"type": "string"},
        "input": {
            "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 256}]
        },
        "dimensions": {"type": "integer", "minimum": 1},
        "encoding_format": {"type": "string", "enum": ["float", "base64"]},
    },
}
_IMAGE: Final = {
    "type": "object",
    "required": ["model", "prompt"],
    "properties": {
        "model": {"type": "string"},
        "prompt": {"type": "string", "maxLength": MAX_PROMPT_LENGTH},
        "n": {"type": "integer", "minimum": 1, "maximum": MAX_PICTURES},
        "size": {"type": "string", "description": "auto, or WIDTHxHEIGHT in pixels."},
        "response_format": {"type": "string", "enum": ["b64_json"]},
        **{
            name: {"type": "string", "description": "Passed on to the model's host."}
            for name in sorted(PICTURE_OPTIONS - {"output_compression"})
        },
        "output_compression": {"type": "integer", "minimum": 0, "maximum": 100},
    },
}
_IMAGES: Final = {
    "type": "object",
    "required": ["created", "data"],
    "properties": {
        "created": {"type": "integer"},
        "data": {
            "type": "array",
            "items": {"type": "object", "properties": {"b64_json": {"type": "string", "format": "byte"}}},
        },
        "usage": {"type": "object", "description": "Only where the host counted tokens."},
    },
}
_RERANK: Final = {
    "type": "object",
    "required": ["model", "query", "documents"],
    "properties": {
        "model": {"type": "string"},
        "query": {"type": "string", "maxLength": MAX_INPUT_LENGTH},
        "documents": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_DOCUMENTS,
            "items": {"description": "A string, or an object with its `text`."},
        },
        "top_n": {"type": "integer", "minimum": 1},
        "return_documents": {"type": "boolean", "default": False},
    },
}
_RANKING: Final = {
    "type": "object",
    "required": ["id", "object", "model", "results"],
    "properties": {
        "id": {"type": "string"},
        "object": {"type": "string", "enum": ["list"]},
        "model": {"type": "string"},
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "relevance_score"],
                "properties": {
                    "index": {"type": "integer", "minimum": 0},
                    "relevance_score": {"type": "number"},
                    "document": {"type": "object", "properties": {"text": {"type": "string"}}},
                },
            },
        },
        "usage": {"type": "object", "description": "Only where the host counted tokens."},
        "meta": {"type": "object", "description": "`billed_units.search_units`, where the host counts them."},
    },
}
_ANY: Final = {"schema": {"type": "object"}}


def error(status: str, text: str = "") -> dict[str, Any]:
    """What an operation says of this status."""
    return {"description": text or _ERRORS[status], "content": {"application/json": {"schema": _ERROR}}}


def operation(
    name: str, summary: str, body: dict[str, Any] | None, answers: dict[str, Any]
) -> dict[str, Any]:
    """An operation with OpenAI's errors."""
    errors = {
        status: error(status) for status in _ERRORS if body is not None or status in {"401", "403", "503"}
    }
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": ["openai"],
        "security": [{"apiKey": []}],
        "responses": {"200": {"description": "", "content": answers}, **errors},
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


_ONE_MODEL: Final = operation("openai_model", "One of them.", None, {"application/json": _ANY})
OPENAI_PATHS: Final = {
    "/v1/models": {
        "get": operation("openai_models", "What the key's team may call.", None, {"application/json": _ANY})
    },
    "/v1/models/{model_id}": {
        "get": _ONE_MODEL
        | {
            "parameters": [
                {"in": "path", "name": "model_id", "required": True, "schema": {"type": "string"}}
            ],
            "responses": _ONE_MODEL["responses"] | {"404": error("404")},
        }
    },
    "/v1/chat/completions": {
        "post": operation(
            "openai_chat_completions",
            "An answer, whole or as a stream of server-sent events.",
            _CHAT,
            {"application/json": _ANY, "text/event-stream": {"schema": {"type": "string"}}},
        )
    },
    "/v1/embeddings": {
        "post": operation("openai_embeddings", "Vectors for texts.", _EMBEDDING, {"application/json": _ANY})
    },
    "/v1/images/generations": {
        "post": operation(
            "openai_images_generations",
            "Pictures for words, as base64; nothing is kept.",
            _IMAGE,
            {"application/json": {"schema": _IMAGES}},
        )
    },
    "/v1/rerank": {
        "post": operation(
            "openai_rerank",
            "Documents in the order of their worth for a query.",
            _RERANK,
            {"application/json": {"schema": _RANKING}},
        )
    },
}
