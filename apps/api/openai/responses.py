"""Writes OpenAI's answers: one JSON object, or server-sent events. Pure.

A token costs one orjson call and one concatenation: what is the same in each event is encoded once.
Source: https://platform.openai.com/docs/api-reference/chat/streaming
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"


class ChunkWriter:
    """The events of one streamed answer."""

    __slots__ = ("_after", "_before", "_called", "_head", "_include_usage")

    def __init__(self, *, answer_id: str, created: int, model: str, include_usage: bool) -> None:
        head = {"id": answer_id, "object": "chat.completion.chunk", "created": created, "model": model}
        self._head = b"data: " + orjson.dumps(head)[:-1]
        self._before = self._head + b',"choices":[{"index":0,"delta":'
        self._called: set[int] = set()
        self._include_usage = include_usage
        self._after = b',"finish_reason":null}]' + self._usage_null + b"}\n\n"

    @property
    def _usage_null(self) -> bytes:
        return b',"usage":null' if self._include_usage else b""

    def role(self) -> bytes:
        """The first event, which only says who speaks."""
        return self._before + b'{"role":"assistant","content":""}' + self._after

    def text(self, text: str) -> bytes:
        """A piece of the answer."""
        return self._before + b'{"content":' + orjson.dumps(text) + b"}" + self._after

    def reasoning(self, text: str) -> bytes:
        """A piece of the thinking, in the field that most hosts use for it."""
        return self._before + b'{"reasoning_content":' + orjson.dumps(text) + b"}" + self._after

    def tool_call(self, call: Mapping[str, Any]) -> bytes:
        """A piece of a tool call; id and name come with its first alone: clients join what is repeated."""
        piece: dict[str, Any] = {"index": call["index"], "function": {"arguments": call["arguments"] or ""}}
        if call["index"] not in self._called:
            self._called.add(call["index"])
            piece |= {"id": call["id"], "type": "function"}
            piece["function"]["name"] = call["name"]
        return self._before + orjson.dumps({"tool_calls": [piece]}) + self._after

    def end(
        self, finish_reason: str, usage: Mapping[str, Any] | None, route: Mapping[str, Any] | None = None
    ) -> bytes:
        """The reason, what a route did, the usage where it was asked for, and [DONE]."""
        last = (
            self._before
            + b'{},"finish_reason":'
            + orjson.dumps(finish_reason)
            + b"}]"
            + (b"" if route is None else b',"route":' + orjson.dumps(route))
            + self._usage_null
            + b"}\n\n"
        )
        if not self._include_usage:
            return last + DONE
        return last + self._head + b',"choices":[],"usage":' + orjson.dumps(usage_of(usage)) + b"}\n\n" + DONE

    @staticmethod
    def error(body: Mapping[str, Any]) -> bytes:
        """An error after the first event: the official client raises it."""
        return b"data: " + orjson.dumps(body) + b"\n\n"


@dataclass(slots=True)
class Gathered:
    """An answer as it comes in, for a caller that wants it whole."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    route: Mapping[str, Any] | None = None

    def add_call(self, piece: Mapping[str, Any]) -> None:
        """Joins a piece to its tool call."""
        call = self.calls.setdefault(piece["index"], {"id": "", "name": "", "arguments": ""})
        call["id"] = piece.get("id") or call["id"]
        call["name"] = piece.get("name") or call["name"]
        call["arguments"] += piece.get("arguments") or ""

    def message(self) -> dict[str, Any]:
        """The assistant's message."""
        text = "".join(self.texts)
        message: dict[str, Any] = {
            "role": "assistant", "content": text if text or not self.calls else None, "refusal": None,
        }  # fmt: skip
        if self.thoughts:
            message["reasoning_content"] = "".join(self.thoughts)
        if self.calls:
            message["tool_calls"] = [_whole_call(self.calls[index]) for index in sorted(self.calls)]
        return message


def completion(
    *,
    answer_id: str,
    created: int,
    model: str,
    gathered: Gathered,
    finish_reason: str,
    usage: Mapping[str, Any] | None,
) -> bytes:
    """The whole answer as one object; `route` in it says who answered and why, where a route was asked."""
    choice = {"index": 0, "message": gathered.message(), "logprobs": None, "finish_reason": finish_reason}
    extra = {} if gathered.route is None else {"route": gathered.route}
    return orjson.dumps(
        {
            "id": answer_id,
            "object": "chat.completion",
            "created": created,
            "model": model,
            "choices": [choice],
            "usage": usage_of(usage),
            **extra,
        }
    )


def usage_of(usage: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Token counts by OpenAI's names; None when nothing is known, never invented zeros."""
    if usage is None:
        return None
    asked, answered = usage["input_tokens"], usage["output_tokens"]
    return {
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
        "prompt_tokens_details": {"cached_tokens": usage.get("cached_tokens", 0)},
        "completion_tokens_details": {"reasoning_tokens": usage.get("reasoning_tokens", 0)},
    }


def embeddings(*, model: str, vectors: Sequence[Any], usage: Mapping[str, Any] | None) -> bytes:
    """The vectors in the order of their texts: lists of numbers, or base64 of little-endian float32."""
    data = [
        {"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)
    ]
    asked = usage["input_tokens"] if usage else 0
    body = {
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": asked, "total_tokens": asked},
    }
    return orjson.dumps(body)


def pictures(*, created: int, data: bytes, usage: Mapping[str, Any] | None) -> bytes:
    """Pictures as base64; `data` is the JSON list that the worker wrote. No usage where none was counted."""
    body: dict[str, Any] = {"created": created, "data": orjson.Fragment(data)}
    if usage is not None:
        asked, painted = usage["input_tokens"], usage["output_tokens"]
        body["usage"] = {
            "input_tokens": asked,
            "input_tokens_details": {"text_tokens": asked, "image_tokens": 0},
            "output_tokens": painted,
            "total_tokens": asked + painted,
        }
    return orjson.dumps(body)


@dataclass(frozen=True, slots=True)
class Ranking:
    """(index, score) from the best down; the documents, where they are to be repeated."""

    scores: Sequence[tuple[int, float]]
    searches: int | None
    documents: Sequence[str] | None


def ranking(*, answer_id: str, model: str, made: Ranking, usage: Mapping[str, Any] | None) -> bytes:
    """Documents in the order of their worth, in the shape of Cohere and Jina; nothing uncounted is told."""
    results: list[dict[str, Any]] = [
        {"index": index, "relevance_score": score} for index, score in made.scores
    ]
    if made.documents is not None:
        for row in results:
            row["document"] = {"text": made.documents[row["index"]]}
    body: dict[str, Any] = {"id": answer_id, "object": "list", "model": model, "results": results}
    if usage is not None:
        asked = usage["input_tokens"]
        body["usage"] = {"prompt_tokens": asked, "total_tokens": asked + usage["output_tokens"]}
    if made.searches is not None:
        body["meta"] = {"billed_units": {"search_units": made.searches}}
    return orjson.dumps(body)


def models(slugs_and_owners: Sequence[tuple[str, str, int]]) -> bytes:
    """The list of models: id, owner, time of creation in seconds."""
    rows = [_model(*each) for each in slugs_and_owners]
    return orjson.dumps({"object": "list", "data": rows})


def model(slug: str, owner: str, created: int) -> bytes:
    """One model, as the list has it."""
    return orjson.dumps(_model(slug, owner, created))


def _model(slug: str, owner: str, created: int) -> dict[str, Any]:
    return {"id": slug, "object": "model", "created": created, "owned_by": owner}


def _whole_call(call: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": call["arguments"]},
    }
