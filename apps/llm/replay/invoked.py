"""Claude on Bedrock as older clients call it: Anthropic's own events in Amazon's frames."""

from base64 import b64decode
from dataclasses import replace
from urllib.parse import urlsplit

import orjson

from apps.llm.replay.recordings import Exchange
from apps.llm.vendors.bedrock.eventstream import EventStreamParser, Message

_STREAMED, _PLAIN = "/invoke-with-response-stream", "/invoke"
_OK = 200


def unwrapped(exchange: Exchange) -> Exchange:
    """A streamed InvokeModel as the event stream that Anthropic would have sent; any other as it is."""
    if exchange.status != _OK or not urlsplit(exchange.url).path.endswith(_STREAMED):
        return exchange
    messages = EventStreamParser().feed(exchange.body)
    body = b"".join(b"data: " + _event(message) + b"\n\n" for message in messages)
    return replace(
        exchange,
        url=exchange.url.replace(_STREAMED, _PLAIN),
        headers={"content-type": "text/event-stream"},
        body=body,
    )


def _event(message: Message) -> bytes:
    """The event in a frame; an exception and what cannot be read as an error event."""
    try:
        if message.kind == "event":
            return b64decode(orjson.loads(message.payload)["bytes"])
        said = orjson.loads(message.payload)["message"]
    except (KeyError, TypeError, ValueError):
        said = message.name
    return orjson.dumps({"type": "error", "error": {"type": message.name, "message": said}})
