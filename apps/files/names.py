"""File names that people chose, made harmless: for showing, for headers, never for paths."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_CHARACTERS: Final = 200
_UNNAMED: Final = "file"
_MOST_ENDING: Final = 12
# Controls, separators of lines, and marks that turn the direction of what follows (U+202E and its like).
_DROPPED: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_RESERVED: Final = re.compile(r'[<>:"|?*;%\\/]')


def clean_name(name: str) -> str:
    """The last part of the name without what a path, a header or a reader's eye could stumble over.

    At most 200 characters, its ending kept; "file" where nothing is left.
    """
    last = re.split(r"[\\/]", name.replace("\0", ""))[-1]
    kept = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", last))
    kept = "".join(char for char in kept if unicodedata.category(char) not in _DROPPED)
    kept = " ".join(_RESERVED.sub("_", kept).split()).lstrip(".-~ ").rstrip(". ")
    return _shortened(kept) or _UNNAMED


def _shortened(name: str) -> str:
    if len(name) <= MOST_CHARACTERS:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _MOST_ENDING:
        return name[:MOST_CHARACTERS]
    return f"{stem[: MOST_CHARACTERS - len(ending) - 1]}.{ending}"
