"""The statements of the hot paths: a question that comes in, an answer that ends.

Written in SQL because they stand before every first token and at every end: the ORM took twice the CPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from django.utils import timezone

from apps.chat.models import Conversation, Message
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute, execute_later, execute_together

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.tenants.postgresql.statements import Done

_LOCK: Final = Statement("""
SELECT id, tenant_id, user_id, team_id, title, title_source, model_slug, current_message_id, is_pinned,
       created_at, updated_at
FROM chat_conversation
WHERE tenant_id = %(tenant)s AND id = %(conversation)s AND user_id = %(user)s
  AND (%(team)s::uuid IS NULL OR team_id = %(team)s) AND deleted_at IS NULL FOR UPDATE
""")

_SENT_BEFORE: Final = Statement("""
SELECT id FROM chat_message WHERE tenant_id = %s AND author_id = %s AND client_id = %s
""")

_MESSAGE_OF: Final = Statement("""
SELECT id, tenant_id, conversation_id, parent_id, author_id, role, state, model_slug, model_name, run_id,
       client_id, created_at
FROM chat_message WHERE tenant_id = %s AND conversation_id = %s AND id = %s
""")

_INSERT: Final = Statement("""
WITH moved AS (
  UPDATE chat_conversation
  SET current_message_id = %(current)s, updated_at = %(now)s, model_slug = %(model_slug)s, title = %(title)s,
      title_source = %(title_source)s
  WHERE tenant_id = %(tenant)s AND id = %(conversation)s
)
INSERT INTO chat_message (id, tenant_id, conversation_id, parent_id, author_id, role, state, parts,
                          annotations, steps, source_document_ids,
                          model_slug, model_name, run_id, client_id, created_at)
SELECT n.id, %(tenant)s, %(conversation)s, n.parent_id, n.author_id, n.role, n.state, n.parts,
       '[]', '[]', '[]',
       n.model_slug, n.model_name, n.run_id, n.client_id, %(now)s
FROM jsonb_to_recordset(%(messages)s::jsonb)
     AS n(id uuid, parent_id uuid, author_id uuid, role text, state text, parts jsonb, model_slug text,
          model_name text, run_id uuid, client_id uuid)
""")

_ANSWER: Final = Statement("""
SELECT m.id, m.tenant_id, m.conversation_id, m.parent_id, m.author_id, m.role, m.state,
       m.model_slug, m.model_name, m.run_id, m.client_id, m.created_at, q.parent_id IS NULL, c.title_source
FROM (SELECT * FROM chat_message WHERE tenant_id = %(tenant)s AND id = %(message)s LIMIT 1) m
CROSS JOIN LATERAL (
  SELECT title_source FROM chat_conversation
  WHERE tenant_id = %(tenant)s AND id = m.conversation_id LIMIT 1
) c
CROSS JOIN LATERAL (
  SELECT parent_id FROM chat_message WHERE tenant_id = %(tenant)s AND id = m.parent_id LIMIT 1
) q
""")

_FILL: Final = Statement("""
WITH moved AS (
  UPDATE chat_conversation SET updated_at = now()
  WHERE tenant_id = %(tenant)s AND id = %(conversation)s AND updated_at < now() - interval '10 seconds'
)
UPDATE chat_message
SET state = %(state)s, parts = %(parts)s::jsonb, annotations = %(annotations)s::jsonb,
    steps = %(steps)s::jsonb, source_document_ids = %(sources)s::jsonb,
    usage = %(usage)s::jsonb, error = %(error)s::jsonb,
    model_slug = %(model_slug)s, model_name = %(model_name)s
WHERE tenant_id = %(tenant)s AND id = %(message)s
""")

_CONVERSATION: Final = (
    "id", "tenant_id", "user_id", "team_id", "title", "title_source", "model_slug", "current_message_id",
    "is_pinned", "created_at", "updated_at",
)  # fmt: skip
_MESSAGE: Final = (
    "id", "tenant_id", "conversation_id", "parent_id", "author_id", "role", "state",
    "model_slug", "model_name", "run_id", "client_id", "created_at",
)  # fmt: skip


class AwaitedAnswer(NamedTuple):
    """An answer whose run ends."""

    message: Message
    is_first: bool
    title_source: str


def lock_to_send(
    *, conversation_id: UUID, user_id: UUID, team_id: UUID | None, client_id: UUID
) -> tuple[Conversation | None, bool]:
    """As `lock_conversation`, and whether the person sent something under this client_id already."""
    tenant_id = current_tenant_id()
    values = {"tenant": tenant_id, "conversation": conversation_id, "user": user_id, "team": team_id}
    locked, sent = execute_together((_LOCK, values), (_SENT_BEFORE, [tenant_id, user_id, client_id]))
    return (None if locked.row is None else _conversation(locked.row)), sent.row is not None


def lock_conversation(*, conversation_id: UUID, user_id: UUID, team_id: UUID | None) -> Conversation | None:
    """The person's conversation (of that team, if given), locked against others; None if not theirs."""
    values: dict[str, UUID | None] = {
        "tenant": current_tenant_id(),
        "conversation": conversation_id,
        "user": user_id,
        "team": team_id,
    }
    row = execute(_LOCK, values).row
    return None if row is None else _conversation(row)


def message_of(conversation_id: UUID, message_id: UUID) -> Message | None:
    """A message of the conversation without its content; None when it is not one of it."""
    row = execute(_MESSAGE_OF, [current_tenant_id(), conversation_id, message_id]).row
    return None if row is None else _message(row)


def insert_messages(conversation: Conversation, messages: Sequence[Message]) -> None:
    """Add messages, the last of which the conversation now stands at, and keep its title and model."""
    now = timezone.now()
    for message in messages:
        message.created_at = now
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "conversation": conversation.id,
        "current": conversation.current_message_id,
        "model_slug": conversation.model_slug,
        "title": conversation.title,
        "title_source": conversation.title_source,
        "now": now,
        "messages": orjson.dumps([_columns(message) for message in messages]).decode(),
    }
    execute_later(_INSERT, values)


def awaiting(message_id: UUID) -> tuple[Statement, dict[str, UUID]]:
    """The statement that finds an answer whose run is to end; `awaited_of` reads what it gives."""
    return _ANSWER, {"tenant": current_tenant_id(), "message": message_id}


def awaited_of(done: Done) -> AwaitedAnswer | None:
    """The answer, whether it is to a conversation's first question, and who named that; None if deleted."""
    return None if done.row is None else AwaitedAnswer(_message(done.row[:-2]), *done.row[-2:])


def awaited_answer(message_id: UUID) -> AwaitedAnswer | None:
    """As `awaited_of`, in a round trip of its own."""
    return awaited_of(execute(*awaiting(message_id)))


def fill_answer(message: Message) -> None:
    """Keep what became of an answer."""
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "conversation": message.conversation_id,
        "message": message.id,
        "state": message.state,
        "parts": _json(message.parts),
        "annotations": _json(message.annotations),
        "steps": _json(message.steps),
        "sources": _json(message.source_document_ids),
        "usage": None if message.usage is None else _json(message.usage),
        "error": None if message.error is None else _json(message.error),
        "model_slug": message.model_slug,
        "model_name": message.model_name,
    }
    execute_later(_FILL, values)


def _columns(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "parent_id": message.parent_id,
        "author_id": message.author_id,
        "role": str(message.role),
        "state": str(message.state),
        "parts": message.parts,
        "model_slug": message.model_slug,
        "model_name": message.model_name,
        "run_id": message.run_id,
        "client_id": message.client_id,
    }


def _conversation(row: Sequence[Any]) -> Conversation:
    made = Conversation(**dict(zip(_CONVERSATION, row, strict=True)))
    made._state.adding = False
    return made


def _message(row: Sequence[Any]) -> Message:
    made = Message(**dict(zip(_MESSAGE, row, strict=True)))
    made._state.adding = False
    return made


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
