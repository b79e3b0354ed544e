"""Which paragraph styles of a Word document are headings."""

import re
from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
_MAX_CHAIN = 20
MAX_LEVEL = 9


def heading_levels(styles: Element | None) -> dict[str, int]:
    """Level by style id: 1 to 9 for headings, 0 for the title; by built-in name, outline level, or parent."""
    if styles is None:
        return {}
    by_id = {style.get(f"{W}styleId", ""): style for style in styles.findall(f"{W}style")}
    levels = {name: _level(style, by_id) for name, style in by_id.items()}
    return {name: level for name, level in levels.items() if level is not None}


def _level(style: Element | None, by_id: dict[str, Element]) -> int | None:
    for _ in range(_MAX_CHAIN):
        if style is None:
            return None
        level = _own_level(style)
        if level is not None:
            return level
        parent = style.find(f"{W}basedOn")
        style = None if parent is None else by_id.get(parent.get(f"{W}val", ""))
    return None


def _own_level(style: Element) -> int | None:
    name = style.find(f"{W}name")
    label = "" if name is None else name.get(f"{W}val", "")
    if label.lower() == "title":
        return 0
    heading = _HEADING.match(label)
    if heading:
        return int(heading[1])
    outline = style.find(f"{W}pPr/{W}outlineLvl")
    value = "" if outline is None else outline.get(f"{W}val", "")
    return int(value) + 1 if value.isdigit() and int(value) < MAX_LEVEL else None
