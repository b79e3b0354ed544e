"""PaLM 2, which Google closed: still a choice, so that whoever looks for it learns what to use instead."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from apps.llm.vendors.base import ChatRequest, Delta, ErrorKind, ListedModel, VendorError
from apps.llm.vendors.errors import error
from apps.llm.vendors.google.events import GeminiEvents
from apps.llm.vendors.http import Call, stream_call
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts, Vendor, VendorInfo

_INFO = VendorInfo(
    weights="closed",
    retired="Google closed PaLM 2 in 2024. Use Google Gemini, or Google Vertex AI.",
    docs="https://ai.google.dev/gemini-api/docs",
)
_CLOSED = "Google closed PaLM 2. Nothing was sent. An admin should connect Google Gemini or Google Vertex AI."


@dataclass(frozen=True, slots=True)
class Palm(Vendor):
    """Answers every call with what to use instead; nothing leaves."""

    slug: str = "palm"
    label: str = "Google PaLM 2"
    key_page: str = ""
    info: VendorInfo = _INFO

    @property
    def fields(self) -> tuple[Field, ...]:
        """The address that it had."""
        default = "https://generativelanguage.googleapis.com/v1beta2"
        return (Field("base_url", "Base URL", _INFO.retired, kind="url", required=True, default=default),)

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Raise VendorError (not_found) at the first step."""
        return stream_call(endpoint, _refuse, GeminiEvents(request.model, ""), timeouts)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """Raise VendorError (not_found)."""
        del endpoint
        raise _closed()

    async def check(self, endpoint: Endpoint) -> None:
        """Raise VendorError (not_found)."""
        del endpoint
        raise _closed()


def _refuse() -> Call:
    raise _closed()


def _closed() -> VendorError:
    return error(ErrorKind.NOT_FOUND, message=_CLOSED, detail="PaLM 2 is closed")
