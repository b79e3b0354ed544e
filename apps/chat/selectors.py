"""Reads of conversations and messages: always the person's own, in few statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.chat import errors, outputs, parts, rows
from apps.chat.citing import NEAREST
from apps.chat.classing import Standing
from apps.chat.models import (
    Conversation,
    ConversationKnowledgeBase,
    Message,
    MessageRole,
    MessageState,
    Picture,
)
from apps.chat.permissions import visible_conversations
from apps.knowledge import selectors as knowledge
from apps.knowledge.care.freshness import due_dates
from apps.knowledge.narrowing import Narrowing
from apps.knowledge.selectors import visible_knowledge_bases
from apps.llm import selectors as models
from apps.llm.clearances.reaching import models_named
from apps.llm.policy.own import own_default
from apps.llm.routes.selectors import default_route, routes_cleared, routes_for_team
from apps.llm.selectors.picker import cost_of, models_shown
from apps.runs.rows import loaded
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute, execute_last

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import date

    from apps.accounts.actors import Actor
    from apps.guardrails.classes import DataClass
    from apps.knowledge.care.freshness import Due
    from apps.llm.routes.selectors import RouteForTeam
    from apps.llm.selectors.picker import Shown
    from apps.tenants.postgresql.statements import Done

MOST_TURNS = 400
MOST_PINNED = 100

_BRANCH: Final = Statement("""
WITH RECURSIVE branch AS (
  SELECT id, parent_id, role, parts, source_document_ids, 1 AS depth
  FROM chat_message WHERE tenant_id = %(tenant)s AND id = %(last)s
  UNION ALL
  SELECT m.id, m.parent_id, m.role, m.parts, m.source_document_ids, b.depth + 1
  FROM branch b CROSS JOIN LATERAL (
    SELECT * FROM chat_message WHERE tenant_id = %(tenant)s AND id = b.parent_id LIMIT 1
  ) m
  WHERE b.depth < %(most)s
)
SELECT role, parts, source_document_ids FROM branch ORDER BY depth DESC
""")


_LOOKS_IN: Final = Statement("""
SELECT array(SELECT knowledge_base_id FROM chat_conversationknowledgebase
             WHERE tenant_id = %(tenant)s AND conversation_id = %(conversation)s ORDER BY id),
       EXISTS (SELECT 1 FROM knowledge_knowledgebase b
               JOIN knowledge_document d ON d.tenant_id = b.tenant_id AND d.knowledge_base_id = b.id
               WHERE b.tenant_id = %(tenant)s AND b.conversation_id = %(conversation)s),
       c.narrowing, c.data_class, c.class_why, c.class_waived, timezone(s.time_zone, now())::date
FROM (SELECT time_zone FROM accounts_tenantsettings WHERE tenant_id = %(tenant)s) s
LEFT JOIN chat_conversation c ON c.tenant_id = %(tenant)s AND c.id = %(conversation)s
""")


@dataclass(frozen=True, slots=True)
class BranchMessage:
    """A message on the way from the root to a question."""

    role: str
    parts: list[dict[str, Any]]
    source_document_ids: frozenset[str]


class Asked(NamedTuple):
    """The branch up to a question, where its answer is looked up, that answer's own row, and the day.

    `today` is the organisation's, by its own time zone.
    """

    branch: list[BranchMessage]
    knowledge_base_ids: tuple[UUID, ...]
    has_files: bool
    awaited: rows.AwaitedAnswer | None
    narrowing: Narrowing
    standing: Standing
    today: date


def conversation_list(actor: Actor) -> QuerySet[Conversation]:
    """The person's conversations, with `running` for those in which an answer is being written."""
    awaited = Message.objects.filter(conversation_id=OuterRef("id"), state=MessageState.QUEUED)
    return visible_conversations(actor).annotate(running=Exists(awaited))


def conversation_page(
    actor: Actor,
    *,
    is_first: bool,
    page: Callable[[QuerySet[Conversation]], tuple[list[Conversation], str | None]],
) -> tuple[list[Conversation], str | None]:
    """A page of the history; the first one is led by what is pinned, at most a hundred chats."""
    found = conversation_list(actor)
    rows, following = page(found.filter(is_pinned=False))
    pinned = found.filter(is_pinned=True).order_by("-updated_at", "-id")[:MOST_PINNED] if is_first else []
    return [*pinned, *rows], following


def conversation_detail(actor: Actor, conversation: Conversation) -> dict[str, Any]:
    """The conversation with what it looks in: knowledge bases that the person may see, and its files."""
    chosen = visible_knowledge_bases(actor).filter(id__in=knowledge_base_ids(conversation.id))
    conversation.running = has_running_answer(conversation.id)  # type: ignore[attr-defined]  # as conversation_list does
    return outputs.conversation_output(conversation) | {
        "knowledge_bases": [{"id": base.id, "name": base.name} for base in chosen.order_by("name", "id")],
        "files": knowledge.conversation_files(conversation.id),
        "narrowing": conversation.narrowing,
    }


def access_picture(actor: Actor, file_id: UUID) -> Picture:
    """A picture of one of the person's chats, with its file; raises ProblemError 404."""
    found = Picture.objects.filter(file_id=file_id, conversation__in=visible_conversations(actor))
    picture = found.select_related("file").first()
    if picture is None:
        raise errors.not_found()
    return picture


def files_of(messages: Iterable[Message]) -> dict[UUID, dict[str, Any]]:
    """The output of every file that these messages carry; no statement when they carry none."""
    seen = {file_id: None for message in messages for file_id in parts.file_ids(parts.load(message.parts))}
    return knowledge.file_outputs(list(seen)) if seen else {}


def readable_sources(user_id: UUID, messages: Iterable[Message]) -> dict[str, Due | None]:
    """The documents cited or offered that the person may read now, by id, each with the day of its review.

    No statement where none is.
    """
    named = {
        UUID(source) for message in messages for source in (*message.source_document_ids, *_near(message))
    }
    if not named:
        return {}
    readable = due_dates(user_id=user_id, document_ids=list(named))
    return {str(document_id): due for document_id, due in readable.items()}


def _near(message: Message) -> Iterator[str]:
    """The documents that came nearest where nothing was found."""
    for note in message.annotations:
        if note["type"] == NEAREST:
            yield from (document["document_id"] for document in note["documents"])


def access_conversation(actor: Actor, conversation_id: UUID) -> Conversation:
    """The person's conversation; 404 otherwise."""
    conversation = visible_conversations(actor).filter(id=conversation_id).first()
    if conversation is None:
        raise errors.not_found()
    return conversation


def lock_conversation(actor: Actor, conversation_id: UUID) -> Conversation:
    """The person's conversation, locked against other writers; 404 otherwise, as `permissions` has it."""
    conversation = rows.lock_conversation(
        conversation_id=conversation_id, user_id=actor.user_id, team_id=actor.team_id
    )
    if conversation is None:
        raise errors.not_found()
    return conversation


def access_message(actor: Actor, message_id: UUID) -> Message:
    """A message of one of the person's conversations; 404 otherwise."""
    found = Message.objects.filter(id=message_id, conversation__in=visible_conversations(actor))
    message = found.select_related("conversation").first()
    if message is None:
        raise errors.not_found()
    return message


def message_list(conversation_id: UUID) -> QuerySet[Message]:
    """The whole tree, oldest first."""
    return Message.objects.filter(conversation_id=conversation_id).order_by("id")


def message_sent_before(actor: Actor, client_id: UUID) -> Message | None:
    """What the person already sent under this id."""
    return Message.objects.filter(author_id=actor.user_id, client_id=client_id).first()


def first_answer_of(question_id: UUID) -> Message:
    """The answer that was made together with the question."""
    return Message.objects.filter(parent_id=question_id, role=MessageRole.ASSISTANT).order_by("id")[:1].get()


def has_running_answer(conversation_id: UUID) -> bool:
    """Whether an answer is being written."""
    return Message.objects.filter(conversation_id=conversation_id, state=MessageState.QUEUED).exists()


def branch_to(message_id: UUID) -> list[BranchMessage]:
    """The messages from the root to this one, at most the last 400."""
    return _branch(execute(_BRANCH, _branch_of(message_id)))


def asked(*, conversation_id: UUID, question_id: UUID, answer_id: UUID) -> Asked:
    """All that an answer begins with, in one round trip."""
    branch, places, awaited = execute_last(
        (_BRANCH, _branch_of(question_id)),
        (_LOOKS_IN, {"tenant": current_tenant_id(), "conversation": conversation_id}),
        rows.awaiting(answer_id),
    )
    bases, has_files, narrowing, data_class, why, waived, today = places.rows[0]
    narrowed = Narrowing.of(loaded(narrowing) or {})
    standing = Standing.of(data_class, why or "", loaded(waived) or {})
    answer = rows.awaited_of(awaited)
    return Asked(_branch(branch), tuple(bases), has_files, answer, narrowed, standing, today)


def _branch_of(message_id: UUID) -> dict[str, Any]:
    return {"tenant": current_tenant_id(), "last": message_id, "most": MOST_TURNS}


def _branch(found: Done) -> list[BranchMessage]:
    return [
        BranchMessage(role, loaded(parts), frozenset(loaded(sources))) for role, parts, sources in found.rows
    ]


def knowledge_base_ids(conversation_id: UUID) -> list[UUID]:
    """What the conversation's answers are looked up in."""
    return list(
        ConversationKnowledgeBase.objects.filter(conversation_id=conversation_id)
        .order_by("id")
        .values_list("knowledge_base_id", flat=True)
    )


def count_own(actor: Actor) -> int:
    """How many chats the person has."""
    return visible_conversations(actor).count()


def count_chats(slugs: Collection[str]) -> int:
    """How many chats of anybody go on with one of these models."""
    return Conversation.objects.filter(model_slug__in=slugs, deleted_at=None).count()


def picked_models(team_id: UUID, user_id: UUID) -> list[dict[str, Any]]:
    """The chat models and routes of a team as a person's picker shows them.

    First what the person's new chats begin with, then the team's default, models, routes.
    """
    default, own = default_route(team_id), own_default(user_id, team_id)
    shown, routes = models_shown(team_id), routes_for_team(team_id)
    cleared = models_named([each.model.pk for each in shown])
    reached = routes_cleared([found.route.pk for found in routes], cleared) if routes else {}
    listed = [
        *(
            _model(each, cleared[each.model.pk].data_class, is_default=each.is_default and default is None)
            for each in shown
        ),
        *(_route(found, reached[found.route.pk], is_default=found.route == default) for found in routes),
    ]
    for each in listed:
        each["is_own_default"] = own is not None and each["slug"] == own.public_id
    return sorted(listed, key=_place)


def _place(row: dict[str, Any]) -> tuple[bool, bool]:
    """One's own default goes first, then the team's, while they can be chosen."""
    is_open = bool(row["available"])
    return not (is_open and row["is_own_default"]), not (is_open and row["is_default"])


def _route(found: RouteForTeam, cleared: DataClass | None, *, is_default: bool) -> dict[str, Any]:
    return {
        "slug": found.route.public_id,
        "name": found.route.name,
        "purpose": found.route.purpose,
        "vendor_label": "Route",
        "badges": [found.route.get_kind_display()],
        "context_window": None,
        "cost": None,
        "price": None,
        "is_default": is_default,
        "available": found.usable,
        "reason": found.reason or None,
        "cleared_for": cleared.slug if cleared else None,
    }


def _model(shown: Shown, cleared: DataClass, *, is_default: bool) -> dict[str, Any]:
    model = shown.model
    cost, price = cost_of(model)
    return {
        "slug": model.slug,
        "name": model.name,
        "purpose": model.purpose,
        "vendor_label": models.vendor_label(model.connection.vendor),
        "badges": models.badges_of(model),
        "context_window": model.context_window,
        "cost": cost,
        "price": price,
        "is_default": is_default,
        "available": not shown.reason,
        "reason": shown.reason or None,
        "cleared_for": cleared.slug,
    }
