"""What a host's error means: status, headers and body in every recorded dialect to one VendorError.

Independent of the adapters, so that OpenAI-shaped and native ones share it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from apps.egress import EgressFailed, EgressRefused
from apps.llm.vendors import error_words as words
from apps.llm.vendors.base import ErrorKind, VendorError
from apps.llm.vendors.error_messages import BAD_ADDRESS, MESSAGES, REDIRECTED, REFUSALS
from apps.llm.vendors.retry_after import retry_after_of

DETAIL_CHARACTERS = 500
_AMAZON = "x-amzn-errortype"
RETRYABLE = frozenset(
    {
        ErrorKind.RATE_LIMIT,
        ErrorKind.OVERLOADED,
        ErrorKind.UNAVAILABLE,
        ErrorKind.TIMEOUT,
        ErrorKind.CONNECTION,
        ErrorKind.SERVER,
        ErrorKind.INTERRUPTED,
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a body says, whatever its dialect; codes are lower case, text is the host's own wording."""

    codes: frozenset[str]
    text: str
    body: Mapping[str, Any]


def error(
    kind: ErrorKind, *, message: str = "", detail: str = "", retry_after: float | None = None
) -> VendorError:
    """A VendorError in our words, retryable as its kind is."""
    return VendorError(
        kind, message or MESSAGES[kind], detail=detail, retryable=kind in RETRYABLE, retry_after=retry_after
    )


def error_of_response(status: int, headers: Mapping[str, str], body: bytes, secret: str = "") -> VendorError:
    """The error that a complete answer with a status other than 2xx stands for."""
    facts = facts_of(_decoded(body))
    named = next((value for name, value in headers.items() if name.lower() == _AMAZON), "")
    if named:
        facts = replace(facts, codes=facts.codes | {named.partition(":")[0].lower()})
    if words.FIRST_REDIRECT <= status <= words.LAST_REDIRECT:
        return error(ErrorKind.PROTOCOL, message=REDIRECTED, detail=f"HTTP {status}")
    return _error_of(status, facts, headers, secret)


def error_of_event(event: Mapping[str, Any], secret: str = "") -> VendorError:
    """The error that an object inside a stream of status 200 stands for."""
    facts = facts_of(event)
    status = next((int(code) for code in facts.codes if code.isdecimal() and len(code) == len("500")), 0)
    status = status or max(words.STATUS_OF.get(code, 0) for code in facts.codes or {""})
    return _error_of(status, facts, {}, secret)


def error_of_refusal(refused: EgressRefused) -> VendorError:
    """The error that our own rules stand for; only a name without address is worth another try."""
    message = REFUSALS.get(refused.reason, BAD_ADDRESS)
    return VendorError(
        ErrorKind.CONNECTION, message, detail=refused.reason, retryable=refused.reason == "no_address"
    )


def error_of_failure(failed: EgressFailed) -> VendorError:
    """The error that a failed call stands for."""
    kinds = {
        "connect": ErrorKind.CONNECTION,
        "tls": ErrorKind.CONNECTION,
        "cut": ErrorKind.CONNECTION,
        "timeout": ErrorKind.TIMEOUT,
    }
    return error(kinds.get(failed.reason, ErrorKind.PROTOCOL), detail=failed.reason)


def facts_of(body: object) -> Facts:
    """Codes and words of a body: OpenAI, Anthropic, Gemini, xAI, Mistral, Bedrock, vLLM, plain text."""
    if isinstance(body, list):
        body = body[0] if body else {}
    if not isinstance(body, dict):
        return Facts(frozenset(), str(body), {})
    inner = body.get("error")
    sources = [body, *([inner] if isinstance(inner, dict) else [])]
    codes = {
        str(source[name]).rpartition("#")[2].lower()
        for source in sources
        for name in ("code", "type", "status", "__type", "reason", "error_code")
        if isinstance(source.get(name), str | int)
    }
    details = [item for source in sources for item in _dicts(source.get("details"))]
    codes |= {str(item["reason"]).lower() for item in details if "reason" in item}
    nested = sources[-1].get("innererror")
    if isinstance(nested, dict) and isinstance(nested.get("code"), str):
        codes.add(nested["code"].lower())
    text = " ".join([_text_of(sources, inner), *_quotas(details)])
    return Facts(frozenset(codes), text.strip(), body)


def clipped(text: str, secret: str = "") -> str:
    """The host's wording for an admin: one line, at most 500 characters, the key taken out."""
    if secret:
        text = text.replace(secret, "[key]")
    return " ".join(text.split())[:DETAIL_CHARACTERS]


def _error_of(status: int, facts: Facts, headers: Mapping[str, str], secret: str) -> VendorError:
    kind = words.kind_of(status, facts.codes, facts.text)
    told = retry_after_of(headers, facts.text, facts.body, is_limited=kind is ErrorKind.RATE_LIMIT)
    detail = clipped(f"HTTP {status}: {facts.text}" if status else facts.text, secret)
    if told.capped:
        detail = clipped(f"{detail} (the host asked to wait {told.raw})", secret)
    return error(kind, detail=detail, retry_after=told.seconds)


def _decoded(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[: 4 * DETAIL_CHARACTERS].decode("utf-8", "replace")


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _quotas(details: Sequence[Mapping[str, Any]]) -> list[str]:
    """Google names the limit that was passed by an id only: google.rpc.QuotaFailure."""
    violations = [found for item in details for found in _dicts(item.get("violations"))]
    return [str(found["quotaId"]) for found in violations if "quotaId" in found]


def _text_of(sources: Sequence[Mapping[str, Any]], inner: object) -> str:
    """Every sentence of the body, outermost last, the upstream's wording that OpenRouter adds included."""
    found = [inner] if isinstance(inner, str) else []
    for source in reversed(sources):
        found += [
            source[name]
            for name in ("message", "detail", "Message", "originalMessage")
            if isinstance(source.get(name), str)
        ]
        found += [
            orjson.dumps(source[name]).decode()
            for name in ("message", "detail")
            if isinstance(source.get(name), list | dict)
        ]
        metadata = source.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("raw"), str):
            found.append(metadata["raw"])
    return " ".join(found)
