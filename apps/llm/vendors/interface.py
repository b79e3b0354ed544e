"""What every vendor is: the way from the values of `base` to a protocol, and what its connections need."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal
from uuid import UUID

from apps.egress import Allowed
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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A tenant's host and key; `allowed` is what the operator granted this tenant."""

    base_url: str
    api_key: str = field(repr=False)
    settings: Mapping[str, str]
    tenant_id: UUID
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, to the first content, between contents, in all (design/security.md, section 2)."""

    connect: float = 5.0
    first_token: float = 120.0
    idle: float = 60.0
    total: float = 1800.0


DEFAULT_TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a connection, so that the admin's form needs no knowledge of vendors."""

    name: str
    label: str
    help: str = ""
    kind: Literal["text", "url", "boolean", "choice"] = "text"
    required: bool = False
    default: str = ""
    secret: bool = False
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class VendorInfo:
    """What an admin should know before choosing: whose weights, whose machines, where; `retired` says
    what to use instead, and `instead` holds the slugs of that. `checked` is when the row's shape was held
    against the maker's own pages (an ISO date), empty where it rests on recordings or others' word."""

    weights: Literal["open", "closed", "mixed"] = "mixed"
    hosting: Literal["hosted", "own", "both"] = "hosted"
    region: str = ""
    retired: str = ""
    note: str = ""
    docs: str = ""
    checked: str = ""
    instead: tuple[str, ...] = ()


class Vendor(ABC):
    """One way to speak to model hosts. Stateless: an instance serves every tenant, thread and loop."""

    slug: str
    label: str
    key_page: str
    info: VendorInfo = VendorInfo()
    modalities: frozenset[Modality] = frozenset({Modality.CHAT})
    needs_connection: ClassVar[bool] = True

    @property
    @abstractmethod
    def fields(self) -> tuple[Field, ...]:
        """What a connection's form asks for."""

    @abstractmethod
    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas, Finished as the last; raises VendorError. To close the generator closes the socket."""

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """A vector for each text; raises VendorError."""
        del endpoint, request
        raise _not_offered("embeddings")

    async def generate_images(self, endpoint: Endpoint, request: ImageRequest) -> ImageResult:
        """Pictures for words; raises VendorError."""
        del endpoint, request
        raise _not_offered("pictures")

    async def rerank(self, endpoint: Endpoint, request: RerankRequest) -> RerankResult:
        """Documents in the order of their worth for a query; raises VendorError."""
        del endpoint, request
        raise _not_offered("reranking")

    @abstractmethod
    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """What the host offers; raises VendorError."""

    @abstractmethod
    async def check(self, endpoint: Endpoint) -> None:
        """Return when host and key work; raise VendorError with what to do when not."""


def _not_offered(what: str) -> VendorError:
    message = f"This provider offers no {what} here. Nothing was sent. Choose a model of another provider."
    return VendorError(ErrorKind.BAD_REQUEST, message, detail=f"the adapter has no {what}")
