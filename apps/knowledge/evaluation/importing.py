"""A set in BEIR's layout, read into a collection: its documents as files, its questions with their gains."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from apps.accounts.actors import Actor
from apps.files.storage import storage
from apps.knowledge.evaluation import claiming
from apps.knowledge.evaluation.golden import LONGEST, MOST, Draft, Right, named, question_set
from apps.knowledge.evaluation.sets import CORPUS, read_corpus, read_questions
from apps.knowledge.models import GoldenQuestion
from apps.knowledge.parsing.parsed import clean
from apps.knowledge.permissions import access_knowledge_base
from apps.knowledge.services import document_upload
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.knowledge.evaluation.models import GoldenMaking
    from apps.knowledge.evaluation.sets import Entry

FOLDER: Final = "Golden set"
_AT_ONCE: Final = 25
_MOST_NAME: Final = 80
_UNNAMEABLE: Final = re.compile(r"[^\w .,()-]+")


def import_set(making: GoldenMaking) -> str | None:
    """Add what the collection has not yet, then the questions; what is to be said of it.

    None where another worker has it. Outside any scope. Raises UnreadableSetError, and ProblemError where
    the collection may not take it: what was added before stays. Doing it again adds nothing twice.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _unpack(making, folder)
        questions, judgments = read_questions(folder)
        entries = read_corpus(folder) if (folder / CORPUS).exists() else ()
    making.done = making.made = 0
    with tenant_scope(making.tenant_id):
        claiming.lease(making, total=len(entries) + len(questions), done=0, made=0)
        ids = {} if entries else named(making.knowledge_base)
    for start in range(0, len(entries), _AT_ONCE):
        with tenant_scope(making.tenant_id):
            ids |= _documents(making, entries[start : start + _AT_ONCE])
            making.done += len(entries[start : start + _AT_ONCE])
            if not claiming.lease(making, done=making.done):
                return None
    return _questions(making, questions, {id_: _rights(judgments[id_], ids) for id_ in questions})


def _unpack(making: GoldenMaking, folder: Path) -> None:
    with tenant_scope(making.tenant_id):
        assert making.file is not None  # noqa: S101 - kept until the import has ended
        key = making.file.storage_key
    with storage().local(key) as path, zipfile.ZipFile(path) as pack:
        for name in pack.namelist():
            (folder / name).write_bytes(pack.read(name))


def _documents(making: GoldenMaking, entries: Sequence[Entry]) -> dict[str, UUID]:
    """The documents of these entries by the set's ids; those without any text are left out."""
    actor = Actor(making.user)
    base = access_knowledge_base(actor, making.knowledge_base_id, change=True)
    found = {}
    for entry in entries:
        text = "\n\n".join(filter(None, (clean(entry.title), clean(entry.text))))
        if text:
            made = document_upload(
                actor=actor,
                knowledge_base=base,
                name=_file_name(entry),
                stream=io.BytesIO(text.encode()),
                folder=FOLDER,
            )
            found[entry.id.lower()] = made.document.id
    return found


def _file_name(entry: Entry) -> str:
    """The title with the id, so that documents of one title are told apart."""
    id_ = _UNNAMEABLE.sub("_", entry.id)[:_MOST_NAME]
    title = " ".join(_UNNAMEABLE.sub(" ", clean(entry.title)).split())[:_MOST_NAME].strip(". ")
    return f"{title} ({id_}).txt" if title else f"{id_}.txt"


def _rights(gains: Mapping[str, float], ids: Mapping[str, UUID]) -> dict[UUID, Right]:
    known = {id_: gain for name, gain in gains.items() if (id_ := ids.get(name.lower())) is not None}
    return {id_: Right(gain=gain) for id_, gain in known.items()}


def _questions(
    making: GoldenMaking, texts: Mapping[str, str], rights: Mapping[str, dict[UUID, Right]]
) -> str | None:
    """Keep the questions that can be measured; a note of the others."""
    usable = [id_ for id_, text in texts.items() if rights[id_] and 0 < len(text) <= LONGEST]
    with tenant_scope(making.tenant_id):
        room = MOST - GoldenQuestion.objects.filter(knowledge_base=making.knowledge_base).count()
    for start in range(0, len(usable), _AT_ONCE):
        batch = usable[start : start + _AT_ONCE]
        with tenant_scope(making.tenant_id):
            if making.made + len(batch) > max(room, 0):
                return f"A collection has up to {MOST:,} questions: the set's last ones were left out."
            for id_ in batch:
                draft = Draft(texts[id_], rights[id_], origin="beir")
                question_set(actor=Actor(making.user), base=making.knowledge_base, draft=draft)
            making.done, making.made = making.done + len(batch), making.made + len(batch)
            if not claiming.lease(making, done=making.done, made=making.made):
                return None
    left = len(texts) - len(usable)
    why = f"longer than {LONGEST} characters, or without a document that is here"
    return f"{left} questions were left out: {why}." if left else ""
