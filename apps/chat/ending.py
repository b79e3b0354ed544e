"""What the end of a reply or a title writes, inside the transaction that ends its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from apps.chat import outputs, parts, prompting, rows, selectors
from apps.chat.loading import EXTRACTIVE, ROUTE, Chosen
from apps.chat.models import Conversation, TitleSource
from apps.chat.painting import PAINTED
from apps.llm.sealing import SEALS
from apps.runs import services as runs
from apps.runs.log import STEP
from apps.runs.models import RunState
from apps.runs.steps import ended_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.chat.models import Message
    from apps.chat.rows import AwaitedAnswer
    from apps.runs.models import Run
    from apps.runs.registry import RunEnd


LEAD: Final = "lead"
_NAMELESS: Final = frozenset({EXTRACTIVE, ROUTE})


def end_reply(end: RunEnd) -> Mapping[str, Any] | None:
    """Saves the answer, None if it was deleted; after the first one a run is queued that names the chat."""
    awaited = end.remembered or rows.awaited_answer(_subject(end))
    if awaited is None:
        return None
    message = awaited.message
    _fill(message, end)
    rows.fill_answer(message)
    sources = selectors.readable_sources(end.run.user_id, [message])
    return {
        "message": outputs.message_output(message, {}, sources),
        "follow": _follow(awaited, end),
        "data_class": end.result.get("data_class"),
    }


def end_title(end: RunEnd) -> Mapping[str, Any] | None:
    """Names the conversation, unless the person did meanwhile or no title came; None if it was deleted."""
    conversation = Conversation.objects.filter(id=UUID(end.run.input["conversation_id"])).first()
    if conversation is None:
        return None
    title = prompting.clean_title(end.text) if end.state == RunState.DONE else ""
    if title and conversation.title_source != TitleSource.PERSON:
        conversation.title, conversation.title_source = title, TitleSource.MODEL
        conversation.save(update_fields=["title", "title_source"])
    return {"title": conversation.title}


def _subject(end: RunEnd) -> UUID:
    if end.run.subject_id is None:
        raise ValueError("a reply's run names its answer")
    return end.run.subject_id


def _fill(message: Message, end: RunEnd) -> None:
    result = end.result
    message.state = end.state
    painted = [parts.Painted(UUID(p["file_id"]), p["name"], p["alt"]) for p in result.get(PAINTED, ())]
    message.parts = parts.dump((*parts.arranged(end.reasoning, end.text, _seals(result)), *painted))
    message.annotations = result.get("annotations", [])
    message.source_document_ids = result.get("source_document_ids", [])
    message.steps = ended_steps((event["step"] for event in end.events if event["kind"] == STEP), end.state)
    message.usage = result.get("usage")
    message.error = dict(end.error) if end.error else None
    if "model" in result:
        message.model_slug, message.model_name = result["model"]["slug"], result["model"]["name"]


def _seals(result: Mapping[str, Any]) -> list[parts.Seal]:
    """The model's seals; one that came before any word of its own stands before ours too."""
    lead = result.get(LEAD, 0)
    return [
        (thought, said if said > lead else 0, signature) for thought, said, signature in result.get(SEALS, ())
    ]


def _follow(awaited: AwaitedAnswer, end: RunEnd) -> list[dict[str, str]]:
    """The run that names the conversation, as viewers may follow it."""
    message, asked = awaited.message, end.run.input["model"]
    model = end.result.get("answered_by", asked)
    wanted = (
        end.state == RunState.DONE
        and awaited.is_first
        and awaited.title_source == TitleSource.QUESTION
        and model["vendor"] not in _NAMELESS
        and not Chosen.of(asked).paints
        and message.model_slug in {asked["slug"], model["slug"]}
    )
    if not wanted:
        return []
    conversation = str(message.conversation_id)
    run = runs.run_create(
        kind="title",
        team_id=end.run.team_id,
        user_id=end.run.user_id,
        api_key_id=end.run.api_key_id,
        input={"conversation_id": conversation, "question_id": str(message.parent_id), "model": model},
        subject_id=message.conversation_id,
    )
    return [{"run": str(run.id), "kind": "title"}]


def of_conversation(run: Run) -> dict[str, Any]:
    """What the REST output of a title's run says about its subject."""
    return {"message_id": None, "conversation_id": run.subject_id}
