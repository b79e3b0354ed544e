"""Documents of a known length, made on the fly, for bin/bench ingest. A page has about 3,000 characters."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from functools import cache, partial

import docx
from fpdf import FPDF

from bench import ingest_office as office

LINES, WORDS = 36, 13
VOCABULARY = 4000
_PART = "abcdefghijklmnopqrstuvwxyz"


@cache
def _vocabulary() -> list[str]:
    chance = random.Random(7)
    return ["".join(chance.choices(_PART, k=chance.randint(2, 9))) for _ in range(VOCABULARY)]


def page(number: int) -> list[str]:
    """The lines of a page, the same for the same number."""
    chance = random.Random(number)
    return [" ".join(chance.choices(_vocabulary(), k=WORDS)).capitalize() + "." for _ in range(LINES)]


def pdf(pages: int) -> bytes:
    """Text pages with a heading each."""
    document = FPDF()
    document.set_font("helvetica", size=9)
    for number in range(pages):
        document.add_page()
        document.cell(0, 8, f"Chapter {number + 1}", new_x="LMARGIN", new_y="NEXT")
        for line in page(number):
            document.cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(document.output())


def word(pages: int) -> bytes:
    """A heading and paragraphs for each page."""
    document = docx.Document()
    for number in range(pages):
        document.add_heading(f"Chapter {number + 1}", 1)
        for line in page(number):
            document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def markdown(pages: int) -> bytes:
    """Headings and paragraphs."""
    return "\n\n".join(f"# Chapter {n + 1}\n\n" + "\n".join(page(n)) for n in range(pages)).encode()


def html(pages: int) -> bytes:
    """Headings and paragraphs, with navigation that is no content."""
    body = "".join(
        f"<h1>Chapter {n + 1}</h1>" + "".join(f"<p>{line}</p>" for line in page(n)) for n in range(pages)
    )
    return f"<!doctype html><title>Made</title><nav>Home</nav><main>{body}</main>".encode()


def text(pages: int) -> bytes:
    """Lines."""
    return "\n\n".join("\n".join(page(n)) for n in range(pages)).encode()


def table(pages: int) -> bytes:
    """Rows of five columns."""
    rows = [f"{n};{i};" + ";".join(line.split()[:3]) for n in range(pages) for i, line in enumerate(page(n))]
    return ("page;line;one;two;three\n" + "\n".join(rows)).encode()


def archive(pages: int) -> bytes:
    """Text files of ten pages each."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(pages // 10):
            made.writestr(f"part-{number}.txt", text(10).replace(b"\n", b"\n%d " % number, 1))
    return file.getvalue()


MAKERS: dict[str, Callable[[int], bytes]] = {
    "pdf": pdf,
    "docx": word,
    "html": html,
    "md": markdown,
    "txt": text,
    "csv": table,
    "zip": archive,
    "tables.pdf": partial(office.tables, lines=page),
    "pptx": partial(office.slides, lines=page),
    "xlsx": partial(office.workbook, lines=page),
    "odt": partial(office.open_text, lines=page),
    "rtf": partial(office.rich_text, lines=page),
    "eml": partial(office.mail, lines=page),
    "epub": partial(office.book, lines=page),
    "scan.pdf": lambda pages: office.scan(min(pages, office.SCANNED), page),
}
