"""Questions about a document as a whole ("Summarise the attached file"): no passage is nearest to them."""

from __future__ import annotations

import re
from typing import Final

_MOST_WORDS: Final = 40
_WHOLE: Final = re.compile(
    r"\b("
    r"summar\w*|tl;?dr|overview|outline|key points?|main points?|gist|"
    r"(this|the|these|my|attached|uploaded) (attached |uploaded )?"
    r"(document|file|pdf|attachment|text|paper|report)s?|"
    r"zusammenfass\w*|fass\w* .{0,60}zusammen|"
    r"(dieses?|der|das|die|angehängte\w*) (dokument|datei|anhang|text)\w*|"
    r"r[ée]sum\w*|synth[èe]se|(ce|cet|cette|le|la) (document|fichier|texte|pièce jointe)|"
    r"resum\w*|(este|el|ese) (documento|archivo|fichero|texto)|"
    r"riassum\w*|(questo|il) (documento|file|testo)|"
    r"(este|o) (documento|arquivo|ficheiro|texto)|samenvat\w*|(dit|het) (document|bestand)"
    r")\b",
    re.IGNORECASE,
)


def asks_for_whole(question: str) -> bool:
    """Whether a short question speaks of a document as such, in one of the commonest languages."""
    return len(question.split()) <= _MOST_WORDS and bool(_WHOLE.search(question))
