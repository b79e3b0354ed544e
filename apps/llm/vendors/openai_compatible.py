"""Hosts that speak OpenAI's chat completions, embeddings and model list, on the egress session itself."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

import orjson

from apps import egress
from apps.egress import EgressFailed, EgressRefused, Fetched, Limits, Response
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
from apps.llm.vendors.chat_stream import read_stream
from apps.llm.vendors.embeddings import embedding_body, embedding_result
from apps.llm.vendors.errors import error, error_of_failure, error_of_refusal, error_of_response
from apps.llm.vendors.model_list import models_of

OK = 200
SHORT_TOTAL_SECONDS = 20.0
EMBEDDING_TOTAL_SECONDS = 120.0
ERROR_BODY_BYTES = 256 * 1024
ERROR_BODY_SECONDS = 10.0
_JSON = "application/json"
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
        limits = Limits(connect=timeouts.connect, headers=min(timeouts.first_token, timeouts.total))

        async def opened() -> Response:
            return await self._open(endpoint, "chat/completions", body, limits)

        return read_stream(opened, ChatEvents(request.model, endpoint.api_key), timeouts)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts, whether the host sends floats or base64."""
        body = embedding_body(request)
        answer = await self._fetch(endpoint, "embeddings", body, EMBEDDING_TOTAL_SECONDS)
        return embedding_result(_parsed(answer), request)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """The host's list, in its order."""
        return models_of(_parsed(await self._fetch(endpoint, "models", None, SHORT_TOTAL_SECONDS)))

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models; where anyone may see it, also for an answer from no model at all."""
        await self.list_models(endpoint)
        if not self.lists_without_key:
            return
        try:
            await self._fetch(endpoint, "chat/completions", _PROBE, SHORT_TOTAL_SECONDS)
        except VendorError as refused:
            if refused.kind not in {ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST}:
                raise

    async def _open(self, endpoint: Endpoint, path: str, body: bytes, limits: Limits) -> Response:
        """An answer of status 200, its body unread; raises VendorError."""
        try:
            session = egress.session_for(endpoint)
            url = _url(endpoint, path)
            headers = self._headers(endpoint)
            answer = await session.open("POST", url, headers=headers, body=body, limits=limits)
        except EgressRefused as refused:
            raise error_of_refusal(refused) from None
        except EgressFailed as failed:
            raise error_of_failure(failed) from None
        if answer.status == OK:
            return answer
        raise error_of_response(answer.status, answer.headers, await _error_body(answer), endpoint.api_key)

    async def _fetch(self, endpoint: Endpoint, path: str, body: bytes | None, total: float) -> Fetched:
        """A whole answer of status 200; raises VendorError."""
        try:
            session = egress.session_for(endpoint)
            url = _url(endpoint, path)
            answer = await egress.fetch(session, url, headers=self._headers(endpoint), body=body, total=total)
        except EgressRefused as refused:
            raise error_of_refusal(refused) from None
        except EgressFailed as failed:
            raise error_of_failure(failed) from None
        if answer.status == OK:
            return answer
        raise error_of_response(answer.status, answer.headers, answer.body, endpoint.api_key)

    def _dialect(self, endpoint: Endpoint) -> Dialect:
        if endpoint.settings.get("usage_option", "yes") == "no":
            return replace(self.dialect, usage_option=False)
        return self.dialect

    def _headers(self, endpoint: Endpoint) -> dict[str, str]:
        headers = {"Content-Type": _JSON}
        key = endpoint.api_key.strip()
        if not (key.isascii() and (key.isprintable() or not key)):
            raise error(ErrorKind.AUTHENTICATION, detail="the key holds characters that no key has")
        if key:
            headers[self.dialect.auth_header] = self.dialect.auth_prefix + key
        return headers


def _url(endpoint: Endpoint, path: str) -> str:
    """The base URL with `path`; a base that was pasted with its call path is taken as meant."""
    base = endpoint.base_url.strip().rstrip("/").removesuffix("/chat/completions")
    return f"{base}/{path}"


async def _error_body(answer: Response) -> bytes:
    """As much of an error's body as comes within ten seconds."""
    body = b""
    try:
        async with asyncio.timeout(ERROR_BODY_SECONDS):
            while len(body) < ERROR_BODY_BYTES and (chunk := await answer.next_chunk()):
                body += chunk
    except (EgressFailed, TimeoutError):
        pass
    finally:
        answer.close()
    return body


def _parsed(answer: Fetched) -> object:
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise error(ErrorKind.PROTOCOL, detail="the answer is not JSON") from None
