"""Small documents made on the fly; no binary file is committed."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import docx
from fpdf import FPDF

from apps.knowledge.parsing.parsed import Parsed, Section

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def pdf(
    *pages: str, title: str = "", outline: Iterable[tuple[int, int, str]] = (), password: str = ""
) -> bytes:
    """A PDF with a text per page; outline entries are (page, level, title)."""
    entries = list(outline)
    document = FPDF()
    document.set_title(title)
    if password:
        document.set_encryption(owner_password=password + "owner", user_password=password)
    for number, text in enumerate(pages, start=1):
        document.add_page()
        for _, level, heading in (entry for entry in entries if entry[0] == number):
            document.start_section(heading, level=level)
        document.set_font("helvetica", size=11)
        document.multi_cell(0, 6, text)
    return bytes(document.output())


def word(
    *, title: str = "", paragraphs: Iterable[tuple[str, str]] = (), table: list[list[str]] | None = None
) -> bytes:
    """A docx; paragraphs are (style, text)."""
    document = docx.Document()
    document.core_properties.title = title
    document.sections[0].header.paragraphs[0].text = "Acme confidential"
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    if table:
        grid = document.add_table(rows=len(table), cols=len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def zipped(entries: dict[str, bytes], *, symlink: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
        if symlink:
            link = zipfile.ZipInfo(symlink)
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
    return file.getvalue()


def bomb(*, size: int = 4 << 30, declared: int | None = None) -> bytes:
    """A docx of some kilobytes whose one part is `size` zero bytes; its directory may declare another size.

    The deflate stream is one flushed block of zeros over and over, so that 4 GB take no time to build.
    """
    block = 32 << 20
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = compressor.compress(b"\0" * block) + compressor.flush(zlib.Z_FULL_FLUSH)
    data = first * (size // block) + b"\x03\x00"
    name = b"word/document.xml"
    told = min(size if declared is None else declared, 0xFFFFFFFE)
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(data), told, len(name), 0)
    local = b"PK\x03\x04" + common + name + data
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def parsed(*sections: Section, title: str = "Handbook") -> Parsed:
    return Parsed(title=title, language="en", sections=tuple(sections))
