"""What the subprocess runs for a document."""

from collections.abc import Callable

from apps.knowledge.parsing import parsed, recognition, registry
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.sandbox import reporting

NEEDS_RECOGNITION = b"null"


def parse(
    data: bytes, limits: Limits, *, name: str, recognise: bool, scan_language: str
) -> Callable[[], bytes]:
    """Import the parser; the returned call reads the document and gives it as JSON.

    Without `recognise` no model is loaded; a document that holds pictures of text gives NEEDS_RECOGNITION.
    """
    recognition.report_to(reporting.report)
    if recognise:
        recognition.prepare(spare=limits.cpu / 2, language=scan_language)
    read = registry.prepare(data, name, limits)

    def run() -> bytes:
        try:
            return parsed.encode(read())
        except recognition.RecognitionNeededError:
            return NEEDS_RECOGNITION

    return run
