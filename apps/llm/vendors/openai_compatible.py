"""Hosts that speak OpenAI's chat completions, embeddings and model list, on the egress session itself."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

import orjson

from apps.llm.vendors.base import (
    DEFAULT_TIMEOUTS,
    ChatRequest,
    Delta,
    EmbeddingRequest,
    EmbeddingResult,
    Endpoint,
    ErrorKind,
    Field,
    ListedModel,
    Timeouts,
    Vendor,
    VendorError,
)
from apps.llm.vendors.chat_body import STANDARD, Dialect, chat_body
from apps.llm.vendors.chat_events import ChatEvents
from apps.llm.vendors.embeddings import embedding_body, embedding_result
from apps.llm.vendors.http import (
    JSON_TYPE,
    LONG_TOTAL_SECONDS,
    Call,
    base_of,
    fetch_call,
    fetch_json,
    key_of,
    stream_call,
)
from apps.llm.vendors.model_list import models_of

_PROBE = orjson.dumps(
    {"model": "atrium-check", "messages": [{"role": "user", "content": "ping"}], "max_tokens": 1}
)

KEY_FIELD = Field("api_key", "Key", "Stored sealed, sent to this address only.", secret=True)
OPTIONAL_FIELDS = (
    Field(
        "usage_option",
        "Ask for token counts",
        "Turn off for a host that rejects stream_options; counts are then estimated.",
        kind="boolean",
        default="yes",
    ),
)


@dataclass(frozen=True, slots=True)
class OpenAICompatible(Vendor):
    """A host in OpenAI's shape; a known one is a row of the registry with its base URL and habits."""

    slug: str
    label: str
    base_url: str = ""
    key_page: str = ""
    key_required: bool = False
    dialect: Dialect = STANDARD
    lists_without_key: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """What the form asks for."""
        help_text = "Ends in /v1 for most hosts. A private address needs the operator's permission."
        base = Field("base_url", "Base URL", help_text, kind="url", required=True, default=self.base_url)
        key = Field(KEY_FIELD.name, KEY_FIELD.label, KEY_FIELD.help, required=self.key_required, secret=True)
        return (base, key, *OPTIONAL_FIELDS)

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; nothing is retried here."""
        body = chat_body(request, self._dialect(endpoint))
        events = ChatEvents(request.model, endpoint.api_key)
        return stream_call(endpoint, lambda: self._call(endpoint, "chat/completions", body), events, timeouts)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts, whether the host sends floats or base64."""
        body = embedding_body(request)
        call = self._call(endpoint, "embeddings", body)
        return embedding_result(await fetch_json(endpoint, call, LONG_TOTAL_SECONDS), request)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """The host's list, in its order."""
        return models_of(await fetch_json(endpoint, self._call(endpoint, "models")))

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models; where anyone may see it, also for an answer from no model at all."""
        await self.list_models(endpoint)
        if not self.lists_without_key:
            return
        try:
            await fetch_call(endpoint, self._call(endpoint, "chat/completions", _PROBE))
        except VendorError as refused:
            if refused.kind not in {ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST}:
                raise

    def _dialect(self, endpoint: Endpoint) -> Dialect:
        if endpoint.settings.get("usage_option", "yes") == "no":
            return replace(self.dialect, usage_option=False)
        return self.dialect

    def _call(self, endpoint: Endpoint, path: str, body: bytes | None = None) -> Call:
        """A base that was pasted with its call path is taken as meant."""
        headers = {"Content-Type": JSON_TYPE}
        key = key_of(endpoint)
        if key:
            headers[self.dialect.auth_header] = self.dialect.auth_prefix + key
        return Call(f"{base_of(endpoint, '/chat/completions')}/{path}", headers, body)
