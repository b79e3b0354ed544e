"""Text-completion hosts: a chat template makes one prompt of the conversation, the host continues it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from apps.llm.vendors.base import ChatRequest, Delta, ErrorKind, FilePart, ImagePart, VendorError
from apps.llm.vendors.chat_templates import TEMPLATES, Template, turns_of
from apps.llm.vendors.completion_events import CompletionEvents
from apps.llm.vendors.errors import error
from apps.llm.vendors.http import Call, base_of, fetch_call, stream_call
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.openai_words import PENALTIES, extra_of

DEFAULT_TOKENS = 512
MOST_STOPS = 4
Shape = Literal["openai", "engines", "luminous"]
_RESERVED = frozenset({"model", "prompt", "stream", "stream_options", "n", "echo"})
_WORDS_ONLY = (
    "This model only continues a text: it takes no {what}. Nothing was sent. "
    "Remove them, or choose another model."
)

TEMPLATE_FIELD = Field(
    "template",
    "Chat template",
    "How a conversation becomes one text. Base models want plain turns, tuned ones what they were tuned on.",
    kind="choice",
    default="plain",
    choices=tuple((name, template.label) for name, template in TEMPLATES.items()),
)
STOP_FIELD = Field("stop", "Stop sequences", "Further texts that end an answer, separated by |.")


@dataclass(frozen=True)
class Completions(OpenAICompatible):
    """A host without chat. `shape`: where the model stands, and how limits are called.

    openai: POST completions, the model in the body (vLLM, llama.cpp). engines: POST
    engines/MODEL/completions (goose.ai/docs/api). luminous: POST complete (docs.aleph-alpha.com).
    """

    shape: Shape = "openai"

    @property
    def fields(self) -> tuple[Field, ...]:
        """What the form asks for."""
        base, key, *rest = super().fields
        return (base, key, TEMPLATE_FIELD, STOP_FIELD, *rest)

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; raises VendorError (bad request) for tools, pictures and files."""
        events = CompletionEvents(request.model, endpoint.api_key)

        def call() -> Call:
            _refuse_more_than_words(request)
            return self._call(endpoint, self._path(request.model), self._body(endpoint, request))

        return stream_call(endpoint, call, events, timeouts)

    async def check(self, endpoint: Endpoint) -> None:
        """Ask for the list of models, or for an answer from none where there is no list."""
        if self.list_path:
            await self.list_models(endpoint)
            return
        body = orjson.dumps({"model": "atrium-check", "prompt": "ping", _limit(self.shape): 1})
        try:
            await fetch_call(endpoint, self._call(endpoint, self._path("atrium-check"), body))
        except VendorError as refused:
            if refused.kind not in {ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST}:
                raise

    def _url(self, endpoint: Endpoint, path: str) -> str:
        if path.startswith("/"):
            return super()._url(endpoint, path)
        return f"{base_of(endpoint, '/completions', '/complete', '/engines')}/{path}"

    def _path(self, model: str) -> str:
        return {"openai": "completions", "engines": f"engines/{model}/completions", "luminous": "complete"}[
            self.shape
        ]

    def _body(self, endpoint: Endpoint, request: ChatRequest) -> bytes:
        template = TEMPLATES.get(endpoint.settings.get("template", ""), TEMPLATES["plain"])
        body: dict[str, Any] = {"prompt": template.prompt(turns_of(request.messages)), "stream": True}
        if self.shape != "engines":
            body["model"] = request.model
        body[_limit(self.shape)] = request.max_tokens or DEFAULT_TOKENS
        stops = _stops(template, endpoint, request)
        if stops:
            body["stop_sequences" if self.shape == "luminous" else "stop"] = stops
        sampling = {"temperature": request.temperature, "top_p": request.top_p, "seed": request.seed}
        body |= {name: value for name, value in sampling.items() if value is not None}
        if self._dialect(endpoint).usage_option and self.shape == "openai":
            body["stream_options"] = {"include_usage": True}
        body |= extra_of(request, _RESERVED, PENALTIES)
        return orjson.dumps(body, default=dict)


def _limit(shape: Shape) -> str:
    return "maximum_tokens" if shape == "luminous" else "max_tokens"


def _stops(template: Template, endpoint: Endpoint, request: ChatRequest) -> list[str]:
    """The caller's, the connection's, then the template's own; four at most, which is what hosts take."""
    own = [text.replace("\\n", "\n") for text in endpoint.settings.get("stop", "").split("|") if text.strip()]
    return list(dict.fromkeys([*request.stop, *own, *template.stop]))[:MOST_STOPS]


def _refuse_more_than_words(request: ChatRequest) -> None:
    parts = [part for message in request.messages for part in message.parts]
    what = "tools" if request.tools else ""
    if any(isinstance(part, ImagePart | FilePart) for part in parts):
        what = "pictures or files"
    if what:
        raise error(ErrorKind.BAD_REQUEST, message=_WORDS_ONLY.format(what=what), detail=f"no {what} here")
