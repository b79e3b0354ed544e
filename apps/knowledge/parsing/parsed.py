"""What a parser gives back, and how it crosses the sandbox's pipe as JSON."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

from apps.knowledge.language import UNKNOWN
from apps.knowledge.parsing.ocr.languages import LANGUAGES

SectionKind = Literal["text", "table"]

SEPARATOR = "\n\n"

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """The text without what PostgreSQL or JSON cannot hold: NUL, control characters, lone surrogates."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of text under one heading path, on one page (1-based; None where a format has none).

    `is_slide`: the page is a slide.

    In a spreadsheet `sheet` names the sheet and `row` is the number (1-based) of the first line's row; the
    lines there are consecutive rows, a table's Markdown delimiter aside.
    """

    text: str
    page: int | None = None
    heading: tuple[str, ...] = ()
    kind: SectionKind = "text"
    sheet: str = ""
    row: int | None = None
    is_slide: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document as read. `pages` is 0 where the format has none; `language` is an ISO 639-1 code or None.

    `read_as`: the languages that its pictures of text were read in (recognition.read_as). `loss`: what of a
    damaged file could not be read, in words for its readers.
    """

    title: str
    language: str | None
    sections: tuple[Section, ...]
    pages: int = 0
    read_as: tuple[str, ...] = ()
    loss: str = ""

    @property
    def text(self) -> str:
        """The document's full text: its sections joined by an empty line. Chunk spans point into it."""
        return SEPARATOR.join(section.text for section in self.sections)

    def spans(self) -> Iterator[tuple[int, int, Section]]:
        """Each section with its start and end in `text`, in code points."""
        start = 0
        for section in self.sections:
            end = start + len(section.text)
            yield start, end, section
            start = end + len(SEPARATOR)


def encode(parsed: Parsed) -> bytes:
    """JSON for the sandbox's pipe."""
    sections = [
        [s.text, s.page, list(s.heading), s.kind, s.sheet, s.row, s.is_slide] for s in parsed.sections
    ]
    document = {
        "title": parsed.title,
        "language": parsed.language,
        "pages": parsed.pages,
        "read_as": parsed.read_as,
        "loss": parsed.loss,
        "sections": sections,
    }
    return json.dumps(document, ensure_ascii=True).encode("ascii")


def decode(document: Any) -> Parsed:
    """The reverse of `encode`, for a sender that is not trusted: another shape raises ValueError."""
    try:
        sections = tuple(_section(*row) for row in document["sections"])
        pages = document["pages"]
        language = document["language"]
        title, loss = clean(document["title"]), clean(document["loss"])
        read_as = tuple(code for code in document["read_as"] if code == UNKNOWN or code in LANGUAGES)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a parsed document") from error
    if not isinstance(pages, int) or not (language is None or isinstance(language, str)):
        raise ValueError("not a parsed document")
    return Parsed(title[:500], language and language[:16], sections, pages, read_as, loss[:300])


def _section(*row: Any) -> Section:
    if len(row) != len(fields(Section)):
        raise ValueError("not a section")
    text, page, heading, kind, sheet, number, is_slide = row
    numbers = all(one is None or isinstance(one, int) for one in (page, number))
    if not numbers or not isinstance(sheet, str) or kind not in {"text", "table"}:
        raise ValueError("not a section")
    path = tuple(clean(part) for part in heading)
    return Section(clean(text), page, path, kind, clean(sheet)[:200], number, bool(is_slide))
