"""Asking a route by the official client, whole or streamed, and what was heard of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import openai

if TYPE_CHECKING:
    from tests.api.conftest import Api


@dataclass
class Heard:
    """What came: the words, the finish reason, the usage, what the route did, and an error."""

    text: str = ""
    finish: str | None = None
    usage: Any = None
    route: dict[str, Any] = field(default_factory=dict)
    error: openai.APIError | None = None


def ask(api: Api, text: str = "Hello?", route: str = "auto", **options: Any) -> Any:
    """The client's own answer or stream."""
    messages: list[Any] = [{"role": "user", "content": text}]
    return api.client().chat.completions.create(model=f"route/{route}", messages=messages, **options)


def words(answer: Any) -> str:
    """A whole answer's text."""
    return str(answer.choices[0].message.content)


def hear(
    api: Api, *, stream: bool, text: str = "Hello?", on_text: Callable[[], None] | None = None, **options: Any
) -> Heard:
    """Ask, and take what comes until the end or an error."""
    heard = Heard()
    try:
        if stream:
            options["stream_options"] = {"include_usage": True}
            for chunk in ask(api, text, stream=True, **options):
                _take(heard, chunk, on_text)
        else:
            whole = ask(api, text, **options)
            heard.text, heard.finish = words(whole), whole.choices[0].finish_reason
            heard.usage, heard.route = whole.usage, whole.route
    except openai.APIError as error:
        heard.error = error
    return heard


def _take(heard: Heard, chunk: Any, on_text: Callable[[], None] | None) -> None:
    heard.usage = chunk.usage or heard.usage
    heard.route = getattr(chunk, "route", None) or heard.route
    for choice in chunk.choices:
        heard.text += choice.delta.content or ""
        heard.finish = choice.finish_reason or heard.finish
        if choice.delta.content and on_text is not None:
            on_text()
