"""Vendors' own words and codes for what went wrong, in the order in which they decide."""

import re
from dataclasses import dataclass

from apps.llm.vendors.base import ErrorKind

FIRST_REDIRECT, LAST_REDIRECT = 300, 399

_CONTEXT_CODES = frozenset(
    {
        "context_length_exceeded",
        "context_window_exceeded",
        "exceed_context_size_error",
        "string_above_max_length",
    }
)
_CONTEXT = re.compile(
    r"exceeds? the (?:context window|available context size|model'?s? (?:maximum )?context)"
    r"|maximum (?:context|prompt|model|sequence) length|prompt is too long|input is too long"
    r"|input tokens? exceed"
    r"|exceeds maximum length|exceeds the maximum (?:number of )?(?:input )?tokens"
    r"|input token count .{0,40}exceeds|context (?:length|window|size) (?:exceeded|limit)"
    r"|exceed(?:s|ed)? (?:the )?context (?:length|window|limit|size)|too many (?:input )?tokens"
    r"|input length (?:exceeds|and `max_tokens` exceed)|please reduce the length of (?:the messages|your)"
    r"|(?:longer|greater) than the (?:model'?s )?(?:maximum )?context|prompt too long"
    r"|payload size exceeds|`inputs` (?:tokens \+ `max_new_tokens` must be|must have less than)",
    re.IGNORECASE,
)
_FILTER_CODES = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "responsibleaipolicyviolation",
        "moderation_blocked",
        "data_inspection_failed",
        "content_filter_error",
        "image_content_policy_violation",
    }
)
_FILTER = re.compile(
    r"content management policy|content policy|content filter|requires moderation"
    r"|(?:was|input|prompt) flagged|flagged (?:as|for)|safety system|violates usage guidelines"
    r"|content exists risk|guardrail_triggered",
    re.IGNORECASE,
)
_QUOTA_CODES = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "billing_error",
        "insufficient_balance",
        "insufficient_credits",
        "402",
    }
)
_QUOTA = re.compile(
    r"credit balance is too low|insufficient (?:balance|credits?|funds|quota)|out of credits"
    r"|exceeded your (?:current quota|monthly)|billing (?:hard )?limit|PerDay|API calls / month"
    r"|specified (?:API|workspace) usage limits|too many (?:tokens|requests) per day"
    r"|used all available credits|monthly (?:spending|usage) limit|monthly included credits"
    r"|doesn't have any credits|key limit exceeded",
    re.IGNORECASE,
)
_KEY_CODES = frozenset(
    {
        "invalid_api_key",
        "api_key_invalid",
        "authentication_error",
        "organization_restricted",
        "permission_error",
        "permission_denied",
        "unauthenticated",
        "unrecognizedclientexception",
        "accessdeniedexception",
        "expiredtokenexception",
    }
)
_KEY = re.compile(
    r"(?:incorrect|invalid|wrong|expired|missing|no) (?:x-)?api[ -]?key"
    r"|api[ -]?key (?:not valid|is invalid|expired)"
    r"|invalid (?:access )?token|unauthorized|organization has been disabled",
    re.IGNORECASE,
)
_MODEL_CODES = frozenset(
    {
        "model_not_found",
        "not_found_error",
        "resourcenotfoundexception",
        "invalid_model",
        "model_decommissioned",
        "model_not_supported",
    }
)
_MODEL = re.compile(
    r"model identifier is invalid"
    r"|(?:model|deployment)\b.{0,120}(?:does not exist|not found|is not a valid model)"
    r"|invalid model|unknown model|no such model|model not exist|not a valid model"
    r"|on-demand throughput isn.t supported",
    re.IGNORECASE | re.DOTALL,
)
_RATE_CODES = frozenset(
    {
        "rate_limit_exceeded",
        "rate_limit_error",
        "request_limit_exceeded",
        "servicequotaexceededexception",
        "slow_down",
        "throttlingexception",
        "too_many_requests",
        "tokens",
        "429",
    }
)
_BUSY_CODES = frozenset(
    {"overloaded_error", "engine_overloaded", "queue_full", "modelnotreadyexception", "overloaded", "529"}
)
_BUSY = re.compile(
    r"overloaded|(?:at|over|no) capacity|capacity exceeded|loading model|currently loading|queue is full"
    r"|experiencing high demand|(?:model|service|server) (?:is )?(?:too )?busy",
    re.IGNORECASE,
)

_BY_STATUS = {
    401: ErrorKind.AUTHENTICATION,
    402: ErrorKind.QUOTA,
    403: ErrorKind.AUTHENTICATION,
    404: ErrorKind.NOT_FOUND,
    405: ErrorKind.NOT_FOUND,
    408: ErrorKind.TIMEOUT,
    410: ErrorKind.NOT_FOUND,
    424: ErrorKind.SERVER,
    429: ErrorKind.RATE_LIMIT,
    498: ErrorKind.RATE_LIMIT,
    499: ErrorKind.INTERRUPTED,
    501: ErrorKind.BAD_REQUEST,
    502: ErrorKind.UNAVAILABLE,
    503: ErrorKind.UNAVAILABLE,
    504: ErrorKind.TIMEOUT,
    521: ErrorKind.UNAVAILABLE,
    522: ErrorKind.UNAVAILABLE,
    524: ErrorKind.TIMEOUT,
    529: ErrorKind.OVERLOADED,
}
STATUS_OF = {
    "api_error": 500,
    "bad_request": 400,
    "empty_image_file": 400,
    "failed_to_download_image": 400,
    "image_file_not_found": 400,
    "image_file_too_large": 400,
    "image_parse_error": 400,
    "image_too_large": 400,
    "image_too_small": 400,
    "invalid_base64_image": 400,
    "invalid_image": 400,
    "invalid_image_format": 400,
    "invalid_image_mode": 400,
    "invalid_image_url": 400,
    "invalid_parameter_value": 400,
    "invalid_prompt": 400,
    "invalid_request_error": 400,
    "request_too_large": 413,
    "timeout_error": 504,
    "internalserverexception": 500,
    "modelerrorexception": 424,
    "modelstreamerrorexception": 424,
    "modeltimeoutexception": 408,
    "serviceunavailableexception": 503,
    "temporarily_unavailable": 503,
    "unsupported_image_media_type": 400,
    "validationexception": 400,
}  # what a host would have answered with, had the stream not begun
_NEVER = re.compile(r"(?!)")
_TOO_LARGE = 413
_GEMINI_LIMIT = "resource_exhausted"  # said for each of Gemini's limits; few of them outlast a wait
_GEMINI_SPENT = re.compile(r"PerDay|credits? (?:are|is) depleted|spending cap")
_FIRST_SERVER_STATUS = 500
_FIRST_CLIENT_STATUS = 400

_ANY_CLIENT_OR_SERVER = frozenset(range(600)) - {429}
_IN_STREAM = 0


@dataclass(frozen=True, slots=True)
class _Rule:
    """Holds when one of the codes stands in the body, or when the words do and the status is one of these."""

    kind: ErrorKind
    codes: frozenset[str]
    words: re.Pattern[str]
    statuses: frozenset[int]

    def holds(self, status: int, codes: frozenset[str], text: str) -> bool:
        """True when it applies."""
        return bool(codes & self.codes) or (status in self.statuses and self.words.search(text) is not None)


_BLIND = re.compile(r"image input is not supported", re.IGNORECASE)  # llama.cpp, which calls it its own fault

_RULES = (
    _Rule(ErrorKind.BAD_REQUEST, frozenset(), _BLIND, frozenset({500})),
    _Rule(ErrorKind.CONTEXT_OVERFLOW, _CONTEXT_CODES, _CONTEXT, _ANY_CLIENT_OR_SERVER),
    _Rule(ErrorKind.CONTENT_FILTER, _FILTER_CODES, _FILTER, frozenset({_IN_STREAM, 400, 403})),
    _Rule(ErrorKind.QUOTA, _QUOTA_CODES, _QUOTA, frozenset(range(600))),
    _Rule(ErrorKind.RATE_LIMIT, _RATE_CODES, _NEVER, frozenset()),
    _Rule(ErrorKind.AUTHENTICATION, _KEY_CODES, _KEY, frozenset({_IN_STREAM, 400, 498})),
    _Rule(ErrorKind.NOT_FOUND, _MODEL_CODES, _MODEL, frozenset({_IN_STREAM, 400, 422})),
    _Rule(ErrorKind.OVERLOADED, _BUSY_CODES, _BUSY, frozenset({_IN_STREAM, 500, 502, 503})),
)


def kind_of(status: int, codes: frozenset[str], text: str) -> ErrorKind:
    """The kind for a status (0 inside a stream), lower-case codes, and the host's own wording."""
    if status == _TOO_LARGE:
        return ErrorKind.CONTEXT_OVERFLOW
    if _GEMINI_LIMIT in codes:
        return ErrorKind.QUOTA if _GEMINI_SPENT.search(text) else ErrorKind.RATE_LIMIT
    for rule in _RULES:
        if rule.holds(status, codes, text):
            return rule.kind
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if _FIRST_CLIENT_STATUS <= status < _FIRST_SERVER_STATUS:
        return ErrorKind.BAD_REQUEST
    return ErrorKind.SERVER
