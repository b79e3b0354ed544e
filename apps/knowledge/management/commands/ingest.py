"""Read files as an upload would, in the closed sandbox, and print what was found; nothing is stored."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from apps.knowledge.chunking import ChunkDraft, chunk
from apps.knowledge.parsing.errors import ParseError
from apps.knowledge.parsing.ocr.languages import AUTOMATIC, CHOICES
from apps.knowledge.sandbox.runner import parse_sandboxed

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.knowledge.parsing.parsed import Parsed

UNREADABLE = "unreadable"
SHOWN_CHARACTERS = 70


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one file: `parsed` with its chunks, or an error's kind and sentence."""

    file: str
    parsed: Parsed | None = None
    chunks: tuple[ChunkDraft, ...] = ()
    error_kind: str | None = None
    error: str | None = None


class Command(BaseCommand):
    help = (
        "Parse and chunk files through the sandbox that uploads go through, and print what was found.\n"
        "Nothing is stored, no model is asked; no running installation is needed."
    )
    notes = (
        "Each line of --json is an object for one file:\n"
        "  file, state            the path as given; ready or failed\n"
        "  error, error_kind      what went wrong and what to do, in words; its kind (null: nothing)\n"
        "  title, language, pages of the document (pages 0: the format has none)\n"
        "  read_as                languages that its pictures of text were read in, by code\n"
        "  note                   what of a damaged file could not be read, in words (empty: nothing)\n"
        "  chunks                 [{position, page, sheet, row, last_row, place, heading, kind,\n"
        "                         start, end, text}]: page or slide from 1, sheet and first and last\n"
        "                         row of a spreadsheet (else null), place as a citation names it,\n"
        "                         heading path as a list, start and end in code points of the text\n"
        "Exit code: 0 when every file was looked at (a failed document is a result), 1 when a file\n"
        "could not be opened, 2 for a wrong call."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = self.notes
        parser.add_argument("files", nargs="+", metavar="FILE", help="a document, or a folder of them")
        parser.add_argument(
            "--language",
            default=AUTOMATIC,
            choices=[code for code, _ in CHOICES],
            metavar="CODE",
            help="what pictures of text are read in: auto (default), or a code such as ar, de, ja, ru",
        )
        parser.add_argument("--json", action="store_true", help="print one line of JSON for each file")

    def handle(self, *args: Any, **options: Any) -> None:
        files = [path for name in options["files"] for path in _files(Path(name))]
        unreadable = 0
        for path in files:
            outcome = _outcome(path, options["language"])
            unreadable += outcome.error_kind == UNREADABLE
            self.stdout.write(json.dumps(_json(outcome)) if options["json"] else _said(outcome))
        if unreadable:
            raise CommandError(f"{unreadable} of {len(files)} could not be opened; all others were read.")


def _files(path: Path) -> list[Path]:
    return sorted(found for found in path.rglob("*") if found.is_file()) if path.is_dir() else [path]


def _outcome(path: Path, language: str) -> _Outcome:
    try:
        parsed = parse_sandboxed(path, path.name, scan_language=language)
    except ParseError as error:
        return _Outcome(str(path), error_kind=error.kind.value, error=error.message)
    except OSError as error:
        return _Outcome(
            str(path), error_kind=UNREADABLE, error=f"This file cannot be opened: {error.strerror}."
        )
    return _Outcome(str(path), parsed, tuple(chunk(parsed)))


def _json(outcome: _Outcome) -> dict[str, Any]:
    parsed = outcome.parsed
    return {
        "file": outcome.file,
        "state": "failed" if parsed is None else "ready",
        "error": outcome.error,
        "error_kind": outcome.error_kind,
        "title": parsed and parsed.title,
        "language": parsed and parsed.language,
        "pages": parsed.pages if parsed else 0,
        "read_as": list(parsed.read_as) if parsed else [],
        "note": parsed.loss if parsed else "",
        "chunks": [
            {
                "position": draft.position,
                "page": draft.place.page,
                "sheet": draft.place.sheet or None,
                "row": draft.place.first_row,
                "last_row": draft.place.last_row,
                "place": draft.place.label,
                "heading": list(draft.heading),
                "kind": draft.kind,
                "start": draft.start,
                "end": draft.end,
                "text": draft.text,
            }
            for draft in outcome.chunks
        ],
    }


def _said(outcome: _Outcome) -> str:
    """A line for the file and one for each chunk, for a person."""
    if outcome.parsed is None:
        return f"{outcome.file}: failed: {outcome.error}"
    loss = f". {outcome.parsed.loss}" if outcome.parsed.loss else ""
    lines = [f"{outcome.file}: ready, {len(outcome.chunks)} chunks{loss}"]
    for draft in outcome.chunks:
        text = " ".join(draft.text.split())
        clipped = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
        lines.append(f"  {_place(draft)}: {clipped}")
    return "\n".join(lines)


def _place(draft: ChunkDraft) -> str:
    parts = (draft.place.label, " > ".join(draft.heading))
    return ", ".join(part for part in parts if part) or f"chunk {draft.position}"
