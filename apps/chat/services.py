"""Writes of conversations and messages: each is one transaction of the caller's scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.audit.services import record
from apps.chat import errors, parts, prompting, rows, selectors
from apps.chat.models import Conversation, Message, MessageRole, MessageState, TitleSource
from apps.chat.parts import MAX_FILES, MAX_TEXT
from apps.chat.picking import default_picked, picked
from apps.llm.errors import ModelNotFoundError
from apps.runs import services as runs
from apps.tenants.models import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.chat.picking import Picked


@dataclass(frozen=True, slots=True)
class Send:
    """A question as the client sends it."""

    client_id: UUID
    text: str
    parent_id: UUID | None = None
    model: str | None = None
    file_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """What was accepted: the question, and the answer that its run will fill."""

    question: Message
    answer: Message


@dataclass(frozen=True, slots=True)
class Way:
    """How an answer is made: without `knowledge` nothing is looked up, without `verified` a model speaks.

    `confirmed` are the rules that asked first and that the person says yes to; `length` is other than usual.
    """

    knowledge: bool = True
    verified: bool = True
    confirmed: tuple[str, ...] = ()
    length: str = ""

    def stored(self) -> dict[str, Any]:
        """What a run's input remembers: what is not as usual."""
        said = {"knowledge": self.knowledge, "verified": self.verified}
        unusual: dict[str, Any] = {name: value for name, value in said.items() if not value}
        if self.length:
            unusual["length"] = self.length
        return unusual | ({"confirmed": list(self.confirmed)} if self.confirmed else {})


USUAL = Way()


def message_send(*, actor: Actor, conversation_id: UUID, send: Send) -> Sent:
    """Accepts a question: question, empty answer and queued run, in one transaction.

    The same client_id again gives the same result, also at the same moment: the conversation's row is locked.
    Raises ProblemError 404 (conversation, parent, file), 400 (text, model), 409 (answer running, no model),
    always before anything is written.
    """
    conversation, is_sent = rows.lock_to_send(
        conversation_id=conversation_id,
        user_id=actor.user_id,
        team_id=actor.team_id,
        client_id=send.client_id,
    )
    if conversation is None:
        raise errors.not_found()
    if is_sent:
        return _sent_again(actor, send.client_id, conversation)
    _check(send)
    parent = _parent(conversation, send.parent_id)
    model = _model(conversation, send.model)
    question = _new(actor, conversation, MessageRole.USER, parent_id=parent.id if parent else None)
    question.client_id = send.client_id
    question.parts = parts.dump(_parts(actor, conversation, send))
    answer = _answer(actor, conversation, question, model)
    _continue(conversation, answer, send)
    rows.insert_messages(conversation, [question, answer])
    record(
        actor=actor,
        action="message.send",
        target_type="message",
        target_id=question.id,
        detail={"conversation_id": str(conversation.id), "model": model.slug, "files": len(send.file_ids)},
    )
    return Sent(question, answer)


def message_regenerate(
    *, actor: Actor, message_id: UUID, client_id: UUID, model: str | None = None, way: Way = USUAL
) -> Message:
    """Begins another answer beside this one; the same client_id again gives the same one.

    Raises ProblemError 404, 400 (not an answer, model), 409 (still being written).
    """
    old = selectors.access_message(actor, message_id)
    conversation = selectors.lock_conversation(actor, old.conversation_id)
    before = selectors.message_sent_before(actor, client_id)
    if before is not None:
        if before.conversation_id != conversation.id or before.role != MessageRole.ASSISTANT:
            raise errors.client_id_used()
        return before
    if old.role != MessageRole.ASSISTANT or old.parent_id is None:
        raise errors.invalid("id", "Only an answer can be made again. Nothing was changed; name the answer.")
    if Message.objects.filter(id=old.id, state=MessageState.QUEUED).exists():
        raise errors.answer_running()
    chosen = _model(conversation, model or old.model_slug)
    question = Message.objects.get(id=old.parent_id)
    answer = _answer(actor, conversation, question, chosen, way)
    answer.client_id = client_id
    _continue(conversation, answer, None)
    rows.insert_messages(conversation, [answer])
    record(
        actor=actor,
        action="message.regenerate",
        target_type="message",
        target_id=answer.id,
        detail={
            "conversation_id": str(conversation.id),
            "model": chosen.slug,
            "instead_of": str(old.id),
            **way.stored(),
        },
    )
    return answer


def _check(send: Send) -> None:
    if not send.text.strip() and not send.file_ids:
        raise errors.invalid("text", "Write a message or attach a file, then send again.")
    if len(send.text) > MAX_TEXT:
        raise errors.invalid(
            "text",
            f"A message has at most {MAX_TEXT:,} characters; this one has {len(send.text):,}. "
            "Attach the text as a file instead.",
        )
    if len(set(send.file_ids)) > MAX_FILES:
        raise errors.invalid(
            "file_ids", f"A message carries at most {MAX_FILES} files. Send the others after it."
        )


def _sent_again(actor: Actor, client_id: UUID, conversation: Conversation) -> Sent:
    before = selectors.message_sent_before(actor, client_id)
    if before is None or before.conversation_id != conversation.id or before.role != MessageRole.USER:
        raise errors.client_id_used()
    return Sent(before, selectors.first_answer_of(before.id))


def _parent(conversation: Conversation, parent_id: UUID | None) -> Message | None:
    """The answer to continue from; a new branch from the root without one."""
    if parent_id is None:
        return None
    parent = rows.message_of(conversation.id, parent_id)
    if parent is None:
        raise errors.not_found()
    if parent.role != MessageRole.ASSISTANT:
        raise errors.invalid(
            "parent_id", "A question follows an answer: name an answer of this chat, or none."
        )
    if parent.state == MessageState.QUEUED:
        raise errors.answer_running()
    return parent


def _model(conversation: Conversation, asked: str | None) -> Picked:
    """What was asked for; else the conversation's, while the team may use it; else the default."""
    if asked:
        try:
            return picked(conversation.team_id, asked)
        except ModelNotFoundError:
            raise errors.model_unavailable() from None
    if conversation.model_slug:
        try:
            return picked(conversation.team_id, conversation.model_slug)
        except ModelNotFoundError:
            pass
    default = default_picked(conversation.team_id, conversation.user_id)
    if default is None:
        raise errors.no_model()
    return default


def _new(actor: Actor, conversation: Conversation, role: MessageRole, *, parent_id: UUID | None) -> Message:
    return Message(
        id=new_id(),
        conversation_id=conversation.id,
        parent_id=parent_id,
        author_id=actor.user_id,
        role=role,
        state=MessageState.DONE,
    )


def _parts(actor: Actor, conversation: Conversation, send: Send) -> list[parts.Part]:
    from apps.knowledge.selectors import access_conversation_files

    wanted = list(dict.fromkeys(send.file_ids))
    if wanted:
        access_conversation_files(actor=actor, conversation_id=conversation.id, file_ids=wanted)
    attached: list[parts.Part] = [parts.Attachment(file_id) for file_id in wanted]
    return [*attached, parts.Text(send.text)] if send.text.strip() else attached


def _answer(
    actor: Actor, conversation: Conversation, question: Message, model: Picked, way: Way = USUAL
) -> Message:
    """The empty answer and its queued run; the caller inserts the answer."""
    answer = _new(actor, conversation, MessageRole.ASSISTANT, parent_id=question.id)
    answer.state = MessageState.QUEUED
    answer.model_slug, answer.model_name = model.slug, model.name
    run = runs.run_create(
        kind="reply",
        team_id=conversation.team_id,
        user_id=actor.user_id,
        api_key_id=actor.api_key.id if actor.api_key else None,
        input={
            "conversation_id": str(conversation.id),
            "question_id": str(question.id),
            "model": dict(model.stored),
        }
        | way.stored(),
        subject_id=answer.id,
    )
    answer.run_id = run.id
    return answer


def _continue(conversation: Conversation, answer: Message, send: Send | None) -> None:
    conversation.current_message_id = answer.id
    conversation.model_slug = answer.model_slug
    if send is not None and conversation.title_source == TitleSource.NONE:
        conversation.title = prompting.title_from(send.text)
        conversation.title_source = TitleSource.QUESTION
