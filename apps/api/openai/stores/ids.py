"""Ids as OpenAI writes them: a kind, then our id without dashes."""

from __future__ import annotations

from uuid import UUID

from django.urls import register_converter

FILE = "file-"
STORE = "vs_"
BATCH = "vsfb_"


class _Converter:
    prefix: str = ""
    regex: str = ""

    def to_python(self, value: str) -> UUID:
        """Our id."""
        return UUID(value.removeprefix(self.prefix))

    def to_url(self, value: UUID) -> str:
        """OpenAI's."""
        return f"{self.prefix}{value.hex}"


class FileConverter(_Converter):
    prefix = FILE
    regex = f"{FILE}[0-9a-f]{{32}}"


class StoreConverter(_Converter):
    prefix = STORE
    regex = f"{STORE}[0-9a-f]{{32}}"


class BatchConverter(_Converter):
    prefix = BATCH
    regex = f"{BATCH}[0-9a-f]{{32}}"


def read_id(prefix: str, text: str) -> UUID | None:
    """Our id; None where the text is none of this kind."""
    rest = text.removeprefix(prefix)
    is_one = text.startswith(prefix) and len(rest) == 32 and all(c in "0123456789abcdef" for c in rest)  # noqa: PLR2004 - a UUID's
    return UUID(rest) if is_one else None


register_converter(FileConverter, "v1_file")
register_converter(StoreConverter, "v1_store")
register_converter(BatchConverter, "v1_batch")
