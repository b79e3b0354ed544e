"""What the OpenAPI schema says of every operation alike, and of /v1, which is not made of DRF views."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from apps.api.openai.schema import OPENAI_PATHS
from apps.api.openai.stores.schema import STORE_PATHS

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOutput"}}}
_ALWAYS: Final = {
    "401": "Not signed in, or the API key is mistyped, expired or revoked.",
    "403": "Known, but not allowed: a scope, a role or the CSRF token is missing.",
    "503": "A part is away: try again after Retry-After seconds.",
}
_WITH_WORDS: Final = {
    "400": "A field, a parameter or the JSON is wrong. Nothing was saved.",
    "404": "Something that the call names does not exist, or not for the caller.",
}
_WITH_CHANGE: Final = {"409": "It does not fit the present state. Nothing was changed."}
_WITH_BODY: Final = {
    "413": "More than fits; the answer says what does.",
    "415": "This kind of content is not read.",
    "422": "The Idempotency-Key was used with another body.",
    "429": "Too fast or over a budget: wait Retry-After seconds.",
}
_PROBLEMS: Final = _ALWAYS | _WITH_WORDS | _WITH_CHANGE | _WITH_BODY
_SECURITY: Final = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key: Settings, API keys."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "atrium_session",
        "description": "The page's session.",
    },
}
_EVENTS: Final = {
    "/api/v1/runs/{run_id}/events": {
        "get": {
            "operationId": "runs_events",
            "summary": "The run's events from a position on, as server-sent events; 204 once all was seen.",
            "parameters": [
                {
                    "in": "path", "name": "run_id", "required": True,
                    "schema": {"type": "string", "format": "uuid"},
                },
                {"in": "query", "name": "after", "schema": {"type": "integer", "minimum": 0}},
                {"in": "header", "name": "Last-Event-ID", "schema": {"type": "string"}},
            ],
            "responses": {
                "200": {"description": "", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
                "204": {"description": "The end was seen."},
            },
        }
    }
}  # fmt: skip


def complete(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook: tags, errors and security for all, and the paths of /v1."""
    del generator, request, public
    result["paths"] |= deepcopy(_EVENTS)
    for path, item in result["paths"].items():
        for method in _METHODS:
            if method in item:
                _complete_operation(path, item[method], is_change=method != "get")
    result["paths"] |= OPENAI_PATHS | STORE_PATHS
    result["components"]["responses"] = {
        f"Problem{status}": {"description": description, "content": _PROBLEM}
        for status, description in sorted(_PROBLEMS.items())
    }
    result["components"]["securitySchemes"] = _SECURITY
    result["tags"] = [{"name": name} for name in sorted(_tags(result["paths"]))]
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def _complete_operation(path: str, operation: dict[str, Any], *, is_change: bool) -> None:
    operation["tags"] = [path.removeprefix("/api/v1/").partition("/")[0]]
    operation["security"] = [{"apiKey": []}, {"session": []}]
    errors = dict(_ALWAYS)
    if "requestBody" in operation or "parameters" in operation:
        errors |= _WITH_WORDS
    if is_change:
        errors |= _WITH_CHANGE
    if "requestBody" in operation:
        errors |= _WITH_BODY
    problems = {status: {"$ref": f"#/components/responses/Problem{status}"} for status in errors}
    operation["responses"] = dict(sorted({**operation["responses"], **problems}.items()))


def _tags(paths: dict[str, Any]) -> set[str]:
    return {
        tag
        for item in paths.values()
        for method in _METHODS
        if method in item
        for tag in item[method]["tags"]
    }
