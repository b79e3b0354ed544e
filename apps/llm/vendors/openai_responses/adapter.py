"""Hosts of OpenAI's Responses API; chat completions stay selectable, and serve what Responses lacks."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson

from apps.llm.vendors.base import ChatRequest, Delta
from apps.llm.vendors.dialect import Dialect
from apps.llm.vendors.http import Call, stream_call
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Timeouts
from apps.llm.vendors.moderations import is_moderator
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.openai_responses.body import LEAST_OUTPUT_TOKENS, responses_body
from apps.llm.vendors.openai_responses.events import ResponsesEvents
from apps.llm.vendors.openai_responses.habits import OPENAI, Habits, of_family, refused_settings
from apps.llm.vendors.openai_words import PENALTIES

RESPONSES = "responses"
_PROBE = orjson.dumps(
    {"model": "atrium-check", "input": "ping", "max_output_tokens": LEAST_OUTPUT_TOKENS, "store": False}
)
_FAMILIES = frozenset({"reasoning", "plain"})


@dataclass(frozen=True)
class OpenAIResponses(OpenAICompatible):
    """A host that serves POST /responses beside the rest of OpenAI's API.

    The setting `api` chooses; a request with stop sequences, a seed or penalties, which Responses does not
    take, goes to chat completions when its model takes them there.
    """

    habits: Habits = field(default=OPENAI)
    api: str = RESPONSES
    responses_path: str = "responses"

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; nothing is retried here."""
        if not self._is_for_responses(endpoint, request):
            return super().stream(endpoint, request, timeouts)
        body = orjson.dumps(self._body(endpoint, request), default=dict)
        events = ResponsesEvents(request.model, endpoint.api_key, self._habits(endpoint).host)
        return stream_call(
            endpoint, lambda: self._call(endpoint, self.responses_path, body), events, timeouts
        )

    def _body(self, endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
        summaries = endpoint.settings.get("summaries") == "yes"
        return responses_body(request, self._habits(endpoint), summaries=summaries)

    def _probe(self, endpoint: Endpoint) -> Call:
        if not self._has_responses(endpoint):
            return super()._probe(endpoint)
        return self._call(endpoint, self.responses_path, _PROBE)

    def _has_responses(self, endpoint: Endpoint) -> bool:
        return (endpoint.settings.get("api") or self.api) == RESPONSES

    def _is_for_responses(self, endpoint: Endpoint, request: ChatRequest) -> bool:
        if not self._has_responses(endpoint) or is_moderator(request.model):
            return False
        wants_more = bool(request.stop) or request.seed is not None or not PENALTIES.isdisjoint(request.extra)
        return not wants_more or self._habits(endpoint).reasons(request.model)

    def _habits(self, endpoint: Endpoint) -> Habits:
        del endpoint
        return self.habits

    def _dialect(self, endpoint: Endpoint) -> Dialect:
        """Chat completions, without what the model's family refuses."""
        habits = self._habits(endpoint)
        refused = partial(refused_settings, habits)
        return replace(super()._dialect(endpoint), refused=refused, efforts=habits.efforts)


@dataclass(frozen=True)
class AzureOpenAI(OpenAIResponses):
    """A resource of Azure OpenAI or AI Foundry: models are deployments, the key has a header of its own.

    A deployment's name need not tell its model's family: the setting `family` does.
    """

    def _habits(self, endpoint: Endpoint) -> Habits:
        family = endpoint.settings.get("family", "")
        return of_family(self.habits, reasons=family == "reasoning") if family in _FAMILIES else self.habits

    def _url(self, endpoint: Endpoint, path: str) -> str:
        url = super()._url(endpoint, path)
        version = endpoint.settings.get("api_version", "").strip()
        return f"{url}?{urlencode({'api-version': version})}" if version else url

    def _headers(self, endpoint: Endpoint) -> dict[str, str]:
        headers = super()._headers(endpoint)
        if endpoint.settings.get("auth") == "entra" and self.dialect.auth_header in headers:
            headers["Authorization"] = f"Bearer {headers.pop(self.dialect.auth_header)}"
        return headers
