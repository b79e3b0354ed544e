"""Reads requests whose answer comes whole, vectors, pictures and scores, or refuses them. Pure.

Sources: https://platform.openai.com/docs/api-reference/images/create. OpenAI has no reranking: its shape is
the one that Cohere (https://docs.cohere.com/reference/rerank), Jina, vLLM and llama.cpp share.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.api.openai.errors import invalid
from apps.api.openai.fields import body_object, flag, model_named, refuse_others, text, whole, words
from apps.api.openai.stated import FIELD, stated_class
from apps.llm.vendors.base import ImageRequest, RerankRequest

MAX_INPUTS = 256
MAX_INPUT_LENGTH = 100_000
MAX_PICTURES = 4
MAX_PROMPT_LENGTH = 32_000
MAX_SIDE = 8_192
MAX_DOCUMENTS = 1_000
MAX_OPTION_LENGTH = 64
PICTURE_OPTIONS = frozenset(
    {"quality", "style", "background", "output_format", "output_compression", "moderation"}
)
_PICTURE_FIELDS = PICTURE_OPTIONS | {
    "model", "prompt", "n", "size", "response_format", "user", "stream", FIELD,
}  # fmt: skip
_RERANK_FIELDS = frozenset({"model", "query", "documents", "top_n", "return_documents", "user", FIELD})
_TOKENS = (
    "'input' holds strings: numbers of tokens mean nothing to a model with other tokens than OpenAI's. "
    "In LangChain, set check_embedding_ctx_length=False."
)
_SIZE = re.compile(r"[1-9]\d{1,3}x[1-9]\d{1,3}")


@dataclass(frozen=True, slots=True)
class Embedding:
    """An embeddings request that was understood."""

    model: str
    texts: tuple[str, ...]
    dimensions: int | None
    base64: bool
    data_class: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A request for pictures that was understood."""

    model: str
    body: Mapping[str, Any]
    request: ImageRequest


@dataclass(frozen=True, slots=True)
class Rerank:
    """A request for the order of documents that was understood; `echo`: its answer repeats them."""

    model: str
    body: Mapping[str, Any]
    request: RerankRequest
    echo: bool


def read_embedding(body: object) -> Embedding:
    """The embeddings request in `body`; DialectError (400) names the parameter at fault."""
    fields = body_object(body)
    refuse_others(fields, frozenset({"model", "input", "dimensions", "encoding_format", "user", FIELD}))
    stated_class(fields)
    encoding = text(fields, "encoding_format") or "float"
    if encoding not in {"float", "base64"}:
        raise invalid("'encoding_format' is 'float' or 'base64'.", "encoding_format")
    return Embedding(
        model_named(fields),
        _inputs(fields.get("input")),
        whole(fields, "dimensions", 1),
        encoding == "base64",
        text(fields, FIELD),
    )


def read_picture(body: object) -> Picture:
    """The request for pictures in `body`; DialectError (400) names the parameter at fault."""
    fields = body_object(body)
    refuse_others(fields, _PICTURE_FIELDS)
    stated_class(fields)
    if flag(fields, "stream"):
        raise invalid("Pictures come whole: leave 'stream' out.", "stream", "unsupported_value")
    if text(fields, "response_format") not in {None, "b64_json"}:
        message = "Pictures are not kept here, so they have no address: ask for 'b64_json'."
        raise invalid(message, "response_format", "unsupported_value")
    count = whole(fields, "n", 1) or 1
    if count > MAX_PICTURES:
        raise invalid(f"'n' is at most {MAX_PICTURES}.", "n")
    request = ImageRequest(
        model_named(fields),
        words(fields.get("prompt"), "prompt", MAX_PROMPT_LENGTH),
        _size(text(fields, "size")),
        count,
        {name: _option(fields[name], name) for name in PICTURE_OPTIONS if fields.get(name) is not None},
    )
    return Picture(request.model, fields, request)


def read_rerank(body: object) -> Rerank:
    """The request for scores in `body`; DialectError (400) names the parameter at fault."""
    fields = body_object(body)
    refuse_others(fields, _RERANK_FIELDS)
    stated_class(fields)
    given = fields.get("documents")
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_DOCUMENTS:
        raise invalid(f"'documents' is a list of 1 to {MAX_DOCUMENTS:,} texts.", "documents")
    request = RerankRequest(
        model_named(fields),
        words(fields.get("query"), "query", MAX_INPUT_LENGTH),
        tuple(_document(item, f"documents[{index}]") for index, item in enumerate(given)),
        whole(fields, "top_n", 1),
    )
    return Rerank(request.model, fields, request, flag(fields, "return_documents"))


def _document(item: object, where: str) -> str:
    """A string, or the `text` of an object."""
    return words(item.get("text") if isinstance(item, Mapping) else item, where, MAX_INPUT_LENGTH)


def _size(given: str | None) -> str:
    """WIDTHxHEIGHT, or empty for the host's own choice."""
    if given is None or given == "auto":
        return ""
    if not _SIZE.fullmatch(given) or max(map(int, given.split("x"))) > MAX_SIDE:
        raise invalid("'size' is 'auto' or WIDTHxHEIGHT in pixels, such as 1024x1024.", "size")
    return given


def _option(value: object, name: str) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100:  # noqa: PLR2004 - per cent
        return value
    if name == "output_compression" or not isinstance(value, str):
        raise invalid(f"'{name}' has a wrong value.", name)
    return words(value, name, MAX_OPTION_LENGTH)


def _inputs(value: object) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or len(texts) > MAX_INPUTS:
        message = (
            f"'input' is a string or a list of 1 to {MAX_INPUTS} strings: send more in several requests."
        )
        raise invalid(message, "input")
    for each in texts:
        if isinstance(each, int | list):
            raise invalid(_TOKENS, "input", "unsupported_value")
        if not isinstance(each, str) or not each:
            raise invalid("'input' holds strings that are not empty.", "input")
        if len(each) > MAX_INPUT_LENGTH:
            raise invalid(
                f"An input has at most {MAX_INPUT_LENGTH} characters.", "input", "string_above_max_length"
            )
    return tuple(texts)
