"""The data class of collections and documents: raised by whoever may change them, lowered by a lead with a
reason. A document has at least its collection's class unless it was lowered so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import Q

from apps.accounts.models import Membership, MembershipRole
from apps.accounts.permissions import can
from apps.audit.services import record
from apps.guardrails.classes import DataClass, highest
from apps.knowledge.admission import CLASSED
from apps.knowledge.models import Document, KnowledgeBase, Visibility
from apps.knowledge.permissions import MANAGE, may_change, may_read
from apps.rest.errors import forbidden, invalid

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from apps.accounts.actors import Actor

LONGEST_REASON: Final = 300
SOURCES_CLASSED: Final = f"""
SELECT v.id, v.title, {CLASSED} AS data_class
FROM unnest(array_cat(%(sources)s::uuid[], ARRAY(
    SELECT a.id FROM knowledge_document a
    WHERE a.tenant_id = %(tenant)s AND a.knowledge_base_id = ANY(ARRAY(
        SELECT k.id FROM knowledge_knowledgebase k
        WHERE k.tenant_id = %(tenant)s AND k.conversation_id = %(conversation)s))))) AS wanted(id)
JOIN LATERAL (SELECT n.id, n.title, n.version_of_id, n.knowledge_base_id FROM knowledge_document n
              WHERE n.tenant_id = %(tenant)s AND n.id = wanted.id OFFSET 0) v ON true
JOIN LATERAL (SELECT n.class_reason, n.data_class FROM knowledge_document n
              WHERE n.tenant_id = %(tenant)s AND n.id = coalesce(v.version_of_id, v.id) OFFSET 0) d ON true
JOIN LATERAL (SELECT k.data_class FROM knowledge_knowledgebase k
              WHERE k.tenant_id = %(tenant)s AND k.id = v.knowledge_base_id OFFSET 0) b ON true
"""  # noqa: S608 - our own text, every value is a parameter
"""What `classed_sources` reads, for a statement: id, title and class of documents and of a chat's files.

By id alone, whatever PostgreSQL knows of the tables: it stands in the way of each call of a chat.
"""


class Classed(NamedTuple):
    """A document and the class that holds for its text."""

    document_id: UUID
    title: str
    data_class: DataClass


def highest_class(document_ids: Collection[UUID]) -> DataClass | None:
    """The highest class of these documents; None where none is left."""
    if not document_ids:
        return None
    rows = Document.objects.select_related("knowledge_base", "version_of").filter(id__in=document_ids)
    return highest(document.held_class for document in rows)


def classed_sources(document_ids: Collection[UUID], conversation_id: UUID | None) -> list[Classed]:
    """These documents and all that were attached in the chat, each with its class of now; in a scope."""
    wanted = Q(id__in=list(document_ids))
    if conversation_id is not None:
        wanted |= Q(knowledge_base__conversation_id=conversation_id)
    rows = Document.objects.select_related("knowledge_base", "version_of").filter(wanted).order_by("id")
    return [Classed(document.id, document.title, document.held_class) for document in rows]


def may_lower(actor: Actor, knowledge_base: KnowledgeBase) -> bool:
    """Who manages knowledge, or a reader who leads a team: one that it is shared with, or, as owner, any."""
    if can(actor, MANAGE):
        return True
    leads = Membership.objects.filter(user_id=actor.user_id, role=MembershipRole.LEAD)
    if knowledge_base.owner_id == actor.user_id:
        return leads.exists()
    shared = knowledge_base.teams.values("team_id")
    is_shared = knowledge_base.visibility == Visibility.TEAMS and leads.filter(team_id__in=shared).exists()
    return is_shared and may_read(actor, knowledge_base)


def base_class_set(
    *, actor: Actor | None, knowledge_base: KnowledgeBase, wanted: DataClass, reason: str = ""
) -> None:
    """Raise the collection's class, or lower it as a lead with a reason; audited. `actor` None: operator.

    Raises ProblemError 403 (not the actor's to change) and 400 (no lead, or no reason).
    """
    locked = KnowledgeBase.objects.select_for_update(no_key=True).get(id=knowledge_base.id)
    now, reason = DataClass(locked.data_class), _clean(reason)
    if wanted == now:
        return
    _refuse_unless_allowed(actor, locked, reason, lowers=wanted < now)
    KnowledgeBase.objects.filter(id=locked.id).update(data_class=wanted)
    knowledge_base.data_class = wanted
    _note(actor, locked, now, wanted, reason)


def document_class_set(
    *, actor: Actor | None, document: Document, wanted: DataClass | None, reason: str = ""
) -> None:
    """Give the document a class of its own, None for its collection's; as `base_class_set` otherwise.

    A class below the collection's needs a lead and a reason also where it is not lower than before.
    """
    locked = Document.objects.select_for_update(of=("self",)).select_related("knowledge_base").get(
        id=document.id
    )  # fmt: skip
    base = locked.knowledge_base
    now, reason = locked.held_class, _clean(reason)
    then = wanted or DataClass(base.data_class)
    is_below = then < base.data_class
    if then == now and wanted == locked.data_class and not is_below:
        return
    _refuse_unless_allowed(actor, base, reason, lowers=is_below or then < now)
    document.data_class = locked.data_class = wanted
    document.class_reason = locked.class_reason = reason if is_below else ""
    Document.objects.filter(id=locked.id).update(data_class=wanted, class_reason=locked.class_reason)
    _note(actor, locked, now, then, reason)


def _refuse_unless_allowed(
    actor: Actor | None, knowledge_base: KnowledgeBase, reason: str, *, lowers: bool
) -> None:
    if not lowers:
        if actor is not None and not may_change(actor, knowledge_base):
            raise forbidden()
        return
    if actor is not None and not may_lower(actor, knowledge_base):
        message = "Only the lead of a team or an administrator may lower it. Ask one. Nothing was changed."
        raise invalid([{"field": "data_class", "message": message}])
    if not reason:
        raise invalid([{"field": "class_reason", "message": "Say why the lower class is right."}])


def _clean(reason: str) -> str:
    return " ".join(reason.split())[:LONGEST_REASON]


def _note(
    actor: Actor | None, target: Document | KnowledgeBase, before: DataClass, after: DataClass, reason: str
) -> None:
    record(
        actor=actor,
        action="data_class.changed",
        target_type="document" if isinstance(target, Document) else "knowledge_base",
        target_id=target.id,
        before={"data_class": before.slug},
        after={"data_class": after.slug},
        detail={"reason": reason} if reason else None,
    )
