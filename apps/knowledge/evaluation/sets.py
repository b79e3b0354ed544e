"""Judged questions in BEIR's layout (Thakur et al., 2021): corpus.jsonl, queries.jsonl, qrels. Pure.

Read as they are found in the wild: ids as numbers, no titles, graded judgments, with or without a header, in
three columns or in TREC's four, with tabs, commas or spaces.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS: Final = "corpus.jsonl"
QUERIES: Final = "queries.jsonl"
JUDGMENTS: Final = (
    "qrels.tsv", "qrels/test.tsv", "qrels.txt", "qrels.csv", "qrels/dev.tsv", "qrels/train.tsv",
)  # fmt: skip
_COLUMNS: Final = 3
_OF_DOCUMENTS: Final = re.compile(r"(?:corpus|doc|document|passage)[-_ ]?id", re.IGNORECASE)
_LAYOUT: Final = (
    "A set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv) in BEIR's layout."
)


class UnreadableSetError(Exception):
    """The folder holds no such set; the message says what is missing or where it is broken."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of the set."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Documents, the questions that have a right document, and the gain (above 0) of each right one."""

    name: str
    entries: tuple[Entry, ...]
    questions: dict[str, str]
    judgments: dict[str, dict[str, float]]


def read_set(folder: Path) -> JudgedSet:
    """The set in the folder, each document once; raises UnreadableSetError."""
    entries = read_corpus(folder)
    questions, judgments = read_questions(folder)
    if not entries or not questions:
        raise UnreadableSetError(
            f"{folder} has no documents or no question with a right document (a score above 0). Compare the "
            "ids in queries.jsonl with the first column of the judgments."
        )
    known = {entry.id for entry in entries}
    if known.isdisjoint(id_ for asked in questions for id_ in judgments[asked]):
        raise UnreadableSetError(
            f"{folder}: no judged document is in corpus.jsonl. Compare its ids with those of the judgments."
        )
    return JudgedSet(folder.resolve().name, entries, questions, judgments)


def read_corpus(folder: Path) -> tuple[Entry, ...]:
    """The documents, of several with one id the first; raises UnreadableSetError."""
    found: dict[str, Entry] = {}
    for row in _rows(folder / CORPUS):
        id_ = _id(row)
        found.setdefault(id_, Entry(id_, _text(row, "title"), _text(row, "text")))
    return tuple(found.values())


def read_questions(folder: Path) -> tuple[dict[str, str], dict[str, dict[str, float]]]:
    """The questions that have a right document, and the gains of these; raises UnreadableSetError."""
    judgments = _judgments(folder)
    texts = {_id(row): _text(row, "text") for row in _rows(folder / QUERIES)}
    return {id_: text for id_, text in texts.items() if id_ in judgments}, judgments


def _id(row: dict[str, Any]) -> str:
    id_ = row.get("id", row.get("_id"))
    if id_ is None:
        raise UnreadableSetError("A row of the set has neither 'id' nor '_id': name it so in each line.")
    return _sound(str(id_))


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else _sound(str(value))


def _sound(text: str) -> str:
    """Without what neither a database nor a model server takes: NUL and halves of pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().strip()


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            message = f"Line {number} of {path.name} is not JSON: write one object in each line."
            raise UnreadableSetError(message) from error
        if not isinstance(row, dict):
            message = f"Line {number} of {path.name} is not an object: write one in each line."
            raise UnreadableSetError(message)
        yield row


def _judgments(folder: Path) -> dict[str, dict[str, float]]:
    """Gains above 0 by question. A first line may name columns; those of documents may come first then."""
    path = next((folder / name for name in JUDGMENTS if (folder / name).is_file()), None)
    if path is None:
        raise UnreadableSetError(f"{folder} has no judgments. {_LAYOUT}")
    found: dict[str, dict[str, float]] = defaultdict(dict)
    asked, right = 0, -2
    for number, line in enumerate(_lines(path), start=1):
        parts = _parts(line)
        if len(parts) < _COLUMNS:
            continue
        if number == 1 and not _is_number(parts[-1]):
            if _OF_DOCUMENTS.fullmatch(parts[0]):
                asked, right = right, asked
            continue
        if not _is_number(parts[-1]):
            raise UnreadableSetError(
                f"Line {number} of {path.name} ends with no number: its columns are query, document, score."
            )
        if float(parts[-1]) > 0:
            found[parts[asked]][parts[right]] = float(parts[-1])
    return dict(found)


def _parts(line: str) -> list[str]:
    """The columns of a line: by tabs where it has any, else by spaces, else by commas."""
    if "\t" in line:
        return [part.strip() for part in line.split("\t")]
    parts = line.split()
    if len(parts) >= _COLUMNS and not any(part.endswith(",") for part in parts):
        return parts
    return [part.strip().strip('"') for part in line.split(",")]


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for line in file:
                yield line.rstrip("\r\n")
    except FileNotFoundError as error:
        raise UnreadableSetError(f"{path.parent} has no {path.name}. {_LAYOUT}") from error
    except UnicodeDecodeError as error:
        raise UnreadableSetError(f"{path} is not UTF-8. Save it as UTF-8 and try again.") from error
    except OSError as error:
        raise UnreadableSetError(f"{path} cannot be read: {error.strerror}.") from error


def _is_number(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value)
