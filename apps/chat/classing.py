"""The data class of a conversation: the highest of what was sent in it; it stays until a lead lowers it.

What a lead has looked at and lowered (`class_waived`: documents with the class that each had) raises it no
more, unless a document has meanwhile got a higher one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from apps.audit.services import record
from apps.chat.models import Conversation
from apps.guardrails.classes import DataClass
from apps.knowledge.classing import SOURCES_CLASSED, Classed
from apps.llm.clearances.reaching import models_named
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from uuid import UUID

    from apps.tenants.postgresql.statements import Done, Values

LONGEST_WHY: Final = 300

_RAISE: Final = Statement("""
UPDATE chat_conversation SET data_class = %(data_class)s, class_why = %(why)s
WHERE tenant_id = %(tenant)s AND id = %(conversation)s AND coalesce(data_class, 0) < %(data_class)s
""")
_NOW: Final = Statement(f"""
SELECT NULL::uuid, c.class_why, c.data_class, c.class_waived FROM chat_conversation c
WHERE c.tenant_id = %(tenant)s AND c.id = %(conversation)s
UNION ALL
SELECT w.id, w.title, w.data_class, NULL::jsonb FROM ({SOURCES_CLASSED}) w
""")  # noqa: S608 - our own text, every value is a parameter


class Source(Protocol):
    """A document, or a passage of one, whose words go to a model."""

    @property
    def document_id(self) -> UUID: ...

    @property
    def title(self) -> str: ...

    @property
    def data_class(self) -> DataClass: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """A conversation's class, in a sentence who or what gave it that, and what a lead has let pass."""

    data_class: DataClass | None = None
    why: str = ""
    waived: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, data_class: int | None, why: str, waived: Mapping[str, int]) -> Standing:
        """As its row keeps it."""
        return cls(DataClass(data_class) if data_class else None, why, waived)

    def with_sources(self, sources: Iterable[Source]) -> Standing:
        """The standing once these are sent too."""
        found = self
        for source in sources:
            is_let_pass = source.data_class <= self.waived.get(str(source.document_id), 0)
            if not is_let_pass and source.data_class > (found.data_class or 0):
                why = f"The document “{source.title[:200]}” is {source.data_class.slug}."
                found = Standing(source.data_class, why, self.waived)
        return found


UNCLASSED: Final = Standing()


def standing_call(conversation_id: UUID, sources: Collection[UUID]) -> tuple[Statement, Values]:
    """The statement that reads what the conversation, its files and these documents are now."""
    return _NOW, {
        "tenant": current_tenant_id(),
        "conversation": conversation_id,
        "sources": list(sources),
    }


def standing_read(done: Done) -> tuple[DataClass | None, str]:
    """The class of all of that, and the words why; raises KeyError for a class that is none."""
    kept, documents = UNCLASSED, []
    for id_, text, data_class, waived in done.rows:
        if id_ is None:
            let_pass = orjson.loads(waived) if isinstance(waived, str | bytes) else waived
            kept = Standing.of(data_class, text, let_pass)
        else:
            documents.append(Classed(id_, text, DataClass(data_class)))
    found = kept.with_sources(documents)
    return found.data_class, found.why


def conversation_raise(conversation_id: UUID, data_class: DataClass, why: str) -> bool:
    """Give the conversation that class where its own is lower; in a scope. Whether it was raised."""
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "conversation": conversation_id,
        "data_class": int(data_class),
        "why": why[:LONGEST_WHY],
    }
    if not execute(_RAISE, values).count:
        return False
    record(
        actor=None,
        action="data_class.raised",
        target_type="conversation",
        target_id=conversation_id,
        after={"data_class": data_class.slug},
        detail={"reason": why[:LONGEST_WHY]},
    )
    return True


def class_of(conversation_id: UUID) -> DataClass | None:
    """The class that the conversation has now; in a scope."""
    found = Conversation.objects.filter(id=conversation_id).values_list("data_class", flat=True).first()
    return DataClass(found) if found else None


def class_keep(conversation_id: UUID, sent: Standing, model_ids: Collection[UUID]) -> None:
    """Keep the class of what goes to one of these models before it goes; in a scope.

    Where none of them may receive it nothing will be sent, and the conversation stays as it was.
    """
    wanted = sent.data_class
    if wanted is not None and any(model.data_class >= wanted for model in models_named(model_ids).values()):
        conversation_raise(conversation_id, wanted, sent.why)
