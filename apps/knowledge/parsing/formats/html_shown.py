"""What of a web page's elements a reader sees: never scripts, hidden parts, or how a word is pronounced."""

import re

from selectolax.lexbor import LexborNode

_NEVER = frozenset(
    re.findall(
        r"[\w:]+",
        "head script style noscript template svg math iframe object canvas rt rp ix:header ix:hidden",
    )
)
_HIDDEN_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide)", re.IGNORECASE
)
BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
        "figcaption figure footer form header hr legend li main menu nav ol p pre section summary table "
        "tbody td tfoot th thead tr ul",
    )
)
FIELDS = frozenset(("input", "select"))
_TYPED = frozenset(
    ("text", "search", "email", "tel", "url", "number", "date", "datetime-local", "month", "time")
)


def is_shown(node: LexborNode) -> bool:
    """Whether the element says nothing that would keep a browser from showing it."""
    if node.tag in _NEVER:
        return False
    attributes = node.attributes
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return False
    return not _HIDDEN_STYLE.search(attributes.get("style") or "")


def entered(field: LexborNode) -> str:
    """What a field of a form holds: its value, or the options that are chosen; "" for buttons and secrets."""
    if field.tag == "select":
        chosen = (one for one in field.css("option") if "selected" in one.attributes)
        return ", ".join(one.text().strip() for one in chosen)
    kind = (field.attributes.get("type") or "text").lower()
    return (field.attributes.get("value") or "") if kind in _TYPED else ""


def visible(node: LexborNode) -> str:
    """The text below a node on one line: blocks and breaks part words, a change of type does not."""
    parts: list[str] = []
    stack = list(reversed(list(node.iter(include_text=True))))
    while stack:
        child = stack.pop()
        if child.is_text_node:
            parts.append(child.text_content or "")
        elif child.is_element_node and is_shown(child):
            if child.tag in FIELDS:
                parts.append(f" {entered(child)} ")
                continue
            parts.append(" " if child.tag in BLOCKS or child.tag == "br" else "")
            stack += reversed(list(child.iter(include_text=True)))
    return " ".join("".join(parts).split())
