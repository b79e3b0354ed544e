"""Where hosts in OpenAI's shape differ in what they accept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.llm.vendors.base import ChatRequest
from apps.llm.vendors.efforts import Efforts, any_effort
from apps.llm.vendors.images import PICTURES, Pictures
from apps.llm.vendors.openai_words import VERBOSITY

FORMATS = frozenset({"text", "json_object", "json_schema"})


def _refuses_nothing(request: ChatRequest) -> frozenset[str]:
    del request
    return frozenset()


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a row of the registry says of its host.

    `refused` names the settings that would fail this very request, by the family of its model; `lacks` those
    that the host answers with an error or does not document, for any model: neither is sent.
    `vectors` is the form in which vectors are asked for, `purpose_field` where an embedding says whether it
    is of a query or of a passage; `shortens`: it takes a number of dimensions. `reasoning_field` is where a
    host wants back what its model thought; elsewhere only what the host sealed is sent back.

    `efforts` are the words it takes for the reasoning effort. `thinks` and `thinks_not` are what switches
    thinking, where that is no effort; with `calls_unthinking` a call that must be made is made without.
    `names_tool`: it lets one tool be named; else that tool is offered alone and a call required.
    `formats` are the types of response_format: of the two for JSON the one taken stands for the other.
    """

    auth_header: str = "Authorization"
    auth_prefix: str = "Bearer "
    max_tokens_field: str = "max_tokens"
    usage_option: bool = True
    refused: Callable[[ChatRequest], frozenset[str]] = _refuses_nothing
    pictures: Pictures = PICTURES
    vectors: str = "base64"
    purpose_field: str = ""
    shortens: bool = True
    reasoning_field: str = ""
    lacks: frozenset[str] = frozenset()
    efforts: Efforts = any_effort
    thinks: Mapping[str, Any] = field(default_factory=dict)
    thinks_not: Mapping[str, Any] = field(default_factory=dict)
    calls_unthinking: bool = False
    names_tool: bool = True
    formats: frozenset[str] = FORMATS


STANDARD = Dialect()


def without(*settings: str) -> frozenset[str]:
    """Settings that a host lacks; the verbosity of answers is known to OpenAI and OpenRouter only."""
    return frozenset({VERBOSITY, *settings})
