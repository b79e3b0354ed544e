"""`vendor_replay` on exchanges that no recording here holds: other shapes, other recorders, other frames."""

import gzip
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from apps.llm.management.commands.vendor_replay import Command
from apps.llm.replay import Exchange, Played, exchanges_of, play
from tests.wire.conftest import run
from tests.wire.dialects.bedrock import BINARY, framed, raised
from tests.wire.variants import VARIANTS
from tests.wire.variants.exchange import Variant, chunk, events
from tests.wire.variants.makers import HALF, START, ended

NOTHING: dict[str, Any] = {
    "operation": "chat",
    "text": "",
    "reasoning": "",
    "signature": "",
    "calls": [],
    "usage": None,
    "finish": None,
    "error_kind": None,
    "retry_after": None,
    "interrupted": False,
    "models": None,
}
INVOKE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-x-v1%3A0"


def played(*exchanges: Exchange) -> list[Played]:
    async def all_of_them() -> list[Played]:
        return [found async for found in play(exchanges)]

    return run(all_of_them())


def shown(found: Played, *names: str) -> dict[str, Any]:
    usage = found.usage
    own = {
        "calls": [(call["name"], call["arguments"]) for call in found.tool_calls],
        "usage": usage
        and (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens),
    }
    return {name: own[name] if name in own else getattr(found, name) for name in names}


@pytest.mark.parametrize("variant", VARIANTS, ids=[variant.name for variant in VARIANTS])
def test_what_a_documented_exchange_means(variant: Variant) -> None:
    (found,) = played(variant.exchange)
    expected = NOTHING | dict(variant.expected)
    assert shown(found, *expected) == expected


def invoked(*said: dict[str, Any]) -> list[bytes]:
    headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    return [
        framed(headers, json.dumps({"bytes": b64encode(json.dumps(event).encode()).decode()}).encode())
        for event in said
    ]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (invoked(*ended("end_turn")), {"finish": "stop", "usage": (22, 9, 7, 0), "error_kind": None}),
        ([raised("throttlingException")], {"finish": None, "usage": None, "error_kind": "rate_limit"}),
        ([], {"finish": None, "usage": None, "error_kind": "interrupted"}),
    ],
)
def test_claude_in_amazons_frames_as_older_clients_ask_for_it(
    end: list[bytes], expected: dict[str, Any]
) -> None:
    body = b"".join([*invoked(START, *HALF), *end])
    url = f"{INVOKE}/invoke-with-response-stream"
    (found,) = played(Exchange("POST", url, b"{}", 200, {"content-type": BINARY}, body))
    assert (found.vendor, found.operation, found.text) == ("anthropic", "chat", "Hi")
    assert shown(found, *expected) == expected


def test_other_models_in_such_frames_are_not_ours() -> None:
    url = INVOKE.replace("us.anthropic.claude-x-v1%3A0", "meta.llama3/invoke-with-response-stream")
    (found,) = played(Exchange("POST", url, b"{}", 200, {"content-type": BINARY}, b"".join(invoked({}))))
    assert (found.vendor, found.operation) == ("bedrock", "unknown")


def test_scores_of_bedrocks_own_kind_are_not_ours() -> None:
    url = "https://bedrock-agent-runtime.us-west-2.amazonaws.com/rerank"
    told = b'{"results": [{"index": 0, "relevanceScore": 0.9}]}'
    (found,) = played(Exchange("POST", url, b"{}", 200, {"content-type": "application/json"}, told))
    assert (found.vendor, found.operation, found.error_kind) == ("bedrock", "unknown", None)


@pytest.mark.parametrize("is_packed", [False, True])
def test_recordings_of_go_vcr_and_packed_ones(
    is_packed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interaction = {
        "id": 0,
        "request": {"method": "POST", "url": "https://api.deepseek.com/chat/completions", "body": "{}"},
        "response": {
            "status": "200 OK",
            "code": 200,
            "headers": {"Content-Type": ["text/event-stream"]},
            "body": events(chunk({"content": "Grüße"}, "stop")).decode(),
        },
    }
    raw = yaml.safe_dump({"version": 2, "interactions": [interaction]}).encode()
    path = tmp_path / ("a.yaml.gz" if is_packed else "a.yaml")
    path.write_bytes(gzip.compress(raw) if is_packed else raw)
    call_command(Command(), str(tmp_path), "--json")
    row = json.loads(capsys.readouterr().out)
    assert (row["file"], row["status"], row["text"], row["finish"]) == (str(path), 200, "Grüße", "stop")


def test_an_address_with_a_placeholder_is_played_all_the_same() -> None:
    url = "http://localhost:<PORT>/v1/chat/completions"
    body = events(chunk({"content": "Hi"}, "stop"))
    (found,) = played(Exchange("POST", url, b"{}", 200, {"content-type": "text/event-stream"}, body))
    assert (found.vendor, found.text) == ("openai_compatible", "Hi")


def test_a_packed_body_that_was_cut_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    """A recorder keeps what came before the line broke."""
    said = gzip.compress(events(chunk({"content": "Hi"}), *(chunk({"content": str(at)}) for at in range(99))))
    interaction = {
        "request": {"method": "POST", "uri": "https://api.openai.com/v1/chat/completions", "body": "{}"},
        "response": {
            "status": {"code": 201},
            "headers": {"Content-Type": ["text/event-stream"], "Content-Encoding": ["gzip"]},
            "body": {"base64_string": b64encode(said[:-40]).decode()},
        },
    }
    path = tmp_path / "cut.json"
    path.write_text(json.dumps({"interactions": [interaction]}))
    (found,) = played(*(item for item in exchanges_of(path) if isinstance(item, Exchange)))
    assert found.text.startswith("Hi01")
    assert (found.status, found.finish, found.error_kind, found.interrupted) == (
        201,
        None,
        "interrupted",
        True,
    )
