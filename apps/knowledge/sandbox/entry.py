"""What the subprocess runs for a document."""

from collections.abc import Callable

from apps.knowledge.parsing import parsed, registry
from apps.knowledge.parsing.limits import Limits


def parse(data: bytes, limits: Limits, *, name: str) -> Callable[[], bytes]:
    """Import the parser; the returned call reads the document and gives it as JSON."""
    read = registry.prepare(data, name, limits)
    return lambda: parsed.encode(read())
