"""Mail as it travels (RFC 5322, MIME): head, body, attachments."""

import email.generator  # noqa: F401 (loaded now: inside the closed sandbox no file can be opened any more)
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from html import unescape
from typing import Any

from apps.knowledge.parsing import encoding, registry
from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.nested import Nest
from apps.knowledge.parsing.parsed import Parsed, Section, clean

HEADERS = ("From", "To", "Cc", "Date", "Subject")
_UNNAMED = "Attachment"
_STUB = 2
_TEXTS = ("text/plain", "text/html")
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}


def preload() -> None:
    """An attachment may be of any format, in any encoding."""
    registry.preload_all()
    encoding.preload()


def parse(data: bytes, limits: Limits) -> Parsed:
    """The head and the body as sections, then each attachment under a heading of its name.

    Raises ParseError: corrupt, empty (no body and no attachment).
    """
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    message = BytesParser(policy=policy.default).parsebytes(data)
    if not message.keys():
        raise ParseError(ParseErrorKind.CORRUPT)
    subject = _header(message, "Subject")
    nest = Nest(limits)
    head = "\n".join(f"{name}: {value}" for name in HEADERS if (value := _header(message, name)))
    sections = [Section(head), *_body(message, limits)]
    for part in _attachments(message):
        name = _name(part)
        content = _bytes(part)
        if content.strip():
            nest.add(name, content)
    return Parsed(subject, None, (*sections, *nest.sections))


def body_sections(plain: str, html: bytes, limits: Limits) -> tuple[Section, ...]:
    """The plain text where there is one, unless the HTML says much more; else what the HTML shows."""
    shown = registry.read_as("html", html, limits).sections if html.strip() else ()
    text = clean(unescape(plain) if "&nbsp;" in plain else plain).strip()
    if not text or sum(len(section.text) for section in shown) > _STUB * len(text):
        return shown
    return (Section(text),)


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = message[name]
    except (MessageError, ValueError, IndexError, AttributeError, TypeError):
        value = next((raw for key, raw in message.raw_items() if key.lower() == name.lower()), "")
    return " ".join(clean(str(value or "")).split())


def _body(message: EmailMessage, limits: Limits) -> tuple[Section, ...]:
    """What is shown of the text parts in their order; of those that are one text in several forms, one."""
    forms: dict[int, list[Any]] = {}
    for part, family in _leaves(message):
        if part.get_content_type() in _TEXTS and not _is_attached(part):
            forms.setdefault(family, []).append(part)
    sections: list[Section] = []
    for parts in forms.values():
        plain, html = (
            "\n\n".join(_text(part) for part in parts if part.get_content_type() == kind) for kind in _TEXTS
        )
        sections += body_sections(plain, html.encode("utf-8", "replace"), limits)
    return tuple(sections)


def _attachments(message: EmailMessage) -> list[Any]:
    return [part for part, _ in _leaves(message) if _is_attached(part)]


def _leaves(message: Any) -> list[tuple[Any, int]]:
    """Parts that hold something, each with the number of its text: forms of one text have the same.

    A forwarded mail is a part, and is not opened here.
    """
    found: list[tuple[Any, int]] = []
    stack: list[tuple[Any, int | None]] = [(message, None)]
    number = 0
    while stack:
        part, family = stack.pop()
        number += 1
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            if part.get_content_type() == "multipart/alternative" and family is None:
                family = number
            stack.extend((inner, family) for inner in reversed(part.get_payload()))
        else:
            found.append((part, number if family is None else family))
    return found


def _is_attached(part: Any) -> bool:
    """A picture that the text shows (a logo) is no attachment, nor is a signature."""
    if part.get_content_type() in _SIGNATURES:
        return False
    if part.get_content_type() in _TEXTS:
        return bool(part.get_content_disposition() == "attachment")
    return not (part.get_content_maintype() == "image" and part.get("Content-ID"))


def _name(part: Any) -> str:
    try:
        name = part.get_filename()
    except (MessageError, ValueError, LookupError, TypeError, AttributeError):
        name = None
    if not name and part.get_content_type() == "message/rfc822":
        payload = part.get_payload()
        subject = _header(payload[0], "Subject") if isinstance(payload, list) and payload else ""
        return f"{subject[:190] or _UNNAMED}.eml"
    return " ".join(clean(str(name or _UNNAMED)).split())[:200]


def _bytes(part: Any) -> bytes:
    payload = part.get_payload()
    if part.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
        return bytes(payload[0].as_bytes())
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: Any) -> str:
    """The part's text by its charset; where that is missing or wrong, as any text."""
    content = _bytes(part)
    label = part.get_content_charset()
    if label and label not in {"us-ascii", "ascii"}:
        try:
            return content.decode(label)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode_text(content, declared=True) if content.strip() else ""
