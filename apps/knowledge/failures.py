"""Why reading a document ended without success, beyond what a parser says; and when another try can help."""

from __future__ import annotations

from typing import Final

from apps.knowledge.parsing.errors import ParseErrorKind

MOST_ATTEMPTS: Final = 3

ATTEMPTS: Final = "attempts"
FAULT: Final = "fault"
MISSING: Final = "missing"

SENTENCES: Final = {
    ATTEMPTS: (
        f"Reading this file was begun {MOST_ATTEMPTS} times and never came to an end; other documents are "
        "not affected. Save the file anew and upload that copy, or try again."
    ),
    FAULT: (
        "Something on our side went wrong while this file was read. The file is kept. Try again in a moment; "
        "if it fails again, tell your administrator."
    ),
    MISSING: "The stored file is gone, so it cannot be read. Upload it again.",
}
RETRYABLE: Final = {
    ATTEMPTS,
    FAULT,
    ParseErrorKind.CRASHED.value,
    ParseErrorKind.TIMEOUT.value,
    ParseErrorKind.MEMORY.value,
}

NO_MODEL: Final = (
    "Found by its words only: there was no embedding model. Once one is set up, choose Retry to add meaning."
)
MODEL_FAILED: Final = (
    "Found by its words only: the embedding model did not answer. Choose Retry to try again."
)
MODEL_REFUSED: Final = (
    "Found by its words only: a budget, a limit or a rule of the organisation kept the text from the "
    "embedding model. Once it may go there, choose Retry."
)
MODEL_UNFIT: Final = (
    "Found by its words only: the embedding model gives vectors of a size that is not supported."
)

MODEL_BARRED: Final = (
    "Found by its words only: the collection's embedding model may not be used now. Choose another model for "
    "the collection, or have this one granted and choose Retry."
)
HELD: Final = (
    "Your organisation's limit a minute for the embedding model is reached. It goes on by itself in a moment."
)
PASSAGE_CHANGED: Final = (
    "A changed passage is found by its words only until its meaning is computed. If this stays, choose Retry."
)

CURABLE_NOTES: Final = frozenset({NO_MODEL, MODEL_FAILED, MODEL_REFUSED, MODEL_BARRED, PASSAGE_CHANGED})
OF_MODELS: Final = CURABLE_NOTES | {MODEL_UNFIT}
"""Notes that vectors of another model make untrue."""
