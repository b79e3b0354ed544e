"""Google Vertex AI: Gemini's dialect under a project and a location, as a service account or with a key."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from apps.egress import Limits, Response
from apps.llm.vendors.base import (
    ChatRequest,
    Delta,
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    ListedModel,
    Modality,
    VendorError,
)
from apps.llm.vendors.chat_stream import read_stream
from apps.llm.vendors.errors import error
from apps.llm.vendors.google import embeddings, models
from apps.llm.vendors.google.body import generate_body
from apps.llm.vendors.google.events import GeminiEvents
from apps.llm.vendors.google.service_account import (
    access_token,
    account_of,
    forget_token,
    is_service_account,
)
from apps.llm.vendors.http import (
    JSON_TYPE,
    LONG_TOTAL_SECONDS,
    Call,
    base_of,
    fetch_json,
    key_of,
    open_call,
)
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts, Vendor, VendorInfo

_VERSION = "v1beta1"
_AT_ONCE = 8
_NO_PROJECT = (
    "The connection names no project of Google Cloud. Nothing was sent. An admin should enter its id."
)
_FIELDS = (
    Field(
        "base_url",
        "Base URL",
        "For another location than global: https://LOCATION-aiplatform.googleapis.com",
        kind="url",
        required=True,
        default="https://aiplatform.googleapis.com",
    ),
    Field(
        "project",
        "Project id",
        "Empty: the project of the service account; with an API key of express mode there is none.",
    ),
    Field("location", "Location", "Such as europe-west4; must fit the address.", default="global"),
    Field(
        "api_key",
        "Service account, or key",
        "The JSON of a service account with the role Vertex AI User, whole, or an API key. Stored sealed.",
        required=True,
        secret=True,
    ),
)
_INFO = VendorInfo(
    weights="closed",
    region="where the location says; global: anywhere",
    note="A service account's key is only signed with here; Google's token service gets the signature.",
    docs="https://cloud.google.com/vertex-ai/generative-ai/docs",
)


@dataclass(frozen=True, slots=True)
class Vertex(Vendor):
    """Gemini in a customer's own project of Google Cloud."""

    slug: str = "vertex"
    label: str = "Google Vertex AI"
    key_page: str = "https://console.cloud.google.com/iam-admin/serviceaccounts"
    info: VendorInfo = _INFO
    modalities: frozenset[Modality] = frozenset({Modality.CHAT, Modality.EMBEDDING})

    @property
    def fields(self) -> tuple[Field, ...]:
        """Address, project, location, key."""
        return _FIELDS

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; a token is fetched first where none is kept."""
        body = generate_body(request)
        limits = Limits(connect=timeouts.connect, headers=min(timeouts.first_token, timeouts.total))

        async def opened() -> Response:
            url = f"{_model_url(endpoint, request.model)}:streamGenerateContent?alt=sse"
            try:
                signed, headers = await _authorised(endpoint)
                return await open_call(signed, Call(url, headers, body), limits)
            except VendorError as refused:
                _give_up_token(endpoint, refused)
                raise

        return read_stream(opened, GeminiEvents(request.model, endpoint.api_key), timeouts)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts; models that take few texts in a call get eight calls at once."""
        place = _model_url(endpoint, request.model)
        pieces = list(embeddings.batches(request.texts, embeddings.vertex_batch(request.model)))
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(texts: tuple[str, ...]) -> object:
            async with places:
                method, body = embeddings.vertex_call(request, texts)
                return await _fetch(endpoint, f"{place}:{method}", body, LONG_TOTAL_SECONDS)

        answers = await asyncio.gather(*(one(texts) for texts in pieces))
        read = [embeddings.vertex_vectors(answer) for answer in answers]
        vectors = [vector for found, _ in read for vector in found]
        return embeddings.result_of(request, vectors, sum(tokens for _, tokens in read))

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """Google's own models in the Model Garden, all pages."""
        found: list[ListedModel] = []
        token = ""
        for _ in range(models.MOST_PAGES):
            page = f"&pageToken={quote(token)}" if token else ""
            url = f"{_base(endpoint)}/publishers/google/models?pageSize=300{page}"
            listed, token = models.vertex_page(await _fetch(endpoint, url))
            found += listed
            if not token:
                break
        return found

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models, as the service account."""
        await self.list_models(endpoint)


async def _fetch(endpoint: Endpoint, url: str, body: bytes | None = None, total: float = 20.0) -> object:
    try:
        signed, headers = await _authorised(endpoint)
        return await fetch_json(signed, Call(url, headers, body), total)
    except VendorError as refused:
        _give_up_token(endpoint, refused)
        raise


async def _authorised(endpoint: Endpoint) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint with what the host sees as its key, and the headers that carry it."""
    headers = {"Content-Type": JSON_TYPE}
    if not is_service_account(endpoint.api_key):
        return endpoint, headers | {"x-goog-api-key": key_of(endpoint)}
    token = await access_token(endpoint)
    return replace(endpoint, api_key=token), headers | {"Authorization": f"Bearer {token}"}


def _give_up_token(endpoint: Endpoint, refused: VendorError) -> None:
    if refused.kind is ErrorKind.AUTHENTICATION and is_service_account(endpoint.api_key):
        forget_token(endpoint)


def _base(endpoint: Endpoint) -> str:
    """The address with a version: what an admin types is mostly the host alone."""
    base = base_of(endpoint)
    return base if urlsplit(base).path else f"{base}/{_VERSION}"


def _model_url(endpoint: Endpoint, model: str) -> str:
    """Of a model of Google's, or of the path of another (an endpoint, another publisher's model)."""
    path = model if "/" in model else f"publishers/google/models/{model}"
    return f"{_base(endpoint)}{_place(endpoint)}/{quote(path, safe='/')}"


def _place(endpoint: Endpoint) -> str:
    project = endpoint.settings.get("project", "").strip()
    if is_service_account(endpoint.api_key):
        project = project or account_of(endpoint.api_key).project
        if not project:
            raise error(ErrorKind.NOT_FOUND, message=_NO_PROJECT, detail="no project")
    if not project:
        return ""
    location = endpoint.settings.get("location", "").strip() or "global"
    return f"/projects/{quote(project, safe=':')}/locations/{quote(location, safe='')}"
