"""What a reply needs of the database, read in one short scope before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.chat import parts, selectors
from apps.chat.classing import UNCLASSED, Standing
from apps.chat.models import MessageRole
from apps.chat.prompting import Room, Turn
from apps.knowledge.classing import classed_sources
from apps.knowledge.narrowing import WIDE
from apps.knowledge.selectors import readable_document_ids
from apps.llm import selectors as models
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from apps.chat.rows import AwaitedAnswer
    from apps.guardrails.classes import DataClass
    from apps.knowledge.narrowing import Narrowing
    from apps.knowledge.retrieval import Passage

EXTRACTIVE = "extractive"
ROUTE = "route"
WITHHELD = "(This answer rested on documents that the person may no longer read. It is left out.)"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model or the route that a run was made for."""

    id: UUID
    slug: str
    name: str
    vendor: str
    room: Room
    modality: str = Modality.CHAT.value

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Chosen:
        """From what the run's input remembers (picking.Picked)."""
        room = Room(stored["window"], stored["max_output"])
        modality = stored.get("modality", Modality.CHAT.value)
        return cls(UUID(stored["id"]), stored["slug"], stored["name"], stored["vendor"], room, modality)

    @property
    def is_route(self) -> bool:
        """Whether it picks or combines models."""
        return self.vendor == ROUTE

    @property
    def paints(self) -> bool:
        """Whether it answers with a picture."""
        return self.modality == Modality.IMAGE.value

    @property
    def is_extractive(self) -> bool:
        """Whether it quotes passages instead of asking a model."""
        return self.vendor == EXTRACTIVE


@dataclass(frozen=True, slots=True)
class Job:
    """One reply to write: the branch up to the question, and where to look things up.

    `source_ids` are the documents whose words stand in the branch: what is said from it rests on them too;
    `standing` is the chat's data class with theirs and that of its files, `kept` the class that its row has;
    `today` the day where the organisation is.
    """

    turns: tuple[Turn, ...]
    knowledge_base_ids: tuple[UUID, ...]
    has_files: bool
    today: date
    awaited: AwaitedAnswer | None = None
    source_ids: frozenset[str] = frozenset()
    standing: Standing = UNCLASSED
    kept: DataClass | None = None
    narrowing: Narrowing = WIDE

    @property
    def data_class(self) -> DataClass | None:
        """The class of the question and what was said before it."""
        return self.standing.data_class

    def sent(self, passages: Iterable[Passage]) -> Standing:
        """What goes to a model with these passages."""
        return self.standing.with_sources(passages)

    def sources(self, passages: Iterable[Passage] = ()) -> frozenset[UUID]:
        """The documents whose words go to a model with these passages."""
        return frozenset((*map(UUID, self.source_ids), *(passage.document_id for passage in passages)))

    @property
    def is_for_documents(self) -> bool:
        """Whether only chosen collections can answer: a first question, with nothing said or attached yet."""
        return bool(self.knowledge_base_ids) and not self.has_files and len(self.turns) == 1


def load_job(*, conversation_id: UUID, question_id: UUID, answer_id: UUID, user_id: UUID) -> Job | None:
    """The reply's job, without what the person may no longer read; None when the question was deleted."""
    asked = selectors.asked(conversation_id=conversation_id, question_id=question_id, answer_id=answer_id)
    branch = asked.branch
    if not branch:
        return None
    sources = {source for message in branch for source in message.source_document_ids}
    readable = _readable(user_id, sources)
    shown = (message for message in branch if message.source_document_ids <= readable)
    rests_on = frozenset[str]().union(*(message.source_document_ids for message in shown))
    return Job(
        tuple(_turns(branch, readable)),
        asked.knowledge_base_ids,
        asked.has_files,
        asked.today,
        asked.awaited,
        rests_on,
        _standing(asked, {UUID(source) for source in rests_on}, conversation_id),
        asked.standing.data_class,
        asked.narrowing,
    )


def _standing(asked: selectors.Asked, source_ids: set[UUID], conversation_id: UUID) -> Standing:
    """The chat's, with what the branch rests on and what was attached; no statement where nothing is."""
    if not source_ids and not asked.has_files:
        return asked.standing
    return asked.standing.with_sources(classed_sources(source_ids, conversation_id))


def load_extractive(team_id: UUID) -> Chosen | None:
    """The model that quotes without any host, if the team may use it."""
    model = models.extractive_model(team_id)
    if model is None:
        return None
    return Chosen(model.id, model.slug, model.name, EXTRACTIVE, Room(model.context_window, model.max_output))


def _readable(user_id: UUID, sources: Iterable[str]) -> set[str]:
    wanted = [UUID(source) for source in sources]
    if not wanted:
        return set()
    return {str(document_id) for document_id in readable_document_ids(user_id=user_id, document_ids=wanted)}


def _turns(branch: Sequence[selectors.BranchMessage], readable: set[str]) -> Iterable[Turn]:
    """The branch as turns; an answer that never said anything goes with no turn."""
    last = branch[-1]
    for message in branch:
        made = parts.load(message.parts)
        if not message.source_document_ids <= readable:
            made = (parts.Text(WITHHELD),)
        text = parts.text_of(made)
        if text or message is last:
            yield Turn("user" if message.role == MessageRole.USER else "assistant", text, made)
