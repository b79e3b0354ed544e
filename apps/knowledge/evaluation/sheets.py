"""Golden questions from a CSV file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.knowledge.evaluation.golden import (
    LONGEST,
    LONGEST_ANSWER,
    MOST,
    Draft,
    Right,
    named,
    question_set,
)
from apps.knowledge.models import GoldenSource
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase

MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file became; `left` says which lines were left out, and why."""

    added: int
    left: list[str]


@dataclass(slots=True)
class _Row:
    rights: dict[UUID, Right]
    answer: str = ""


def questions_import(*, actor: Actor, base: KnowledgeBase, data: bytes) -> Imported:
    """From CSV with the columns question and document (a title, file name or id), one right document a row.

    The columns answer and passage may be there too; a row with an answer needs no document. Raises
    ProblemError 400 where it is no such file; rows that cannot be taken are told, the others are.
    """
    names = named(base)
    wanted: dict[str, _Row] = {}
    left = []
    for line, row in _rows(data):
        text, name, answer = row["question"], row["document"], row.get("answer", "")
        found = names.get(name.lower())
        if why := _unfit(row, is_found=found is not None):
            left.append(f"line {line} ({why})")
            continue
        kept = wanted.setdefault(text, _Row({}))
        kept.answer = kept.answer or answer
        if found is not None:
            kept.rights[found] = Right(passage=row.get("passage", ""))
    for text, kept in wanted.items():
        before = GoldenSource.objects.filter(question__knowledge_base=base, question__text=text)
        known = {source.document_id: Right(source.gain, source.passage) for source in before}
        draft = Draft(text, known | kept.rights, answer=kept.answer, origin="csv")
        question_set(actor=actor, base=base, draft=draft)
    return Imported(len(wanted), left)


def _unfit(row: dict[str, str], *, is_found: bool) -> str:
    """Why a row cannot be a question; nothing where it can."""
    name, answer = row["document"], row.get("answer", "")
    if not 0 < len(row["question"]) <= LONGEST:
        return f"no question of 1 to {LONGEST} characters"
    if len(answer) > LONGEST_ANSWER:
        return f"an answer of more than {LONGEST_ANSWER:,} characters"
    if name and not is_found:
        return f"no document \u201c{name[:80]}\u201d here"
    return "" if name or answer else "neither a document nor an answer"


def _rows(data: bytes) -> list[tuple[int, dict[str, str]]]:
    """The rows with the line of the file at which each ends."""
    try:
        text = data.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text), dialect=csv.Sniffer().sniff(text[:4096], ",;\t"))
        rows = [
            (reader.line_num, {str(name).strip().lower(): _plain(value) for name, value in row.items()})
            for row in reader
        ]
    except (UnicodeDecodeError, csv.Error):
        rows = []
    if not rows or not {"question", "document"} <= rows[0][1].keys():
        message = "A CSV file in UTF-8 with the columns question and document. Nothing was imported."
        raise invalid([{"field": "file", "message": message}])
    if len(rows) > MOST:
        raise invalid([{"field": "file", "message": f"From 1 to {MOST} rows. Nothing was imported."}])
    return rows


def _plain(value: object) -> str:
    return " ".join(str(value or "").replace("\x00", "").split())
