"""Rare shapes of hosts that speak OpenAI's chat completions, from their references."""

from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from tests.wire.rare.shape import BOM, JSON, Rare, lines, refused, whole
from tests.wire.replay import Answer

ANY = "openai_compatible"
K = ErrorKind


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "model": "m-1", "choices": [choice], **more}


HELLO = (chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}), chunk({"content": "lo"}))
STOP = chunk({}, "stop")
MESSAGE = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
PRELUDE = {"choices": [], "id": "", "model": "", "prompt_filter_results": [{"prompt_index": 0}]}
LATE_FILTER: dict[str, Any] = {"choices": [{"content_filter_offsets": {}, "finish_reason": None, "index": 0}]}
CHAT = {"api": "chat"}


def with_before(before: bytes, answer: Answer) -> Answer:
    return Answer([before, *answer.body], content_type=answer.content_type)


def perplexity(event: dict[str, Any]) -> dict[str, Any]:
    """Each chunk repeats the whole message so far beside its delta."""
    message = {"role": "assistant", "content": "Hello"}
    return event | {"choices": [event["choices"][0] | {"message": message}], "citations": ["u"]}


FRAMING = (
    Rare("byte order mark", ANY, with_before(BOM, lines(*HELLO, STOP)), "Hello"),
    Rare("byte order mark before JSON", ANY, whole(MESSAGE, marked=True), "Hello"),
    Rare("CRLF", ANY, lines(*HELLO, STOP, between="\r\n\r\n"), "Hello"),
    Rare("CR", ANY, lines(*HELLO, STOP, between="\r\r"), "Hello"),
    Rare(
        "data in several lines",
        ANY,
        Answer(
            [b'data: {"choices":[{"index":0,\ndata: "delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n']
        ),
        "Hi",
    ),
    Rare("no blank line at the end", ANY, lines(*HELLO, STOP, between="\n\n", end="data: [DONE]"), "Hello"),
    Rare("comments", "openrouter", with_before(b": OPENROUTER PROCESSING\n\n", lines(*HELLO, STOP)), "Hello"),
    Rare("keep-alive", "deepseek", with_before(b": keep-alive\n\n", lines(*HELLO, STOP)), "Hello"),
    Rare("empty lines before JSON", "deepseek", with_before(b"\n\n\n", whole(MESSAGE)), "Hello"),
    Rare(
        "ids, names and retry",
        ANY,
        with_before(b"id: 1\nretry: 5\nevent: m\n", lines(*HELLO, STOP)),
        "Hello",
    ),
    Rare("done with blanks", ANY, lines(*HELLO, STOP, end="data:  [DONE] \n\n"), "Hello"),
    Rare("done without a reason", ANY, lines(*HELLO), "Hello", finish=None, error=K.INTERRUPTED),
    Rare("nothing at all", ANY, Answer([b""]), finish=None, error=K.INTERRUPTED),
    Rare("a page", ANY, Answer([b"<html>"], content_type="text/html"), finish=None, error=K.PROTOCOL),
    Rare("no body", ANY, Answer([b""], content_type=JSON), finish=None, error=K.PROTOCOL),
)
EVENTS = (
    Rare("a refusal", ANY, lines(chunk({"refusal": "I can"}), chunk({"refusal": "not."}), STOP), "I cannot."),
    Rare("spoken words", ANY, lines(chunk({"audio": {"transcript": "Hello"}}), STOP), "Hello"),
    Rare("an unknown reason", ANY, lines(*HELLO, chunk({}, "a_later_one")), "Hello"),
    Rare(
        "log probabilities, fingerprints and no usage yet",
        ANY,
        lines(
            *(event | {"usage": None, "obfuscation": "x", "service_tier": "default"} for event in HELLO),
            {"choices": [{"index": 0, "delta": {}, "logprobs": {"content": []}, "finish_reason": "stop"}]},
            {
                "choices": [],
                "usage": {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": None},
            },
        ),
        "Hello",
        usage=Usage(1, 2),
    ),
    Rare(
        "content as a list",
        ANY,
        whole(
            {
                "choices": [
                    {
                        "message": {"content": [{"type": "text", "text": "Hi"}], "reasoning_content": "Hm"},
                        "finish_reason": "stop",
                    }
                ]
            }
        ),
        "Hi",
        "Hm",
    ),
    Rare("prompt filter first", "azure_openai", lines(PRELUDE, *HELLO, STOP), "Hello", settings=CHAT),
    Rare("filter verdict late", "azure_openai", lines(*HELLO, LATE_FILTER, STOP), "Hello", settings=CHAT),
    Rare(
        "usage beside the choices",
        "groq",
        lines(
            *HELLO,
            chunk({}, "stop", x_groq={"id": "r", "usage": {"prompt_tokens": 3, "completion_tokens": 2}}),
        ),
        "Hello",
        usage=Usage(3, 2),
    ),
    Rare(
        "an error beside the choices",
        "groq",
        lines(*HELLO, chunk({}, "error", x_groq={"id": "r", "error": "over capacity"})),
        "Hello",
        finish=None,
        error=K.OVERLOADED,
    ),
    Rare(
        "cache hits",
        "deepseek",
        lines(
            *HELLO,
            chunk(
                {},
                "stop",
                usage={
                    "prompt_tokens": 10,
                    "completion_tokens": 5,
                    "prompt_cache_hit_tokens": 4,
                    "completion_tokens_details": {"reasoning_tokens": 2},
                },
            ),
        ),
        "Hello",
        usage=Usage(10, 5, 4, 2),
    ),
    Rare(
        "messages beside deltas",
        "perplexity",
        lines(*map(perplexity, (*HELLO, STOP))),
        "Hello",
        settings=CHAT,
    ),
    Rare(
        "a list of reasoning and text",
        "databricks",
        lines(
            chunk({"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}]}),
            chunk({"content": [{"type": "text", "text": "Hi"}]}),
            STOP,
        ),
        "Hi",
        "Hm",
    ),
    Rare(
        "an error after words",
        "openrouter",
        lines(
            *HELLO,
            chunk(
                {"content": ""}, "error", error={"code": "server_error", "message": "Provider disconnected"}
            ),
        ),
        "Hello",
        finish=None,
        error=K.SERVER,
    ),
)
MODERATED = {"error": {"code": 403, "message": "Input flagged", "metadata": {"flagged_input": "x"}}}
TGI_LONG = {
    "error": "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
    "error_type": "validation",
}
LM_LONG = {"error": {"message": "The number of tokens to keep is greater than the context length"}}
LOADING = {"error": "Model x is currently loading", "estimated_time": 20.0}
DEPLOYMENT = {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}}
ENDPOINT = {"error_code": "ENDPOINT_NOT_FOUND", "message": "The given endpoint does not exist"}
FAR = "Wed, 21 Oct 2065 07:28:00 GMT"


def said(words: str) -> dict[str, Any]:
    return {"error": {"message": words}}


ERRORS = (
    refused("a gateway's page", ANY, 502, "<html>Bad Gateway", K.UNAVAILABLE),
    refused("milliseconds", ANY, 429, said("slow"), K.RATE_LIMIT, 1.5, retry_after_ms="1500"),
    refused("milliseconds of Azure", ANY, 429, said("slow"), K.RATE_LIMIT, 2.5, x_ms_retry_after_ms="2500"),
    refused("a date far away", ANY, 429, "<html>", K.RATE_LIMIT, 86_400.0, retry_after=FAR),
    refused("a date gone by", ANY, 429, "", K.RATE_LIMIT, 0.0, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    refused("in words", ANY, 429, said("Please try again in 7.66s."), K.RATE_LIMIT, 7.66),
    refused("in minutes", ANY, 429, said("Please try again in 1m30.5s. Visit"), K.RATE_LIMIT, 90.5),
    refused("in thousandths", ANY, 429, said("Please try again in 350ms."), K.RATE_LIMIT, 0.35),
    refused("in seconds", ANY, 429, said("Please retry after 20 seconds."), K.RATE_LIMIT, 20.0),
    refused("in the body", ANY, 429, {"error": {"message": "x", "retry_after": 3}}, K.RATE_LIMIT, 3.0),
    refused("loading", "huggingface", 503, LOADING, K.OVERLOADED, 20.0),
    refused("too long for TGI", "huggingface", 422, TGI_LONG, K.CONTEXT_OVERFLOW),
    refused("too long for LM Studio", ANY, 400, LM_LONG, K.CONTEXT_OVERFLOW),
    refused("moderated", "openrouter", 403, MODERATED, K.CONTENT_FILTER),
    refused("no credits", "openrouter", 402, said("This request requires more credits"), K.QUOTA),
    refused("no deployment", "azure_openai", 404, DEPLOYMENT, K.NOT_FOUND),
    refused("no endpoint", "databricks", 404, ENDPOINT, K.NOT_FOUND),
    refused("an error in a list", ANY, 400, [{"error": {"code": 400, "message": "bad"}}], K.BAD_REQUEST),
    refused("text alone", ANY, 401, "Unauthorized", K.AUTHENTICATION),
)
RARE = (*FRAMING, *EVENTS, *ERRORS)
