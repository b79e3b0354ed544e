"""`vendor_replay`: every recording that lies here, both formats, every encoding, hosts that nobody knows."""

import gzip
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # it has none
import pytest
import yaml
from django.core.management import CommandError, call_command

from apps.llm.management.commands.vendor_replay import Command
from tests.wire.replay import WIRE, needs_recordings

_ENTRY = re.compile(r"^- \*\*(?P<file>[^*]+)\*\*")
_FACT = re.compile(r"^  - (?P<index>\d+): (?P<rest>\w+ \S+ → (?P<status>\d+).*)$")
_KINDS = {
    "Incorrect API key": "authentication",
    "invalid x-api-key": "authentication",
    "API key not valid": "authentication",
    "does not exist": "not_found",
    "model identifier is invalid": "not_found",
    "context window": "context_overflow",
    "prompt is too long": "context_overflow",
    "Input Tokens Exceeded": "context_overflow",
}


def replay(*paths: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    call_command(Command(), *map(str, paths), "--json")
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def facts() -> dict[tuple[str, int], tuple[int, str]]:
    """(file, index) → (status, the rest of the line), as index.md says. Responses echo the tools offered."""
    found: dict[tuple[str, int], tuple[int, str]] = {}
    name = ""
    for line in (WIRE / "index.md").read_text("utf-8").splitlines():
        if entry := _ENTRY.match(line):
            name = entry["file"]
        elif fact := _FACT.match(line):
            found[name, int(fact["index"])] = (int(fact["status"]), fact["rest"])
    return found


def number(text: str, *names: str) -> int | None:
    for name in names:
        if found := re.search(rf'"{name}":\s*(\d+)', text):
            return int(found[1])
    return None


def counted(rest: str) -> tuple[int | None, int | None]:
    """Input and output tokens in each vendor's words; Gemini's thoughts count as output, caches as input."""
    usage = rest.partition("usage=")[2]
    usage = usage.partition('"tokens":')[2] or usage
    taken = number(usage, "prompt_tokens", "input_tokens", "inputTokens", "promptTokenCount")
    given = number(usage, "completion_tokens", "output_tokens", "outputTokens", "candidatesTokenCount")
    for name in ("cache_creation_input_tokens", "cache_read_input_tokens"):
        taken = taken + (number(usage, name) or 0) if taken is not None else None
    thoughts = number(usage, "thoughtsTokenCount")
    return taken, given + thoughts if given is not None and thoughts else given


@needs_recordings
def test_every_recording_gives_what_the_index_says(capsys: pytest.CaptureFixture[str]) -> None:
    played = replay(WIRE, capsys=capsys)
    said = facts()
    assert {(Path(row["file"]).name, row["index"]) for row in played} == set(said)
    for row in played:
        status, rest = said[Path(row["file"]).name, row["index"]]
        where = f"{row['file']} {row['index']}"
        assert (row["status"], row["interrupted"]) == (status, False), where
        names = re.search(r"names=\[([^\]]*)\]", rest)
        named = set(names[1].replace("'", "").split(", ")) if names else set()
        called = {call["name"] for call in row["tool_calls"]}
        assert called == named or (called < named and "/responses" in rest), where
        assert all(isinstance(json.loads(call["arguments"]), dict) for call in row["tool_calls"]), where
        error = next((kind for words, kind in _KINDS.items() if words in rest), None)
        assert row["error_kind"] == error, where
        taken, given = counted(rest)
        if taken is not None and row["operation"] == "chat":
            assert row["usage"]["input_tokens"] == taken, where
        if given is not None and "trafficType" not in rest:
            assert row["usage"]["output_tokens"] == given, where
        if row["operation"] == "chat" and error is None:
            assert row["finish"] == ("tool_calls" if called else "stop"), where


def cassette(path: Path, url: str, body: Any, asked: Any = None, **response: Any) -> Path:
    """A recording in VCR.py's format."""
    item = {
        "request": {"method": "POST", "uri": url, "body": json.dumps({"model": "m-1"} | (asked or {}))},
        "response": {"status": {"code": 200}, "headers": {}, "body": {"string": body}, **response},
    }
    path.write_text(yaml.safe_dump({"interactions": [item], "version": 1}), "utf-8")
    return path


CHUNK = 'data: {"model":"m-2","choices":[{"delta":{"content":"Grüße"},"finish_reason":%s}]}\n\n'
WHOLE = (CHUNK % '"stop"').encode()
STREAMED = {"Content-Type": ["text/event-stream; charset=utf-8"]}


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (WHOLE.decode(), ""),
        (gzip.compress(WHOLE), "gzip"),
        (brotli.compress(WHOLE), "br"),
        (WHOLE, "br"),
        (WHOLE, "gzip"),
    ],
)
def test_bodies_in_every_encoding(
    body: Any, encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = STREAMED | {"Content-Encoding": [encoding]}
    url = "https://models.unknown.example/serving/v1/chat/completions"
    (row,) = replay(cassette(tmp_path / "a.yaml", url, body, headers=headers), capsys=capsys)
    assert (row["vendor"], row["text"], row["finish"]) == ("openai_compatible", "Grüße", "stop")
    assert row["model"] == "m-2"


def test_ruby_recording_with_binary_body(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = b64encode(gzip.compress(WHOLE)).decode()
    path = tmp_path / "b.yml"
    path.write_text(
        "http_interactions:\n"
        "- request: {method: post, uri: 'https://api.groq.com/openai/v1/chat/completions'}\n"
        "  response:\n"
        "    status: {code: 200, message: OK}\n"
        "    headers: {Content-Type: [text/event-stream], Content-Encoding: [gzip]}\n"
        f"    body: {{encoding: ASCII-8BIT, string: !binary {raw}}}\n"
        "recorded_with: VCR 6.3.1\n",
        "utf-8",
    )
    (row,) = replay(path, capsys=capsys)
    assert (row["vendor"], row["text"]) == ("groq", "Grüße")


def test_parsed_body_of_a_call_that_was_not_streamed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = {
        "type": "message",
        "model": "claude-x",
        "content": [
            {"type": "thinking", "thinking": "Hm", "signature": "s"},
            {"type": "tool_use", "id": "t", "name": "look", "input": {"q": 1}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    parsed = {"parsed_body": message, "headers": {"content-type": ["application/json"]}}
    url = "https://gateway.example/anthropic/v1/messages"
    (row,) = replay(cassette(tmp_path / "c.yaml", url, "", **parsed), capsys=capsys)
    assert (row["vendor"], row["reasoning"], row["signature"], row["finish"]) == (
        "anthropic", "Hm", "s", "tool_calls",
    )  # fmt: skip
    assert row["tool_calls"] == [{"id": "t", "name": "look", "arguments": '{"q":1}'}]


@pytest.mark.parametrize(
    "outcome",
    [
        (200, (CHUNK % "null").encode(), "interrupted", None, True),
        (429, b'{"error": {"message": "slow down", "type": "rate_limit_error"}}', "rate_limit", 9.0, False),
    ],
)
def test_cut_and_refused(
    outcome: tuple[int, bytes, str, float | None, bool], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, body, kind, wait, interrupted = outcome
    headers = STREAMED | ({"Retry-After": ["9"]} if wait else {})
    url = "https://api.deepseek.com/chat/completions"
    path = cassette(tmp_path / "d.yaml", url, body, headers=headers, status={"code": status})
    (row,) = replay(path, capsys=capsys)
    assert (row["vendor"], row["error_kind"], row["retry_after"], row["interrupted"]) == (
        "deepseek", kind, wait, interrupted,
    )  # fmt: skip


RANKED = {"query": "q", "documents": ["a", {"text": "b"}], "top_n": 1}
PICTURE = {"b64_json": "iVBORw0KGgo="}


WHOLES = {
    "https://api.cohere.com/v2/rerank": (RANKED, {"results": [{"index": 1, "relevance_score": 0.5}]}),
    "http://tei.example/rerank": ({"texts": ["a", "b"]}, [{"index": 1, "score": 0.5}]),
    "https://api.jina.ai/v1/rerank": (RANKED, {"results": [{"index": 1, "relevance_score": 0.5}]}),
    "https://api.openai.com/v1/images/generations": ({"prompt": "a cat"}, {"data": [PICTURE, PICTURE]}),
    "https://api.stability.ai/v2beta/stable-image/generate/core": ({}, {"image": PICTURE["b64_json"]}),
}


@pytest.mark.parametrize(
    ("url", "made"),
    list(
        zip(
            WHOLES,
            [
                ("cohere", [[1, 0.5]], None),
                ("openai_compatible", [[1, 0.5]], None),
                ("cohere", [[1, 0.5]], None),
                ("openai", None, 2),
                ("stability", None, 1),
            ],
            strict=True,
        )
    ),
)
def test_scores_and_pictures(url: str, made: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked, answer = WHOLES[url]
    headers = {"Content-Type": ["application/json"]}
    path = cassette(tmp_path / "r.yaml", url, json.dumps(answer), asked, headers=headers)
    (row,) = replay(path, capsys=capsys)
    assert (row["vendor"], row["scores"], row["images"], row["error_kind"]) == (*made, None)


@pytest.mark.parametrize(
    ("url", "vendor", "operation"),
    [
        ("https://x.example/model/a.b-v1%3A0/converse-stream", "bedrock", "chat"),
        ("https://x.example/v1beta/models/gemini-9:streamGenerateContent?alt=sse", "google", "chat"),
        ("https://eu-aiplatform.googleapis.com/v1/projects/p/models/g:generateContent", "vertex", "chat"),
        ("https://x.example/v1/responses", "openai", "chat"),
        ("https://x.example/v2/chat", "cohere", "chat"),
        ("http://127.0.0.1:11434/api/chat", "ollama", "chat"),
        ("https://res.openai.azure.com/openai/deployments/d/chat/completions", "azure_openai", "chat"),
        ("https://api.x.ai/v1/chat/completions", "xai", "chat"),
        ("https://api.together.ai/v1/chat/completions", "together", "chat"),
        ("https://api.mistral.ai/v1/embeddings", "mistral", "embed"),
        ("https://x.example/rerank", "openai_compatible", "rerank"),
        ("https://x.example/v1/audio/speech", "openai_compatible", "unknown"),
    ],
)
def test_vendor_is_told_from_host_and_path(url: str, vendor: str, operation: str) -> None:
    from apps.llm.replay.recognising import recognised
    from apps.llm.replay.recordings import Exchange

    found = recognised(Exchange("POST", url, b"{}", 200, {}, b""))
    assert (found.vendor.slug, found.operation) == (vendor, operation)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a: [", "no YAML or JSON: line"),
        ("just words", "holds neither"),
        ("interactions: 3", "holds neither"),
        ("\x00", "no YAML or JSON"),
    ],
)
def test_a_file_that_is_no_recording_is_said_to_be_none(
    content: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are played all the same, each line of the same form; the command fails."""
    (tmp_path / "e.yaml").write_text(content, "utf-8")
    url = "https://api.deepseek.com/chat/completions"
    cassette(tmp_path / "f.yml", url, WHOLE, headers=STREAMED)
    with pytest.raises(CommandError, match="1 of 2 could not be read"):
        call_command(Command(), str(tmp_path), "--json")
    bad, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert bad.keys() == good.keys()
    assert (bad["file"], bad["index"], bad["error_kind"]) == (str(tmp_path / "e.yaml"), None, "unreadable")
    assert why in bad["error_detail"]
    assert "\n" not in bad["error_detail"]
    assert (good["index"], good["text"]) == (0, "Grüße")


def test_a_part_that_is_no_exchange_keeps_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = cassette(tmp_path / "g.yaml", "https://api.deepseek.com/chat/completions", WHOLE, headers=STREAMED)
    document = yaml.safe_load(path.read_text("utf-8"))
    (only,) = document["interactions"]
    only["response"]["body"] = {"string": WHOLE.decode()}
    odd = {"request": {}, "response": {"status": {"code": "none"}}}
    path.with_suffix(".json").write_text(json.dumps({"interactions": [3, odd, only]}), "utf-8")
    with pytest.raises(CommandError, match="2 of 3"):
        call_command(Command(), str(path.with_suffix(".json")), "--json")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["index"], row["operation"]) for row in rows] == [
        (0, "unreadable"),
        (1, "unreadable"),
        (2, "chat"),
    ]


def test_what_is_not_there_is_an_error_of_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    for name, why in (("none.yaml", "No such file"), ("empty", "holds no recording")):
        with pytest.raises(CommandError, match="1 of 1"):
            call_command(Command(), str(tmp_path / name))
        assert why in capsys.readouterr().out


def test_a_request_that_no_adapter_makes_is_said_to_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = cassette(tmp_path / "h.yaml", "https://x.example/v1/audio/speech", b"{}")
    (row,) = replay(path, capsys=capsys)
    assert (row["operation"], row["error_kind"], "No adapter" in row["error_detail"]) == (
        "unknown",
        None,
        True,
    )


def test_a_line_for_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://api.deepseek.com/chat/completions"
    call_command(Command(), str(cassette(tmp_path / "f.yaml", url, WHOLE, headers=STREAMED)))
    assert capsys.readouterr().out == "f.yaml 0: deepseek chat: text Grüße; finish stop\n"
