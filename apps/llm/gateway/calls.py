"""What goes into the gateway and what it tells afterwards.

A call's `data_class` is the highest of all that is sent with it, None where nothing has one; `class_why` says
in a sentence for people who or what gave it that. `sources` are the documents of a conversation's call: what
they and the conversation have become meanwhile counts too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from apps.guardrails.classes import DataClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from uuid import UUID

    from apps.llm.vendors.base import ChatRequest, ImageRequest, RerankRequest, Usage


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the call is made and counted for. Without a team the grants of Everyone hold."""

    tenant_id: UUID
    team_id: UUID | None = None
    user_id: UUID | None = None
    api_key_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RunRef:
    """The run that makes the call, under the fence that it was claimed with."""

    run_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class ChatCall:
    """One call for an answer. `model_id` decides, not `request.model`. `purpose`: reply, title, api …

    Without `retries` a failure comes back at once: another model stands ready. `instructed`: somebody asks
    the model itself, so that its instructions stand before what is asked. `tools`: the highest class that
    each tool may be given; into the arguments of one that is not named, no masked value comes back.
    `moderates`: a rule itself asks, so that no rule reads it again, and the run is not begun by it.
    `beside`: texts of the same affair that are not sent with it; what rules mask there they mask here.
    """

    who: Caller
    model_id: UUID
    request: ChatRequest
    purpose: str
    run: RunRef | None = None
    conversation_id: UUID | None = None
    data_class: DataClass | None = None
    class_why: str = ""
    sources: frozenset[UUID] = frozenset()
    step: str = ""
    retries: bool = True
    instructed: bool = False
    tools: Mapping[str, DataClass] = field(default_factory=dict)
    moderates: bool = False
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmbedCall:
    """One call for vectors. `side`: a search's query or a document's passage, for models that differ."""

    who: Caller
    model_id: UUID
    texts: tuple[str, ...]
    purpose: str = "embedding"
    side: Literal["query", "passage"] = "passage"
    dimensions: int | None = None
    run: RunRef | None = None
    conversation_id: UUID | None = None
    data_class: DataClass | None = None
    class_why: str = ""
    sources: frozenset[UUID] = frozenset()
    step: str = ""


@dataclass(frozen=True, slots=True)
class RerankCall:
    """One call for the order of documents. `model_id` decides, not `request.model`."""

    who: Caller
    model_id: UUID
    request: RerankRequest
    purpose: str = "rerank"
    run: RunRef | None = None
    conversation_id: UUID | None = None
    data_class: DataClass | None = None
    class_why: str = ""
    sources: frozenset[UUID] = frozenset()
    step: str = ""


@dataclass(frozen=True, slots=True)
class ImageCall:
    """One call for pictures. `model_id` decides, not `request.model`."""

    who: Caller
    model_id: UUID
    request: ImageRequest
    purpose: str = "image"
    run: RunRef | None = None
    conversation_id: UUID | None = None
    data_class: DataClass | None = None
    class_why: str = ""
    sources: frozenset[UUID] = frozenset()
    step: str = ""


def callers_own(request: ChatRequest) -> dict[str, DataClass]:
    """The clearances of tools that the caller runs itself: what it sent may come back to it."""
    return {tool.name: DataClass.RESTRICTED for tool in request.tools}


WholeCall = EmbedCall | RerankCall | ImageCall
AnyCall = ChatCall | WholeCall


@dataclass(slots=True)
class Outcome:
    """What became of a call; whole once its stream has ended. Times in milliseconds, cost None = unknown.

    `notice` says in words that a budget is nearly used.
    """

    call_id: UUID | None = None
    model_slug: str = ""
    model_name: str = ""
    model_answered: str = ""
    finish: str = ""
    usage: Usage | None = None
    cost: Decimal | None = None
    currency: str = ""
    attempts: int = 0
    ms_first: int | None = None
    ms_total: int | None = None
    notice: str = ""
