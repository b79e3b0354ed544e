"""Every way in which an OpenAI-shaped host may differ, and every way in which a stream may end."""

import json
from typing import Any

import pytest

from apps.llm.vendors.base import ErrorKind, Finished, Usage, VendorError
from apps.llm.vendors.interface import Timeouts
from tests.wire.conftest import QUICK, listen, run
from tests.wire.replay import Answer, Heard

DONE = b"data: [DONE]\n\n"


def chunk(delta: Any = None, finish: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    event = {"id": "c", "object": "chat.completion.chunk", "model": "m-1", "choices": choices, **more}
    return b"data: " + json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n\n"


def said(*events: bytes, **more: Any) -> Heard:
    return run(listen(Answer([b"".join(events)], **more)))


def refused(answer: Answer, heard: Heard | None = None, timeouts: Timeouts = QUICK) -> VendorError:
    with pytest.raises(VendorError) as caught:
        run(listen(answer, timeouts=timeouts, heard=heard))
    return caught.value


HELLO = chunk({"role": "assistant", "content": ""}) + chunk({"content": "Hel"}) + chunk({"content": "lo"})
STOP = chunk({}, "stop")
COUNTED = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def test_end_mark_missing_after_a_finish_reason_is_fine() -> None:
    heard = said(HELLO, STOP)
    assert (heard.text, heard.finished) == ("Hello", Finished("stop", None, "m-1"))


@pytest.mark.parametrize("ending", ["cut", "reset", "hang"])
def test_whatever_happens_after_the_finish_reason_the_answer_is_whole(ending: str) -> None:
    answer = Answer([HELLO + STOP], ending=ending)  # type: ignore[arg-type]  # the literal's values
    heard = run(listen(answer, timeouts=Timeouts(1, 5, 0.2, 10)))
    assert heard.finished == Finished("stop", None, "m-1")


def test_usage_comes_in_a_last_event_without_choices() -> None:
    heard = said(HELLO, STOP, chunk(usage=COUNTED), DONE)
    assert heard.finished == Finished("stop", Usage(3, 2), "m-1")


def test_usage_comes_with_the_finish_reason() -> None:
    assert said(HELLO, chunk({}, "stop", usage=COUNTED), DONE).finished == Finished(
        "stop", Usage(3, 2), "m-1"
    )


def test_interim_null_usage_and_events_without_choices_are_nothing() -> None:
    heard = said(
        chunk(usage=None), chunk(prompt_filter_results=[]), HELLO, chunk({"content": "!"}, usage=None), STOP
    )
    assert (heard.text, heard.finished) == ("Hello!", Finished("stop", None, "m-1"))


def test_cumulative_usage_counts_once() -> None:
    events = [
        chunk({"content": "x"}, usage={"prompt_tokens": 3, "completion_tokens": count}) for count in (1, 2, 3)
    ]
    assert said(*events, chunk({}, "stop", usage=COUNTED)).finished == Finished("stop", Usage(3, 2), "m-1")


def test_cached_and_reasoning_tokens_are_parts_of_input_and_output() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 80},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    assert said(HELLO, STOP, chunk(usage=usage)).finished == Finished("stop", Usage(100, 50, 80, 30), "m-1")


def test_reasoning_counted_beside_the_output_is_added_to_it() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 35,
        "completion_tokens_details": {"reasoning_tokens": 20},
    }
    assert said(HELLO, STOP, chunk(usage=usage)).finished == Finished("stop", Usage(10, 25, 0, 20), "m-1")


@pytest.mark.parametrize(
    "deltas",
    [
        [{"reasoning_content": "Hm"}, {"reasoning_content": "m."}],
        [{"reasoning": "Hm"}, {"reasoning": "m."}],
        [{"reasoning": "Hm", "reasoning_content": "Hm"}, {"reasoning_content": "m.", "content": None}],
        [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hmm."}]}]}],
        [{"content": [{"type": "thinking", "thinking": "Hmm."}]}],
        [{"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hmm."}]}]}],
    ],
)
def test_reasoning_under_every_name(deltas: list[dict[str, Any]]) -> None:
    heard = said(*(chunk(delta) for delta in deltas), HELLO, STOP)
    assert (heard.reasoning, heard.text) == ("Hmm.", "Hello")


def test_text_items_of_a_content_list_are_text() -> None:
    assert said(chunk({"content": [{"type": "text", "text": "Hi"}]}), STOP).text == "Hi"


def test_details_of_reasoning_are_kept_whole_and_sealed() -> None:
    """OpenRouter: fragments of one index are one item, sealed once, beside the words under `reasoning`."""
    kind = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
    hidden = {"type": "reasoning.encrypted", "data": "c2VhbGVk", "id": "rs_1", "index": 1}
    heard = said(
        chunk({"reasoning": "H", "reasoning_details": [kind | {"text": "H"}]}),
        chunk({"reasoning": "m", "reasoning_details": [kind | {"text": "m", "signature": None}]}),
        chunk({"reasoning_details": [kind | {"signature": "s1"}, hidden]}),
        HELLO,
        STOP,
    )
    owner, kind_of_seal, token = heard.signature.split(":", 2)
    assert (heard.reasoning, owner, kind_of_seal) == ("Hm", "openai_compatible/asked", "details")
    assert json.loads(token) == [kind | {"text": "Hm", "signature": "s1"}, hidden]


def test_words_in_details_alone_are_reasoning() -> None:
    details = [{"type": "reasoning.summary", "summary": "Hm", "index": 0}]
    assert said(chunk({"reasoning_details": details}), HELLO, STOP).reasoning == "Hm"


def test_of_several_choices_the_first_is_the_answer() -> None:
    def other(text: str, finish: str | None = None) -> bytes:
        choices = [{"index": 1, "delta": {"content": text}, "finish_reason": finish}]
        return chunk(choices=choices)

    heard = said(HELLO, other("Bye"), chunk({"content": "!"}), other("", "length"), STOP, other("late"), DONE)
    assert (heard.text, heard.finished) == ("Hello!", Finished("stop", None, "m-1"))


def test_a_legacy_function_call_is_a_call() -> None:
    first, second = {"name": "one", "arguments": '{"x"'}, {"arguments": ": 1}"}
    heard = said(
        chunk({"function_call": first}), chunk({"function_call": second}), chunk({}, "function_call")
    )
    ((_, name, arguments),) = heard.calls.values()
    assert (name, arguments) == ("one", '{"x": 1}')
    assert heard.finished == Finished("tool_calls", None, "m-1")


def test_refusal_is_text() -> None:
    assert said(chunk({"content": None, "refusal": "I will not."}), STOP).text == "I will not."


def call(index: int | None, ident: str | None, name: str | None, arguments: Any) -> dict[str, Any]:
    raw: dict[str, Any] = {"function": {"arguments": arguments}}
    raw |= {} if index is None else {"index": index}
    raw |= {} if ident is None else {"id": ident, "type": "function"}
    raw["function"] |= {} if name is None else {"name": name}
    return {"tool_calls": [raw]}


CALLS = {0: ("a", "one", '{"x": 1}'), 1: ("b", "two", '{"y": 2}')}


@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param(
            [
                call(0, "a", "one", ""),
                call(0, None, None, '{"x"'),
                call(1, "b", "two", ""),
                call(1, None, None, '{"y": '),
                call(0, None, None, ": 1}"),
                call(1, None, None, "2}"),
            ],
            id="parallel by index",
        ),
        pytest.param(
            [
                call(None, "a", "one", '{"x"'),
                call(None, None, None, ": 1}"),
                call(None, "b", "two", '{"y": '),
                call(None, "b", None, "2}"),
            ],
            id="no index",
        ),
        pytest.param([call(0, "a", "one", '{"x": 1}'), call(1, "b", "two", '{"y": 2}')], id="whole in one"),
        pytest.param(
            [call(None, "a", "one", '{"x": 1}'), call(None, "b", "two", '{"y": 2}')], id="whole, no index"
        ),
        pytest.param([call(0, "a", "one", '{"x": 1}'), call(0, "b", "two", '{"y": 2}')], id="always index 0"),
        pytest.param(
            [
                call(0, "a", "one", '{"x"'),
                call(0, "a", "one", ": 1}"),
                call(1, "b", "two", '{"y": '),
                call(1, "other-id", None, "2}"),
            ],
            id="name repeated, ids that change",
        ),
        pytest.param(
            [
                {
                    "tool_calls": [
                        *call(0, "a", "one", '{"x": 1}')["tool_calls"],
                        *call(1, "b", "two", '{"y": 2}')["tool_calls"],
                    ]
                }
            ],
            id="both in one chunk",
        ),
    ],
)
@pytest.mark.parametrize("finish", ["tool_calls", "stop", "function_call"])
def test_parallel_tool_calls(deltas: list[dict[str, Any]], finish: str) -> None:
    heard = said(*(chunk(delta) for delta in deltas), chunk({}, finish), DONE)
    assert heard.calls == CALLS
    assert heard.finished == Finished("tool_calls", None, "m-1")


def test_arguments_as_an_object_and_without_any_id() -> None:
    heard = said(chunk(call(0, None, "one", {"x": 1})), chunk({}, "tool_calls"))
    ((ident, name, arguments),) = heard.calls.values()
    assert (name, arguments, ident.startswith("call_")) == ("one", '{"x":1}', True)


def test_arguments_that_were_cut_are_interrupted(heard: Heard) -> None:
    failed = refused(Answer([chunk(call(0, "a", "one", '{"x": ')) + chunk({}, "tool_calls") + DONE]), heard)
    assert (failed.kind, failed.retryable, heard.finished) == (ErrorKind.INTERRUPTED, False, None)


def test_arguments_cut_by_the_token_limit_end_as_length() -> None:
    heard = said(chunk(call(0, "a", "one", '{"x": ')), chunk({}, "length"), DONE)
    assert heard.finished == Finished("length", None, "m-1")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"),
        ("STOP", "stop"),
        ("eos", "stop"),
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
    ],
)
def test_finish_reasons(word: str, reason: str) -> None:
    finished = said(HELLO, chunk({}, word)).finished
    assert finished is not None
    assert finished.reason == reason


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("error", ErrorKind.SERVER),
        ("abort", ErrorKind.INTERRUPTED),
        ("insufficient_system_resource", ErrorKind.OVERLOADED),
    ],
)
def test_finish_reasons_that_are_failures(word: str, kind: ErrorKind, heard: Heard) -> None:
    failed = refused(Answer([HELLO + chunk({}, word)]), heard)
    assert (failed.kind, failed.retryable, heard.text, heard.finished) == (kind, False, "Hello", None)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (
            {"error": {"code": 502, "message": "Provider returned error"}, "choices": []},
            ErrorKind.UNAVAILABLE,
        ),
        (
            {
                "error": {"code": 429, "message": "Rate limit"},
                "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
            },
            ErrorKind.RATE_LIMIT,
        ),
        ({"error": {"message": "The server had an error", "type": "server_error"}}, ErrorKind.SERVER),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            ErrorKind.OVERLOADED,
        ),
        (
            {"object": "error", "message": "maximum context length is 4096 tokens", "code": 400},
            ErrorKind.CONTEXT_OVERFLOW,
        ),
        ({"error": "model runner has unexpectedly stopped"}, ErrorKind.SERVER),
    ],
)
@pytest.mark.parametrize("begun", [False, True])
def test_error_object_inside_a_200_stream(
    event: dict[str, Any], kind: ErrorKind, begun: bool, heard: Heard
) -> None:
    body = b"data: " + json.dumps(event).encode() + b"\n\n" + DONE
    failed = refused(Answer([HELLO + body if begun else body]), heard)
    assert failed.kind is kind
    assert heard.text == ("Hello" if begun else "")
    assert failed.retryable is (not begun and kind is not ErrorKind.CONTEXT_OVERFLOW)
