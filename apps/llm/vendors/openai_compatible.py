"""Hosts that speak OpenAI's chat completions, embeddings and model list, on the egress session itself."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

import orjson
from yarl import URL

from apps.llm.vendors.base import (
    ChatRequest,
    Delta,
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    ImageRequest,
    ImageResult,
    ListedModel,
    Modality,
    RerankRequest,
    RerankResult,
    VendorError,
)
from apps.llm.vendors.chat_body import chat_body
from apps.llm.vendors.chat_events import ChatEvents
from apps.llm.vendors.dialect import STANDARD, Dialect
from apps.llm.vendors.embeddings import embedding_body, embedding_result
from apps.llm.vendors.error_messages import NO_CALLS, NO_LIST
from apps.llm.vendors.errors import error
from apps.llm.vendors.http import (
    JSON_TYPE,
    LONG_TOTAL_SECONDS,
    PICTURE_TOTAL_SECONDS,
    Call,
    base_of,
    fetch_call,
    fetch_json,
    key_of,
    stream_call,
)
from apps.llm.vendors.images import image_body, image_result
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts, Vendor, VendorInfo
from apps.llm.vendors.model_list import models_of
from apps.llm.vendors.moderations import is_moderator, moderation_body, moderation_stream
from apps.llm.vendors.rerank import rerank_body, rerank_result
from apps.llm.vendors.seals import owner_of

_CALLS = ("chat/completions", "embeddings", "rerank", "images/generations", "images")
_EMPTY = b"{}"
_PROBE = orjson.dumps(
    {"model": "atrium-check", "messages": [{"role": "user", "content": "ping"}], "max_tokens": 1}
)

KEY_FIELD = Field("api_key", "Key", "Stored sealed, sent to this address only.", secret=True)
USAGE_FIELD = Field(
    "usage_option",
    "Ask for token counts",
    "Turn off for a host that rejects stream_options; counts are then estimated.",
    kind="boolean",
    default="yes",
)
BASE_HELP = "Ends in /v1 for most hosts. A private address needs the operator's permission."
ALL_MODALITIES = frozenset({Modality.CHAT, Modality.EMBEDDING, Modality.IMAGE, Modality.RERANK})


_PLAIN = VendorInfo()


@dataclass(frozen=True)
class OpenAICompatible(Vendor):
    """A host in OpenAI's shape; a known one is a row of the registry with its base URL and habits.

    `headers` are (setting, header) pairs that go out when the setting has a value. `list_path` is where the
    models stand: below the base URL, below the host when it begins with a slash, nowhere when empty.
    """

    slug: str
    label: str
    base_url: str = ""
    key_page: str = ""
    key_required: bool = False
    dialect: Dialect = STANDARD
    lists_without_key: bool = False
    info: VendorInfo = _PLAIN
    modalities: frozenset[Modality] = ALL_MODALITIES
    more_fields: tuple[Field, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    list_path: str = "models"
    base_help: str = BASE_HELP

    @property
    def fields(self) -> tuple[Field, ...]:
        """What the form asks for."""
        base = Field("base_url", "Base URL", self.base_help, kind="url", required=True, default=self.base_url)
        key = replace(KEY_FIELD, required=self.key_required)
        usage = (USAGE_FIELD,) if self.dialect.usage_option else ()
        return (base, key, *self.more_fields, *usage)

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; nothing is retried here."""
        if is_moderator(request.model):
            body = moderation_body(request)
            return moderation_stream(
                endpoint, lambda: self._call(endpoint, "moderations", body), request, timeouts
            )
        owner = owner_of(self.slug, request.model)
        dialect = self._dialect(endpoint)
        body = chat_body(request, dialect, owner)
        keeps_words = bool(dialect.reasoning_field)
        events = ChatEvents(request.model, endpoint.api_key, owner, keeps_words=keeps_words)
        return stream_call(endpoint, lambda: self._call(endpoint, "chat/completions", body), events, timeouts)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts, whether the host sends floats or base64."""
        dialect = self.dialect
        body = embedding_body(request, dialect.vectors, dialect.purpose_field, shortens=dialect.shortens)
        call = self._call(endpoint, "embeddings", body)
        answer = await fetch_json(endpoint, call, LONG_TOTAL_SECONDS)
        return embedding_result(answer, request, shortens=dialect.shortens)

    async def generate_images(self, endpoint: Endpoint, request: ImageRequest) -> ImageResult:
        """Pictures as bytes; a host that answers with addresses only is refused, they are never fetched."""
        pictures = self.dialect.pictures
        call = self._call(endpoint, pictures.path, image_body(request, pictures))
        return image_result(await fetch_json(endpoint, call, PICTURE_TOTAL_SECONDS))

    async def rerank(self, endpoint: Endpoint, request: RerankRequest) -> RerankResult:
        """Scores from the best down, in the shape that vLLM, llama.cpp and Together share."""
        call = self._call(endpoint, "rerank", rerank_body(request))
        return rerank_result(await fetch_json(endpoint, call, LONG_TOTAL_SECONDS), request)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """The host's list, in its order."""
        if not self.list_path:
            raise error(ErrorKind.NOT_FOUND, message=NO_LIST, detail="this host has no list of models")
        return models_of(await fetch_json(endpoint, self._call(endpoint, self.list_path)))

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models; where anyone may see it, also for an answer from no model at all.

        A server of vectors, scores or pictures alone may have no list: then one of its calls must be there.
        """
        if self.list_path:
            try:
                await self.list_models(endpoint)
            except VendorError as refused:
                if refused.kind is not ErrorKind.NOT_FOUND:
                    raise
                await self._check_calls(endpoint)
                return
            if not self.lists_without_key:
                return
        try:
            await fetch_call(endpoint, self._probe(endpoint))
        except VendorError as refused:
            if refused.kind not in {ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST}:
                raise

    def _probe(self, endpoint: Endpoint) -> Call:
        """A call that proves the key at a host whose list proves nothing; it asks for no model there is."""
        return self._call(endpoint, "chat/completions", _PROBE)

    async def _check_calls(self, endpoint: Endpoint) -> None:
        """Some call answers, if only that an empty request is wrong; raises VendorError when none does."""
        for path in _CALLS:
            try:
                await fetch_call(endpoint, self._call(endpoint, path, _EMPTY))
            except VendorError as refused:
                if refused.kind is ErrorKind.NOT_FOUND:
                    continue
                if refused.kind is not ErrorKind.BAD_REQUEST:
                    raise
            return
        raise error(ErrorKind.NOT_FOUND, message=NO_CALLS, detail="neither a list of models nor a call")

    def _dialect(self, endpoint: Endpoint) -> Dialect:
        if endpoint.settings.get("usage_option", "yes") == "no":
            return replace(self.dialect, usage_option=False)
        return self.dialect

    def _call(self, endpoint: Endpoint, path: str, body: bytes | None = None) -> Call:
        """A base that was pasted with its call path is taken as meant."""
        return Call(self._url(endpoint, path), self._headers(endpoint), body)

    def _url(self, endpoint: Endpoint, path: str) -> str:
        base = base_of(endpoint, "/chat/completions", "/responses")
        if path.startswith("/"):
            return str(URL(base).origin()) + path
        return f"{base}/{path}"

    def _headers(self, endpoint: Endpoint) -> dict[str, str]:
        headers = {"Content-Type": JSON_TYPE}
        key = key_of(endpoint)
        if key:
            headers[self.dialect.auth_header] = self.dialect.auth_prefix + key
        for setting, header in self.headers:
            value = endpoint.settings.get(setting, "").strip()
            if value and value.isascii() and value.isprintable():
                headers[header] = value
        return headers
