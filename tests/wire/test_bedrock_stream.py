"""Bedrock's binary event stream: checksums, damage, cuts, and recordings of it."""

import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ErrorKind,
    Finished,
    Usage,
    VendorError,
)
from apps.llm.vendors.bedrock import Bedrock
from apps.llm.vendors.bedrock.events import ConverseEvents
from apps.llm.vendors.bedrock.eventstream import EventStreamParser
from tests.wire.conftest import QUICK, run
from tests.wire.dialects.bedrock import event, framed, words
from tests.wire.replay import Answer, Heard, Server, needs_recordings, recorded, replayed

MESSAGES = [*words(0, "One", "Two"), event("messageStop", stopReason="end_turn")]


def test_every_flipped_byte_is_noticed() -> None:
    body = b"".join(MESSAGES)
    whole = EventStreamParser().feed(body)
    assert [message.name for message in whole] == ["contentBlockDelta"] * 2 + [
        "contentBlockStop",
        "messageStop",
    ]
    for at in range(len(body)):
        damaged = bytearray(body)
        damaged[at] ^= 0x40
        found = EventStreamParser().feed(bytes(damaged))
        assert found[:-1] == whole[: len(found) - 1], at
        assert not found or found[-1].kind == "broken" or len(found) < len(whole), at
        assert found != whole


def test_what_came_before_a_damaged_message_stands(heard: Heard) -> None:
    damaged = bytearray(MESSAGES[1])
    damaged[-1] ^= 1
    answer = Answer([MESSAGES[0] + bytes(damaged)], content_type="application/vnd.amazon.eventstream")

    async def listen() -> None:
        async with Server([answer]) as server:
            request = ChatRequest("m", (ChatMessage.text("user", "hi"),))
            async for delta in Bedrock().stream(server.endpoint(), request, QUICK):
                heard.add(delta)

    with pytest.raises(VendorError) as caught:
        run(listen())
    failed = caught.value
    assert (heard.text, failed.kind, failed.retryable) == ("One", ErrorKind.PROTOCOL, False)


def test_headers_of_every_type_are_skipped() -> None:
    raw = framed({":event-type": "metadata", ":message-type": "event"}, b"{}")
    extra = b"\x01b\x00" + b"\x01i\x04\x00\x00\x00\x07" + b"\x01u\x09" + bytes(16)
    from struct import pack
    from zlib import crc32

    headers = extra + raw[12 : 12 + int.from_bytes(raw[4:8], "big")]
    prelude = pack(">II", 16 + len(headers) + 2, len(headers))
    body = prelude + pack(">I", crc32(prelude)) + headers + b"{}"
    (message,) = EventStreamParser().feed(body + pack(">I", crc32(body)))
    assert (message.kind, message.name, message.payload) == ("event", "metadata", b"{}")


def heard_from(folder: str, name: str, index: int) -> Heard:
    async def ask() -> Heard:
        heard = Heard()
        async with Server([replayed(recorded(folder, name)[index])]) as server:
            request = ChatRequest("asked", (ChatMessage.text("user", "hi"),))
            async for delta in Bedrock().stream(server.endpoint(), request, QUICK):
                heard.add(delta)
        return heard

    return run(ask())


@needs_recordings
def test_recorded_parallel_calls() -> None:
    heard = heard_from("bedrock", "content_tool_call", 0)
    assert heard.text.startswith("<thinking> The User has asked for the current weather in two")
    assert heard.calls == {
        0: ("tooluse_JZ11QcxSQ3m3xacMQKVIKw", "get_current_weather", '{"location":"Seattle"}'),
        1: ("tooluse_-hxBEEwGRc-VQqC2i7SFqg", "get_current_weather", '{"location":"San Francisco"}'),
    }
    assert heard.finished == Finished("tool_calls", Usage(415, 202), "asked")


@needs_recordings
def test_recorded_answer_and_reasoning() -> None:
    plain = heard_from("bedrock", "content_tool_call", 1)
    ending = "Seattle is 50 degrees and raining. In San Francisco, the weather is 70 degrees and sunny."
    assert plain.text.endswith(ending)
    assert plain.finished == Finished("stop", Usage(565, 52), "asked")
    thought = heard_from("bedrock", "ruby_llm", 0)
    assert thought.reasoning.startswith("This is a clever logical puzzle that combines")
    assert thought.text.endswith("paradox didn't exist.\n\nWhat would you ask?")
    assert len(thought.signature) > 100
    assert thought.finished == Finished("stop", Usage(80, 1113), "asked")


@needs_recordings
@pytest.mark.parametrize(
    ("name", "index"), [("content_tool_call", 0), ("content_tool_call", 1), ("ruby_llm", 0)]
)
def test_recordings_cut_anywhere_are_the_same_or_interrupted(name: str, index: int) -> None:
    body = recorded("bedrock", name)[index].body
    whole = EventStreamParser().feed(body)
    bytewise = EventStreamParser()
    assert [message for at in range(len(body)) for message in bytewise.feed(body[at : at + 1])] == whole
    stop = body.index(b"stopReason")
    for at in range(0, stop, 211):
        events = ConverseEvents("m", "")
        for message in EventStreamParser().feed(body[:at]):
            events.feed(message)
        with pytest.raises(VendorError) as caught:
            events.finished()
        assert caught.value.kind is ErrorKind.INTERRUPTED
