"""Plain text in any encoding."""

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.parsed import Parsed, Section, clean


def parse(data: bytes, _limits: Limits) -> Parsed:
    """The whole text as one section, without page or heading."""
    return Parsed(title="", language=None, sections=(Section(clean(decode_text(data))),))
