"""OpenRouter, Groq, xAI, DeepSeek, Qwen, Mistral, Cohere and Ollama."""

from tests.wire.variants.exchange import JSON, LINES, STREAM, chunk, events, post, said_whole, typed

COUNTED = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
ROUTER = "https://openrouter.ai/api/v1/chat/completions"
SLOW = {
    "code": 429,
    "message": "Provider returned error",
    "metadata": {"raw": "slow", "retry_after_seconds": 9},
}
GONE = {"error": {"code": 502, "message": "Provider disconnected"}, "finish_reason": "error", "message": {}}
QUOTED = {
    "error": {"code": 429, "message": "x", "metadata": {"headers": {"X-RateLimit-Reset": "1445412510000"}}}
}
DATED = JSON | {"date": "Wed, 21 Oct 2015 07:28:00 GMT"}
HOSTS = (
    post(
        "an error after words",
        ROUTER,
        b": OPENROUTER PROCESSING\n\n" + events(chunk({"content": "Hi"}), {"error": SLOW, "choices": []}),
        headers=STREAM,
        vendor="openrouter",
        text="Hi",
        error_kind="rate_limit",
        retry_after=9.0,
    ),
    post("a choice that failed", ROUTER, {"choices": [GONE]}, vendor="openrouter", error_kind="unavailable"),
    post(
        "a limit with its reset",
        ROUTER,
        QUOTED,
        status=429,
        headers=DATED,
        vendor="openrouter",
        error_kind="rate_limit",
        retry_after=30.0,
    ),
    post(
        "usage of its own",
        "https://api.groq.com/openai/v1/chat/completions",
        events(
            chunk({"reasoning": "Hm"}),
            chunk({"content": "Hi"}),
            chunk({}, "stop", x_groq={"usage": COUNTED}),
        ),
        headers=STREAM,
        vendor="groq",
        reasoning="Hm",
        text="Hi",
        finish="stop",
        usage=(3, 2, 0, 0),
    ),
    post(
        "a tool that failed",
        "https://api.groq.com/openai/v1/chat/completions",
        b'event: error\ndata: {"error": {"message": "Failed to parse", "code": "tool_use_failed", '
        b'"type": "invalid_request_error"}}\n\n',
        headers=STREAM,
        vendor="groq",
        error_kind="bad_request",
    ),
    post(
        "spent",
        "https://api.x.ai/v1/chat/completions",
        {"code": "Some resource has been exhausted", "error": "Your team has used all available credits"},
        status=429,
        vendor="xai",
        error_kind="quota",
    ),
    post(
        "thoughts counted beside",
        "https://api.x.ai/v1/chat/completions",
        events(
            chunk({"reasoning_content": "Hm"}),
            chunk({"content": "Hi"}, "stop"),
            {
                "choices": [],
                "usage": {
                    "prompt_tokens": 10,
                    "completion_tokens": 2,
                    "total_tokens": 42,
                    "completion_tokens_details": {"reasoning_tokens": 30},
                },
            },
        ),
        headers=STREAM,
        vendor="xai",
        reasoning="Hm",
        text="Hi",
        finish="stop",
        usage=(10, 32, 0, 30),
    ),
    post(
        "keep-alive and a cache",
        "https://api.deepseek.com/chat/completions",
        b": keep-alive\n\n"
        + events(
            chunk({"content": None, "reasoning_content": "Hm"}),
            chunk({"content": "Hi", "reasoning_content": None}),
            chunk({"content": ""}, "stop", usage=COUNTED | {"prompt_cache_hit_tokens": 2}),
        ),
        headers=STREAM,
        vendor="deepseek",
        reasoning="Hm",
        text="Hi",
        finish="stop",
        usage=(3, 2, 2, 0),
    ),
    post(
        "a busy host",
        "https://api.deepseek.com/chat/completions",
        {"error": {"message": "Service is too busy. We advise users"}},
        status=503,
        vendor="deepseek",
        error_kind="overloaded",
    ),
    post(
        "a workspace's own address",
        "https://ws-1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1/chat/completions",
        said_whole(content="Hi"),
        vendor="qwen",
        text="Hi",
        finish="stop",
    ),
    post(
        "in the middle",
        "https://api.mistral.ai/v1/fim/completions",
        said_whole(content="Hi"),
        vendor="mistral",
        operation="unknown",
    ),
    post(
        "too long",
        "https://api.cohere.com/v2/chat",
        typed({"type": "message-end", "delta": {"finish_reason": "ERROR_LIMIT"}}),
        headers=STREAM,
        vendor="cohere",
        error_kind="context_overflow",
    ),
    post(
        "OpenAI's shape on its port",
        "http://localhost:11434/v1/chat/completions",
        events(chunk({"content": "Hi"}, "stop")),
        headers=STREAM,
        vendor="ollama",
        text="Hi",
        finish="stop",
    ),
    post(
        "cut",
        "http://localhost:11434/api/chat",
        b'{"message": {"content": "Hi"}, "done": false}\n',
        headers=LINES,
        vendor="ollama",
        text="Hi",
        error_kind="interrupted",
        interrupted=True,
    ),
    post("tags", "http://127.0.0.1:11434/api/tags", {"models": [{"name": "a:latest"}]}, vendor="ollama",
         operation="models", models=["a:latest"]),
)  # fmt: skip
