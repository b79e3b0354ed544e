"""Amazon Bedrock: Converse, its lists of models, and embeddings, signed by us or with an API key."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from apps.llm.vendors.base import (
    ChatRequest,
    Delta,
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    ListedModel,
    Modality,
    Usage,
    VendorError,
)
from apps.llm.vendors.bedrock.body import converse_body
from apps.llm.vendors.bedrock.embeddings import bodies_of, vectors_of
from apps.llm.vendors.bedrock.events import ConverseEvents
from apps.llm.vendors.bedrock.eventstream import EventStreamParser
from apps.llm.vendors.bedrock.model_list import models_of
from apps.llm.vendors.bedrock.signing import Credentials, signed_headers
from apps.llm.vendors.errors import error
from apps.llm.vendors.event_json import count, mapping
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
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts, Vendor, VendorInfo

DEFAULT_REGION = "us-east-1"
MOST_PAGES = 10
CALLS_AT_ONCE = 4
_COUNT_HEADER = "x-amzn-bedrock-input-token-count"
_REGION = re.compile(r"\bbedrock(?:-runtime)?(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
_PASTED = re.compile(r"^((?:AKIA|ASIA)[A-Z0-9]{12,}):([^:]+)(?::(.+))?$")


class Bedrock(Vendor):
    """Every maker's models in one's own AWS account."""

    slug = "bedrock"
    label = "Amazon Bedrock"
    base_url = f"https://bedrock-runtime.{DEFAULT_REGION}.amazonaws.com"
    key_page = "https://console.aws.amazon.com/bedrock/home#/api-keys"
    modalities = frozenset({Modality.CHAT, Modality.EMBEDDING})
    info = VendorInfo(
        weights="mixed",
        hosting="hosted",
        region="the AWS region of the address",
        note="Newer models are called by the id of an inference profile, such as eu.anthropic.claude….",
        docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html",
    )

    @property
    def fields(self) -> tuple[Field, ...]:
        """What the form asks for."""
        return (
            Field(
                "base_url",
                "Base URL",
                "With your region in its name, such as bedrock-runtime.eu-central-1.amazonaws.com.",
                kind="url",
                required=True,
                default=self.base_url,
            ),
            Field(
                "api_key",
                "Bedrock API key, or secret access key",
                "Stored sealed, sent or used for signing to this address only.",
                required=True,
                secret=True,
            ),
            Field("access_key_id", "Access key ID", "Only with a secret access key; empty for an API key."),
            Field(
                "region", "Region", "Only where the address does not name it: a private endpoint, a proxy."
            ),
            Field(
                "cache_prompts",
                "Mark prompts for the host's cache",
                "Only for models with prompt caching; long chats get cheaper.",
                kind="boolean",
                default="no",
            ),
        )

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one ConverseStream call; nothing is retried here."""
        events = ConverseEvents(request.model, endpoint.api_key)

        def call() -> Call:
            body = converse_body(request, cache=endpoint.settings.get("cache_prompts") == "yes")
            events.answer_tool = body.answer_tool
            return _call(endpoint, f"model/{quote(request.model, safe=':')}/converse-stream", body.data)

        return stream_call(endpoint, call, events, timeouts, EventStreamParser())

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts, a few calls at once where a model takes one text a call."""
        places = asyncio.Semaphore(CALLS_AT_ONCE)
        path = f"model/{quote(request.model, safe=':')}/invoke"

        async def one(body: bytes) -> tuple[list[list[float]], int]:
            async with places:
                answer = await fetch_call(endpoint, _call(endpoint, path, body), LONG_TOTAL_SECONDS)
            said = _json(answer.body)
            told = {name.lower(): value for name, value in answer.headers.items()}.get(_COUNT_HEADER, "")
            tokens = int(told) if told.isdecimal() else count(mapping(said).get("inputTextTokenCount"))
            return vectors_of(said), tokens

        tasks = [asyncio.ensure_future(one(body)) for body in bodies_of(request)]
        try:
            answers = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        vectors = [vector for found, _ in answers for vector in found]
        if len(vectors) != len(request.texts) or len({len(vector) for vector in vectors}) > 1:
            detail = f"{len(vectors)} vectors for {len(request.texts)} texts"
            raise error(ErrorKind.PROTOCOL, detail=detail)
        tokens = sum(taken for _, taken in answers)
        return EmbeddingResult(vectors, Usage(tokens, 0) if tokens else None, request.model)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """Foundation models and inference profiles; a key that may not list the profiles sees the models."""
        control = replace(endpoint, base_url=endpoint.base_url.replace("bedrock-runtime", "bedrock", 1))
        foundation = await fetch_json(control, _call(control, "foundation-models"))
        try:
            profiles = await _profiles(control)
        except VendorError as refused:
            if refused.kind not in {ErrorKind.AUTHENTICATION, ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST}:
                raise
            profiles = []
        return models_of(foundation, profiles)

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models, which needs a valid key."""
        await self.list_models(endpoint)


async def _profiles(control: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token = ""
    for _ in range(MOST_PAGES):
        query = urlencode({"maxResults": 1000, **({"nextToken": token} if token else {})})
        page = mapping(await fetch_json(control, _call(control, f"inference-profiles?{query}")))
        rows = page.get("inferenceProfileSummaries")
        found += [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        token = str(page.get("nextToken") or "")
        if not token:
            break
    return found


def _call(endpoint: Endpoint, path: str, body: bytes | None = None) -> Call:
    url = f"{base_of(endpoint)}/{path}"
    headers = {"Content-Type": JSON_TYPE}
    credentials = _credentials(endpoint)
    if isinstance(credentials, str):
        return Call(url, {**headers, "Authorization": f"Bearer {credentials}"}, body)
    method = "GET" if body is None else "POST"
    signed = signed_headers(method, url, body or b"", _region(endpoint), credentials)
    return Call(url, headers | signed, body)


def _credentials(endpoint: Endpoint) -> Credentials | str:
    """An API key as it is; an access key from its two fields, or pasted as ID:SECRET or ID:SECRET:TOKEN."""
    key = key_of(endpoint)
    key_id = endpoint.settings.get("access_key_id", "").strip()
    if key_id:
        return Credentials(key_id, key)
    pasted = _PASTED.match(key)
    return Credentials(pasted[1], pasted[2], pasted[3] or "") if pasted else key


def _region(endpoint: Endpoint) -> str:
    named = _REGION.search(endpoint.base_url)
    return endpoint.settings.get("region", "").strip() or (named[1] if named else DEFAULT_REGION)


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise error(ErrorKind.PROTOCOL, detail="the answer is not JSON") from None
