"""Why a document could not be read, in words for the person who uploaded it."""

from enum import StrEnum


class ParseErrorKind(StrEnum):
    UNSUPPORTED = "unsupported"
    MISMATCH = "mismatch"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    EMPTY = "empty"
    NO_TEXT = "no_text"
    TOO_LARGE = "too_large"
    BOMB = "bomb"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"


MESSAGES = {
    ParseErrorKind.UNSUPPORTED: (
        "This kind of file cannot be read. Save it as PDF, as an Office or OpenDocument file, HTML, "
        "Markdown or plain text and upload that."
    ),
    ParseErrorKind.MISMATCH: (
        "The content of this file is not what its name says. Check that it is the right file, "
        "give it the right ending, and upload it again."
    ),
    ParseErrorKind.ENCRYPTED: (
        "This file is protected by a password, so its text cannot be read. "
        "Save a copy without a password and upload that."
    ),
    ParseErrorKind.CORRUPT: (
        "This file is damaged and cannot be read. Open it in the program that made it, save it again, "
        "and upload the new copy."
    ),
    ParseErrorKind.EMPTY: "This file holds no text. Check that it is the right file and upload it again.",
    ParseErrorKind.NO_TEXT: (
        "No text could be found in this picture or scan. Check that it is upright and sharp, or upload "
        "a copy with a text layer."
    ),
    ParseErrorKind.TOO_LARGE: (
        "This file is too large to be read in one go. Split it into smaller parts and upload those."
    ),
    ParseErrorKind.BOMB: (
        "This file was refused: it would unpack to far more than its size, or is built in a way that honest "
        "files are not. Save a fresh copy in the program that made it and upload that."
    ),
    ParseErrorKind.TIMEOUT: (
        "Reading this file took too long and was stopped. Split it into smaller parts, "
        "or save it again in a simpler form, and upload that."
    ),
    ParseErrorKind.MEMORY: (
        "Reading this file needed too much memory and was stopped. "
        "Split it into smaller parts and upload those."
    ),
    ParseErrorKind.CRASHED: (
        "The reader stopped unexpectedly at this file; other documents are not affected. "
        "Try again, or save the file anew and upload that copy."
    ),
}

OLD_OFFICE = (
    "This file is in the old format of Word, Excel or PowerPoint, which cannot be read. Save it as "
    ".docx, .xlsx or .pptx and upload that."
)

OWN_ENTITIES = (
    "This XML file was refused: it defines entities (<!ENTITY …>), which are never opened, since a "
    "file can hide any size behind them. Save it with their text written out and upload that."
)

TOO_DEEP = "It lies too deep inside other files to be read. Take it out and upload it by itself."

UNKNOWN_SCRIPT = (
    "The writing in this picture or scan cannot be read: it is unclear, in a script that is not known here, "
    "or in another language than was chosen for it. Choose its language and read it again, or upload a copy "
    "with a text layer."
)

# Trying the same bytes again can only help where the cause may lie outside the file.
_RETRYABLE = {ParseErrorKind.CRASHED, ParseErrorKind.TIMEOUT}


class ParseError(Exception):
    """A document that could not be read; `message` says what happened and what to do."""

    def __init__(self, kind: ParseErrorKind, message: str = "") -> None:
        self.kind = kind
        self.message = message or MESSAGES[kind]
        super().__init__(self.message)

    @property
    def retryable(self) -> bool:
        """Whether reading the same bytes again may succeed."""
        return self.kind in _RETRYABLE
