"""Anthropic: messages, thinking, tools, documents and the list of models."""

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlencode

from apps.llm.vendors.anthropic.body import message_body
from apps.llm.vendors.anthropic.events import MessageEvents
from apps.llm.vendors.base import ChatRequest, Delta, ErrorKind, ListedModel, Modality
from apps.llm.vendors.errors import error
from apps.llm.vendors.event_json import count, mapping
from apps.llm.vendors.http import JSON_TYPE, Call, base_of, fetch_json, key_of, stream_call
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts, Vendor, VendorInfo

VERSION = "2023-06-01"
MOST_PAGES = 10


class Anthropic(Vendor):
    """Claude at its maker's; also any host that speaks the same protocol."""

    slug = "anthropic"
    label = "Anthropic"
    base_url = "https://api.anthropic.com"
    key_page = "https://platform.claude.com/settings/keys"
    info = VendorInfo(
        weights="closed",
        hosting="hosted",
        region="United States, by default worldwide",
        docs="https://platform.claude.com/docs/en/api/messages",
    )

    @property
    def fields(self) -> tuple[Field, ...]:
        """What the form asks for."""
        return (
            Field(
                "base_url",
                "Base URL",
                "Only another one for a proxy of your own.",
                kind="url",
                required=True,
                default=self.base_url,
            ),
            Field("api_key", "Key", "Stored sealed, sent to this address only.", required=True, secret=True),
            Field(
                "cache_prompts",
                "Mark prompts for the host's cache",
                "Long chats get cheaper, the first call of each a quarter dearer.",
                kind="boolean",
                default="no",
            ),
            Field(
                "beta", "Beta features", "Comma-separated names for the anthropic-beta header; mostly none."
            ),
        )

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed message; nothing is retried here."""
        events = MessageEvents(request.model, endpoint.api_key)

        def call() -> Call:
            body = message_body(request, cache=endpoint.settings.get("cache_prompts") == "yes")
            events.answer_tool = body.answer_tool
            return _call(endpoint, "messages", body.data)

        return stream_call(endpoint, call, events, timeouts)

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """Every page of the host's list, in its order."""
        found: list[ListedModel] = []
        after = ""
        for _ in range(MOST_PAGES):
            query = urlencode({"limit": 1000, **({"after_id": after} if after else {})})
            page = mapping(await fetch_json(endpoint, _call(endpoint, f"models?{query}")))
            found += _models(page)
            after = str(page.get("last_id") or "")
            if not page.get("has_more") or not after:
                break
        return found

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models, which needs a valid key."""
        await self.list_models(endpoint)


def _call(endpoint: Endpoint, path: str, body: bytes | None = None) -> Call:
    headers = {"Content-Type": JSON_TYPE, "anthropic-version": VERSION}
    key = key_of(endpoint)
    if key:
        headers["x-api-key"] = key
    beta = endpoint.settings.get("beta", "").strip()
    if beta and beta.isascii() and beta.isprintable():
        headers["anthropic-beta"] = beta
    return Call(f"{base_of(endpoint, '/v1/messages', '/v1')}/v1/{path}", headers, body)


def _models(page: dict[str, Any]) -> list[ListedModel]:
    rows = page.get("data")
    if not isinstance(rows, list):
        raise error(ErrorKind.PROTOCOL, detail="no list of models in the answer")
    named = [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
    return [
        ListedModel(row["id"], Modality.CHAT, count(row.get("max_input_tokens")) or None) for row in named
    ]
