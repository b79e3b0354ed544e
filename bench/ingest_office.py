"""Office documents, mails, books and scans of a known length, for bin/bench ingest."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from html import escape
from typing import TYPE_CHECKING, Final

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Lines = Callable[[int], list[str]]

SCANNED: Final = 10
"""Pages of a scan: recognition costs a thousand times what text does."""
_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SHOW: Final = "http://schemas.openxmlformats.org/presentationml/2006/main"


def tables(pages: int, lines: Lines) -> bytes:
    """A PDF of a paragraph and a ruled table of figures on each page, as annual reports have them."""
    document = FPDF()
    document.set_font("helvetica", size=8)
    for number in range(pages):
        document.add_page()
        words = lines(number)
        document.multi_cell(0, 4, " ".join(words[:10]))
        with document.table(line_height=5) as grid:
            for at, line in enumerate(words):
                row = grid.row()
                row.cell(" ".join(line.split()[:4]))
                for column in range(4):
                    row.cell(f"{number + 1},{at * 7 + column:03d}")
    return bytes(document.output())


def scan(pages: int, lines: Lines) -> bytes:
    """Pages that are pictures only, at 150 dots per inch."""
    shown = []
    font = ImageFont.load_default(22)
    for number in range(pages):
        image = Image.new("L", (1240, 1754), 255)
        ImageDraw.Draw(image).multiline_text(
            (80, 80), "\n".join(lines(number)), fill=0, font=font, spacing=16
        )
        shown.append(image)
    file = io.BytesIO()
    shown[0].save(file, "PDF", save_all=True, append_images=shown[1:], resolution=150)
    return file.getvalue()


def slides(pages: int, lines: Lines) -> bytes:
    """A title and the lines on each slide."""
    names = f'xmlns:a="{_DRAWING}" xmlns:p="{_SHOW}" xmlns:r="{_RELATIONS}"'
    entries = {
        "ppt/presentation.xml": f"<p:presentation {names}><p:sldIdLst>"
        + "".join(f'<p:sldId id="{n}" r:id="r{n}"/>' for n in range(pages))
        + "</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": _relations(
            {f"r{n}": ("slide", f"slides/slide{n}.xml") for n in range(pages)}
        ),
    }
    for number in range(pages):
        text = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines(number))
        shape = f"<p:sp><p:txBody>{text}</p:txBody></p:sp>"
        entries[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {names}><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:sld>"
        )
    return _zipped(entries)


def workbook(pages: int, lines: Lines) -> bytes:
    """Rows of five cells, as many as lines."""
    rows, at = [], 0
    for number in range(pages):
        for line in lines(number):
            at += 1
            cells = "".join(f'<c t="str"><v>{word}</v></c>' for word in line.split()[:4])
            rows.append(f'<row r="{at}">{cells}<c><v>{at}</v></c></row>')
    return _zipped(
        {
            "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_RELATIONS}"><sheets>'
            '<sheet name="Made" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": _relations({"r1": ("worksheet", "worksheets/sheet1.xml")}),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEETS}"><sheetData>{"".join(rows)}'
            "</sheetData></worksheet>",
        }
    )


def open_text(pages: int, lines: Lines) -> bytes:
    """A heading and paragraphs for each page, as OpenDocument."""
    names = f'xmlns:office="{_OASIS}office:1.0" xmlns:text="{_OASIS}text:1.0"'
    body = "".join(
        f'<text:h text:outline-level="1">Chapter {n + 1}</text:h>'
        + "".join(f"<text:p>{line}</text:p>" for line in lines(n))
        for n in range(pages)
    )
    content = (
        f"<office:document-content {names}><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )
    return _zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def rich_text(pages: int, lines: Lines) -> bytes:
    """Paragraphs of Rich Text."""
    text = "".join(f"{line}\\par " for n in range(pages) for line in lines(n))
    return ("{\\rtf1\\ansi " + text + "}").encode()


def mail(pages: int, lines: Lines) -> bytes:
    """A mail of so many pages, half of them in an attachment."""
    message = EmailMessage()
    message["From"], message["Subject"] = "made@acme.test", "Made"
    halves = [range(pages // 2), range(pages // 2, pages)]
    body, attached = ("\n".join(line for n in half for line in lines(n)) for half in halves)
    message.set_content(body)
    message.add_attachment(attached.encode(), maintype="text", subtype="plain", filename="more.txt")
    return bytes(message)


def book(pages: int, lines: Lines) -> bytes:
    """A chapter for each page."""
    names = [f"c{n}.xhtml" for n in range(pages)]
    items = "".join(f'<item id="{n}" href="{n}" media-type="application/xhtml+xml"/>' for n in names)
    spine = "".join(f'<itemref idref="{n}"/>' for n in names)
    container = '<container><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>'
    entries = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "p.opf": f"<package><metadata/><manifest>{items}</manifest><spine>{spine}</spine></package>",
    }
    for number, name in enumerate(names):
        text = "".join(f"<p>{escape(line)}</p>" for line in lines(number))
        entries[name] = f"<html><body><h1>Chapter {number + 1}</h1>{text}</body></html>"
    return _zipped(entries)


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="{key}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def _zipped(entries: Mapping[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return file.getvalue()
