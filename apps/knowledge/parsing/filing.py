"""Parts and items of a filing (SEC Form 10-K and its kin), which are headings however they are set."""

import re

PART_LEVEL, ITEM_LEVEL = 1, 2

_PART = re.compile(r"part\s+[IVX]{1,4}\b", re.IGNORECASE)
_ITEM = re.compile(r"item\s+\d{1,2}[A-C]?\b[.:\s\u2013\u2014-]*", re.IGNORECASE)


def level_by_name(text: str) -> int:
    """The level of a part or an item by its name, else 0; others in such a document stand below these."""
    return PART_LEVEL if _PART.match(text) else ITEM_LEVEL if _ITEM.match(text) else 0


def is_number_only(text: str) -> bool:
    """Whether an item's heading is its number, so that its name is the next line."""
    return bool(_ITEM.fullmatch(text))
