"""Every event of the Responses API, and every way in which an answer may end or fail."""

import json
from typing import Any

import pytest

from apps.llm.vendors.base import ErrorKind, Finished, Usage, VendorError
from tests.wire.conftest import run
from tests.wire.replay import Answer, Heard
from tests.wire.test_responses import listen


def said(*events: dict[str, Any], slug: str = "openai") -> Heard:
    body = b"".join(event(**fields) for fields in events)
    return run(listen(slug, Answer([body]), Heard()))


def refused(*events: dict[str, Any], heard: Heard | None = None) -> VendorError:
    with pytest.raises(VendorError) as caught:
        run(listen("openai", Answer([b"".join(event(**fields) for fields in events)]), heard or Heard()))
    return caught.value


def event(**fields: Any) -> bytes:
    return f"event: {fields['type']}\ndata: {json.dumps(fields)}\n\n".encode()


def ended(status: str = "completed", **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    answer = {"object": "response", "status": status, "model": "m-1", "output": [], "usage": usage, **more}
    return {"type": f"response.{status}", "response": answer}


def text(delta: str, index: int = 0) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": index, "delta": delta}


def test_parallel_calls_stay_apart_and_come_in_pieces() -> None:
    added = [
        {
            "type": "response.output_item.added",
            "output_index": index,
            "item": {"type": "function_call", "id": f"fc{index}", "call_id": f"c{index}", "name": name},
        }
        for index, name in ((0, "one"), (1, "two"))
    ]
    pieces = [
        {"type": "response.function_call_arguments.delta", "output_index": index, "delta": delta}
        for index, delta in ((0, '{"a"'), (1, '{"b":2}'), (0, ":1}"))
    ]
    heard = said(*added, *pieces, ended())
    assert heard.calls == {0: ("c0", "one", '{"a":1}'), 1: ("c1", "two", '{"b":2}')}
    assert heard.finished == Finished("tool_calls", Usage(3, 2), "m-1")


def test_a_call_that_comes_whole_is_given_once() -> None:
    item = {"type": "function_call", "id": "fc", "call_id": "c", "name": "one", "arguments": '{"a":1}'}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    assert said(done, ended(output=[item])).calls == {0: ("c", "one", '{"a":1}')}
    assert said(ended(output=[item])).calls == {0: ("c", "one", '{"a":1}')}


def test_a_call_cut_in_its_arguments_is_interrupted() -> None:
    item = {"type": "function_call", "call_id": "c", "name": "one", "arguments": ""}
    added = {"type": "response.output_item.added", "output_index": 0, "item": item}
    piece = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": '{"a'}
    assert refused(added, piece, ended()).kind is ErrorKind.INTERRUPTED


def test_an_answer_that_was_not_streamed_is_read_whole() -> None:
    output = [
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]},
    ]
    body = json.dumps(ended(output=output)["response"]).encode()
    heard = run(listen("openai", Answer([body], content_type="application/json"), Heard()))
    assert (heard.text, heard.reasoning) == ("Hi", "Hm.")
    assert heard.finished == Finished("stop", Usage(3, 2), "m-1")


def test_summaries_are_paragraphs_and_text_is_given_once() -> None:
    def thought(delta: str) -> dict[str, Any]:
        return {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": delta}

    part = {"type": "response.reasoning_summary_part.added", "output_index": 0}
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}
    heard = said(
        part | {"summary_index": 0}, thought("One."), part | {"summary_index": 1}, thought("Two."),
        text("Hi", 1), ended(output=[message]),
    )  # fmt: skip
    assert (heard.reasoning, heard.text) == ("One.\n\nTwo.", "Hi")


def test_refusal_is_text() -> None:
    assert said({"type": "response.refusal.delta", "delta": "I will not."}, ended()).text == "I will not."


@pytest.mark.parametrize(
    ("why", "reason"), [("max_output_tokens", "length"), ("content_filter", "content_filter")]
)
def test_incomplete_answers_say_why(why: str, reason: str) -> None:
    heard = said(text("Hi"), ended("incomplete", incomplete_details={"reason": why}))
    assert heard.finished == Finished(reason, Usage(3, 2), "m-1")  # type: ignore[arg-type]  # literal


FAILURES: list[tuple[dict[str, Any], ErrorKind]] = [
    (ended("failed", error={"code": "server_error", "message": "The server had an error"}), ErrorKind.SERVER),
    (
        ended("failed", error={"code": "rate_limit_exceeded", "message": "Please try again in 2s."}),
        ErrorKind.RATE_LIMIT,
    ),
    (
        {"type": "error", "code": "context_length_exceeded", "message": "Your input exceeds", "param": None},
        ErrorKind.CONTEXT_OVERFLOW,
    ),
    (
        {"type": "error", "error": {"type": "tokens", "code": "insufficient_quota", "message": "quota"}},
        ErrorKind.QUOTA,
    ),
    ({"type": "response.cancelled", "response": {"status": "cancelled"}}, ErrorKind.INTERRUPTED),
]


@pytest.mark.parametrize(("last", "kind"), FAILURES)
@pytest.mark.parametrize("first", [[], [text("Hi")]])
def test_failures_inside_the_stream(
    first: list[dict[str, Any]], last: dict[str, Any], kind: ErrorKind
) -> None:
    heard = Heard()
    failed = refused(*first, last, heard=heard)
    assert failed.kind is kind
    assert heard.text == ("Hi" if first else "")
    assert not (first and failed.retryable)


def test_a_wait_in_a_failure_is_kept() -> None:
    assert refused(FAILURES[1][0]).retry_after == pytest.approx(2.0)


def test_lone_surrogates_and_bad_utf8_are_mended() -> None:
    good = event(**ended())
    body = b'data: {"type":"response.output_text.delta","delta":"a\\ud83d"}\n\n' + good
    assert run(listen("openai", Answer([body]), Heard())).text == "a?"
    body = b'data: {"type":"response.output_text.delta","delta":"a\xff"}\n\n' + good
    assert run(listen("openai", Answer([body]), Heard())).text == "a\ufffd"
