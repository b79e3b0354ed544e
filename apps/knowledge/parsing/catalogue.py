"""The formats that can be read. Another format: a module in `formats` and a line here."""

from dataclasses import dataclass
from typing import Literal

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OASIS = "application/vnd.oasis.opendocument."


@dataclass(frozen=True, slots=True)
class Format:
    """A format: `module` in `formats` reads it; one of magic, container and tags tells its content.

    magic: bytes of which one stands at the beginning. container: a zip or OLE file, known by an entry whose
    name begins with `member` or by `media_type` in its entry `mimetype`. tags: words of which one begins a
    tag in the head of a text. A format with none of them is text that its name or its shape tells apart.
    """

    name: str
    label: str
    media_type: str
    extensions: tuple[str, ...]
    module: str = ""
    magic: tuple[bytes, ...] = ()
    container: Literal["", "zip", "ole"] = ""
    member: str = ""
    tags: tuple[str, ...] = ()

    @property
    def textual(self) -> bool:
        return not (self.magic or self.container)


_ALL = (
    Format("pdf", "PDF", "application/pdf", ("pdf",), magic=(b"%PDF-",)),
    Format(
        "docx",
        "Word document",
        f"{_OFFICE}wordprocessingml.document",
        ("docx", "docm", "dotx", "dotm"),
        container="zip",
        member="word/",
    ),
    Format(
        "pptx",
        "PowerPoint presentation",
        f"{_OFFICE}presentationml.presentation",
        ("pptx", "pptm", "ppsx", "potx"),
        container="zip",
        member="ppt/",
    ),
    Format(
        "xlsx",
        "Excel workbook",
        f"{_OFFICE}spreadsheetml.sheet",
        ("xlsx", "xlsm", "xltx"),
        container="zip",
        member="xl/workbook.xml",
    ),
    Format("odt", "OpenDocument text", f"{_OASIS}text", ("odt", "ott"), "opendocument", container="zip"),
    Format(
        "ods",
        "OpenDocument spreadsheet",
        f"{_OASIS}spreadsheet",
        ("ods", "ots"),
        "opendocument",
        container="zip",
    ),
    Format(
        "odp",
        "OpenDocument presentation",
        f"{_OASIS}presentation",
        ("odp", "otp"),
        "opendocument",
        container="zip",
    ),
    Format(
        "epub",
        "EPUB book",
        "application/epub+zip",
        ("epub",),
        container="zip",
        member="META-INF/container.xml",
    ),
    Format("zip", "zip file", "application/zip", ("zip",), "zipped", container="zip"),
    Format("msg", "Outlook message", "application/vnd.ms-outlook", ("msg",), "outlook", container="ole"),
    Format("rtf", "Rich Text document", "application/rtf", ("rtf",), magic=(b"{\\rtf",)),
    Format("png", "PNG picture", "image/png", ("png",), "picture", magic=(b"\x89PNG\r\n\x1a\n",)),
    Format(
        "jpeg", "JPEG picture", "image/jpeg", ("jpg", "jpeg", "jfif"), "picture", magic=(b"\xff\xd8\xff",)
    ),
    Format("tiff", "TIFF picture", "image/tiff", ("tif", "tiff"), "picture", magic=(b"II*\0", b"MM\0*")),
    Format("webp", "WebP picture", "image/webp", ("webp",), "picture", magic=(b"RIFF",)),
    Format("gif", "GIF picture", "image/gif", ("gif",), "picture", magic=(b"GIF87a", b"GIF89a")),
    Format("bmp", "BMP picture", "image/bmp", ("bmp", "dib"), "picture", magic=(b"BM",)),
    Format(
        "html",
        "Web page",
        "text/html",
        ("html", "htm", "xhtml"),
        tags=("!doctype html", "html", "head", "body"),
    ),
    Format("eml", "mail", "message/rfc822", ("eml", "mht", "mhtml"), "mail"),
    Format("json", "JSON", "application/json", ("json", "jsonl", "ndjson"), "json_text"),
    Format("xml", "XML", "application/xml", ("xml", "svg", "rss", "atom", "opml"), "xml_text"),
    Format("csv", "table as text", "text/csv", ("csv",), "delimited"),
    Format("tsv", "table as text", "text/tab-separated-values", ("tsv", "tab"), "delimited"),
    Format("md", "Markdown", "text/markdown", ("md", "markdown")),
    Format("txt", "Plain text", "text/plain", ("txt", "text", "log")),
)

FORMATS: dict[str, Format] = {format_.name: format_ for format_ in _ALL}
