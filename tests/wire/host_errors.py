"""Errors as hosts' references and users' reports show them: (host, status, body, kind)."""

from typing import Any

from apps.llm.vendors.base import ErrorKind

K = ErrorKind


def openai(message: str, code: str | None = None, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "r"}


def google(code: int, status: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status}}


def router(code: int, message: str, **metadata: Any) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "metadata": metadata}, "user_id": "u"}


def grok(code: str, said: str) -> dict[str, Any]:
    return {"code": code, "error": said}


SPENT = "Some resource has been exhausted"
DENIED = "The caller does not have permission to execute the specified operation"
WRONG = "Client specified an invalid argument"
INVALID = "invalid_request_error"
UPSTREAM = '{"error":{"message":"Input tokens exceed the configured limit of 272000 tokens."}}'

HOST_ERRORS: tuple[tuple[str, int, Any, ErrorKind], ...] = (
    ("xai", 429, grok(SPENT, "Your team has used all available credits or reached its limit."), K.QUOTA),
    (
        "xai",
        429,
        grok(SPENT, "Too many requests for team 1. (actual/limit): 9/8."),
        K.RATE_LIMIT,
    ),
    ("xai", 403, grok(DENIED, "Your newly created team doesn't have any credits or licenses yet."), K.QUOTA),
    ("xai", 403, grok(DENIED, "Content violates usage guidelines. Failed check: BIO"), K.CONTENT_FILTER),
    ("xai", 404, grok("Some entity was not found", "The model grok-x does not exist"), K.NOT_FOUND),
    ("xai", 400, grok(WRONG, "This model's maximum prompt length is 131072 but"), K.CONTEXT_OVERFLOW),
    ("xai", 503, grok("unavailable", "The model is at capacity and cannot serve"), K.OVERLOADED),
    ("deepseek", 402, openai("Insufficient Balance", INVALID, "unknown_error"), K.QUOTA),
    ("deepseek", 401, openai("Authentication Fails", INVALID, "authentication_error"), K.AUTHENTICATION),
    ("deepseek", 503, openai("Service is too busy. We advise users to switch"), K.OVERLOADED),
    ("deepseek", 400, openai("Content Exists Risk", INVALID), K.CONTENT_FILTER),
    ("deepseek", 429, openai("Rate limit reached", "rate_limit_reached_error"), K.RATE_LIMIT),
    ("openrouter", 400, router(400, "Provider returned error", raw=UPSTREAM), K.CONTEXT_OVERFLOW),
    ("openrouter", 403, router(403, "Key limit exceeded (total limit). Manage it"), K.QUOTA),
    ("openrouter", 402, router(402, "Insufficient credits. Add more"), K.QUOTA),
    ("openrouter", 401, router(401, "User not found."), K.AUTHENTICATION),
    ("openrouter", 404, router(404, "No endpoints found for x/y."), K.NOT_FOUND),
    ("openrouter", 502, router(502, "Provider returned error", raw="ERROR"), K.UNAVAILABLE),
    ("groq", 400, openai("The model `x` has been decommissioned", "model_decommissioned"), K.NOT_FOUND),
    ("groq", 400, openai("Failed to call a function.", "tool_use_failed"), K.BAD_REQUEST),
    ("groq", 413, openai("Request too large for model", "rate_limit_exceeded", "tokens"), K.CONTEXT_OVERFLOW),
    ("groq", 498, openai("Flex tier capacity exceeded", "capacity_exceeded"), K.RATE_LIMIT),
    ("openai", 429, openai("You exceeded your current quota", "insufficient_quota"), K.QUOTA),
    ("openai", 400, openai("Your input exceeds the context window"), K.CONTEXT_OVERFLOW),
    ("openai", 400, openai("Your prompt was flagged as potentially", "invalid_prompt"), K.CONTENT_FILTER),
    ("openai", 403, openai("Country, region, or territory not supported"), K.AUTHENTICATION),
    ("openai", 503, openai("The server is currently overloaded"), K.OVERLOADED),
    ("openai", 400, openai("Organization must be verified", "unsupported_value"), K.BAD_REQUEST),
    ("azure", 401, {"error": {"code": "401", "message": "invalid subscription key"}}, K.AUTHENTICATION),
    ("azure", 404, {"error": {"code": "404", "message": "Resource not found"}}, K.NOT_FOUND),
    (
        "anthropic",
        400,
        anthropic(INVALID, "input length and `max_tokens` exceed context limit: 197202 + 21333 > 200000"),
        K.CONTEXT_OVERFLOW,
    ),
    ("anthropic", 400, anthropic(INVALID, "Output blocked by content filtering policy"), K.CONTENT_FILTER),
    ("anthropic", 400, anthropic(INVALID, "This organization has been disabled."), K.AUTHENTICATION),
    ("anthropic", 400, anthropic(INVALID, "Your credit balance is too low to access"), K.QUOTA),
    ("anthropic", 404, anthropic("not_found_error", "model: claude-9"), K.NOT_FOUND),
    (
        "anthropic",
        413,
        anthropic("request_too_large", "Request exceeds the limit"),
        K.CONTEXT_OVERFLOW,
    ),
    ("anthropic", 500, anthropic("api_error", "Internal server error"), K.SERVER),
    ("anthropic", 504, anthropic("timeout_error", "The request timed out"), K.TIMEOUT),
    ("google", 403, google(403, "PERMISSION_DENIED", "unregistered callers"), K.AUTHENTICATION),
    ("google", 400, google(400, "FAILED_PRECONDITION", "User location is not supported"), K.BAD_REQUEST),
    ("google", 404, google(404, "NOT_FOUND", "models/gemini-9 is not found"), K.NOT_FOUND),
    ("google", 504, google(504, "DEADLINE_EXCEEDED", "Deadline expired"), K.TIMEOUT),
    ("google", 429, google(429, "RESOURCE_EXHAUSTED", "Resource exhausted."), K.RATE_LIMIT),
    ("bedrock", 503, {"message": "Bedrock is unable to process your request."}, K.UNAVAILABLE),
    (
        "bedrock",
        400,
        {"message": "Input is too long for requested model."},
        K.CONTEXT_OVERFLOW,
    ),
    (
        "bedrock",
        400,
        {"message": "Invocation of model ID x with on-demand throughput isn\u2019t supported."},
        K.NOT_FOUND,
    ),
    ("cohere", 401, {"id": "1", "message": "invalid api token"}, K.AUTHENTICATION),
    ("cohere", 400, {"message": "too many tokens: size limit exceeded by 100 tokens"}, K.CONTEXT_OVERFLOW),
    ("cohere", 429, {"message": "a Trial key, which is limited to 20 API calls / minute."}, K.RATE_LIMIT),
    ("cohere", 429, {"message": "a Trial key, which is limited to 1000 API calls / month."}, K.QUOTA),
    ("cohere", 402, {"message": "Please add or update your payment method"}, K.QUOTA),
    ("mistral", 401, {"detail": "Unauthorized"}, K.AUTHENTICATION),
    ("mistral", 400, {"message": "Invalid model: x", "type": "invalid_model", "code": "1500"}, K.NOT_FOUND),
    ("mistral", 429, {"message": "Service tier capacity exceeded", "code": "3505"}, K.RATE_LIMIT),
    (
        "mistral",
        400,
        {"message": "Prompt contains 40000 tokens, too large for model with 32768 maximum context length"},
        K.CONTEXT_OVERFLOW,
    ),
    ("mistral", 503, {"message": "Service unavailable.", "type": "unreachable_backend"}, K.UNAVAILABLE),
    ("ollama", 404, {"error": "model 'x' not found"}, K.NOT_FOUND),
    ("ollama", 400, {"error": "gemma:latest does not support tools"}, K.BAD_REQUEST),
    ("ollama", 503, {"error": "server busy, please try again.  maximum pending requests"}, K.OVERLOADED),
    ("ollama", 500, {"error": "model requires more system memory than is available"}, K.SERVER),
    ("huggingface", 402, {"error": "You have exceeded your monthly included credits"}, K.QUOTA),
    ("huggingface", 400, openai("not supported by any provider", "model_not_supported"), K.NOT_FOUND),
    ("databricks", 403, {"error_code": "PERMISSION_DENIED", "message": "x"}, K.AUTHENTICATION),
    ("databricks", 400, {"message": 'json: unknown field "stream_options"'}, K.BAD_REQUEST),
    (
        "vllm",
        400,
        {
            "object": "error",
            "message": "The prompt is longer than the maximum model length of 4096.",
        },
        K.CONTEXT_OVERFLOW,
    ),
    (
        "cerebras",
        429,
        {"message": "Tokens per minute limit exceeded - too many tokens"},
        K.RATE_LIMIT,
    ),
)
