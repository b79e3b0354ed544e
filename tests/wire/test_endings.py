"""How a stream may end, stall or turn out not to be one; and bytes cut anywhere."""

import asyncio
import json

import pytest

from apps.llm.vendors.base import ErrorKind, Finished, Usage
from apps.llm.vendors.interface import Timeouts
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import ASKED, listen, run
from tests.wire.replay import Answer, Heard, Server
from tests.wire.test_dialects import COUNTED, DONE, HELLO, STOP, call, chunk, refused, said


@pytest.mark.parametrize("ending", ["whole", "cut", "reset"])
@pytest.mark.parametrize("rest", [b"", b'data: {"choices": [{"del', b'data: {"choi\n\n', DONE])
def test_no_finish_reason_is_never_done(ending: str, rest: bytes, heard: Heard) -> None:
    failed = refused(Answer([HELLO + rest], ending=ending), heard)  # type: ignore[arg-type]  # the literal's values
    expected = ErrorKind.PROTOCOL if rest.endswith(b"choi\n\n") else ErrorKind.INTERRUPTED
    assert (failed.kind, failed.retryable, heard.text, heard.finished) == (expected, False, "Hello", None)


def test_nothing_at_all_may_be_tried_again() -> None:
    failed = refused(Answer([], ending="cut"))
    assert (failed.kind, failed.retryable) == (ErrorKind.INTERRUPTED, True)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<!doctype html><title>Sign in</title>"),
        ("text/html; charset=utf-8", HELLO + STOP),
        ("", b"<html></html>"),
        ("text/event-stream", b"  <html></html>"),
        ("text/plain", b""),
        ("application/json", b'{"choices": [{"message": {"content": "Hel'),
    ],
)
def test_a_body_that_is_no_answer_is_a_protocol_error(content_type: str, body: bytes) -> None:
    failed = refused(Answer([body], content_type=content_type))
    assert (failed.kind, failed.retryable) == (ErrorKind.PROTOCOL, False)


def test_a_whole_json_answer_to_a_streamed_call_is_taken() -> None:
    body = {
        "model": "m-2",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hello",
                    "reasoning_content": "Hm",
                    **call(None, "a", "one", "{}"),
                },
                "finish_reason": "tool_calls",
            }
        ],
        "usage": COUNTED,
    }
    raw = json.dumps(body).encode()
    heard = run(listen(Answer([raw[:20], raw[20:]], content_type="application/json")))
    assert (heard.text, heard.reasoning, heard.calls) == ("Hello", "Hm", {0: ("a", "one", "{}")})
    assert heard.finished == Finished("tool_calls", Usage(3, 2), "m-2")


def test_an_event_stream_without_its_content_type_is_taken() -> None:
    assert said(HELLO, STOP, content_type="text/plain").text == "Hello"


def test_comments_event_names_ids_and_empty_data_are_nothing() -> None:
    noise = b": OPENROUTER PROCESSING\n\nevent: message\nid: 4\nretry: 10\ndata:\n\n: \n\n"
    assert said(noise, HELLO, noise, b"event: x\n", STOP, DONE).text == "Hello"


def test_data_without_a_space_and_over_several_lines() -> None:
    event = b'data:{"choices":\ndata: [{"delta": {"content":\ndata: "Hi"}}]}\n\n'
    assert said(event, STOP).text == "Hi"


def test_byte_order_mark() -> None:
    assert said(b"\xef\xbb\xbf", HELLO, STOP).text == "Hello"


TRICKY = 'Zażółć 中文 🙂 \u2028 e\u0301 \\n " data: [DONE]\n\n'


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_multi_byte_text_cut_at_every_byte(newline: bytes) -> None:
    body = (chunk({"content": TRICKY}) + STOP + DONE).replace(b"\n", newline)
    heard = run(listen(Answer([bytes([byte]) for byte in body])))
    assert heard.text == TRICKY
    for at in range(1, len(body), 7):
        assert run(listen(Answer([body[:at], body[at:]]))).text == TRICKY


def test_surrogates_cut_in_two_events_become_one_character() -> None:
    halves = [
        b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % half for half in (b"a\\ud83d", b"\\ude42b")
    ]
    assert said(*halves, STOP).text == "a🙂b"
    assert said(halves[1], STOP).text == "\ufffdb"


def test_bad_utf8_is_replaced() -> None:
    assert said(b'data: {"choices":[{"delta":{"content":"a\xffb"}}]}\n\n', STOP).text == "a\ufffdb"


def test_an_event_without_an_end_is_refused() -> None:
    endless = [b"data: " + b"x" * 65_536] + [b"x" * 65_536] * 80
    failed = refused(Answer(endless, ending="hang"))
    assert (failed.kind, failed.detail) == (ErrorKind.PROTOCOL, "an event without an end")


@pytest.mark.parametrize(
    ("timeouts", "limit"),
    [
        (Timeouts(1, 0.3, 5, 10), "first token"),
        (Timeouts(1, 5, 0.3, 10), "idle"),
        (Timeouts(1, 5, 5, 0.4), "total"),
    ],
)
def test_silence_ends_in_time_and_keep_alives_do_not_count(
    timeouts: Timeouts, limit: str, heard: Heard
) -> None:
    begin = [chunk({"role": "assistant", "content": ""})] if limit == "first token" else [HELLO]
    answer = Answer(begin + [b": ping\n\n"] * 200, pause=0.02, ending="hang")
    failed = refused(answer, heard, timeouts)
    assert (failed.kind, failed.detail) == (ErrorKind.TIMEOUT, f"limit passed: {limit}")
    assert failed.retryable is (limit == "first token")


def test_a_slow_reader_is_not_the_hosts_silence() -> None:
    async def dawdle() -> str:
        text = ""
        async with Server([Answer([HELLO, STOP, DONE], pause=0.01)]) as server:
            deltas = vendor_for("openai_compatible").stream(
                server.endpoint(), ASKED, Timeouts(5, 0.5, 0.5, 20)
            )
            async for delta in deltas:
                await asyncio.sleep(0.7)
                text += getattr(delta, "text", "")
        return text

    assert run(dawdle()) == "Hello"
