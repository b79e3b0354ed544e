"""CPU of one streamed token and of one call, for each way to read an OpenAI-shaped stream.

Each way runs in a process of its own against ../shared/bench/mock_upstream.py (ATRIUM_SHARED names another
place); both are pinned to a core of their own where there are two. A token's cost is the slope between short
and long answers, so that a call's own cost does not hide in it. Figures are user + system time of the reading
process; run it on a quiet machine.

    python bench/adapter.py                     the table
    python bench/adapter.py --json out.json     also as JSON (- for standard output)
    python bench/adapter.py --native --at 20    every native adapter beside the lean one (native_mock.py)
        --python SCRATCH/bin/python             and, with an interpreter that has pydantic-ai-slim
                                                [anthropic,bedrock], its model classes and Anthropic's client
"""

import argparse
import asyncio
import gc
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import orjson
import uvloop
from yarl import URL

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ATRIUM_SHARED", ROOT.parent / "shared"))
SHORT, LONG = 20, 220
LEAST_CALLS, SHORT_REPEATS = 10, 5
LONE_INTERVAL = 1.0
WAYS = {
    "bare": "bare aiohttp session, events split and parsed with orjson",
    "adapter": "our adapter: egress, own parser, typed deltas, deadlines",
    "sdk_raw": "openai client, raw bytes, on the egress sockets",
    "sdk": "openai client's own objects, on the egress sockets",
}
NATIVE = {
    "openai_compatible": "the lean adapter, on this mock",
    "anthropic": "our Anthropic adapter",
    "bedrock": "our Bedrock adapter, binary frames with checksums",
    "google": "our Gemini adapter",
    "cohere": "our Cohere adapter",
    "mistral": "our Mistral adapter",
    "openai": "our Responses adapter",
    "ollama": "our Ollama adapter, lines of its own API",
    "base_models": "our text-completion adapter",
}
FOREIGN = {
    "anthropic_sdk": "anthropic client's own objects",
    "anthropic_ai": "pydantic-ai's AnthropicModel",
    "bedrock_ai": "pydantic-ai's BedrockConverseModel (boto3 in threads)",
}
One = Callable[[int], Awaitable[int]]


def prompt(tokens: int, interval: float) -> str:
    """The mock's directive for an answer of that length, an interval in milliseconds between tokens."""
    return f"[[mock n={tokens} itl={interval:g} stamp=0]]"


def body(tokens: int, interval: float) -> dict[str, Any]:
    """A streamed call."""
    return {
        "model": "mock-gpt",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": prompt(tokens, interval)}],
    }


def bare(url: str, interval: float) -> tuple[One, Callable[[], Awaitable[None]]]:
    """The floor: nothing is checked, nothing is typed."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)
    headers = {"Content-Type": "application/json"}

    async def one(tokens: int) -> int:
        count, rest = 0, b""
        data = orjson.dumps(body(tokens, interval))
        async with session.post(f"{url}/chat/completions", data=data, headers=headers) as answer:
            read = answer.content.readany
            while chunk := await read():
                *events, rest = (rest + chunk).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]":
                        count += bool(orjson.loads(event[6:])["choices"])
        return count - 2

    return one, session.close


def adapter(
    url: str, interval: float, slug: str = "openai_compatible"
) -> tuple[One, Callable[[], Awaitable[None]]]:
    """What the gateway uses."""
    from apps import egress
    from apps.llm.vendors.base import ChatMessage, ChatRequest, TextDelta
    from apps.llm.vendors.interface import Endpoint
    from apps.llm.vendors.registry import vendor_for

    port = URL(url).port or 80
    settings = {"api": "native"} if slug == "ollama" else {}
    endpoint = Endpoint(url, "sk-bench", settings, uuid4(), frozenset({("127.0.0.1", port)}))
    vendor = vendor_for(slug)

    async def one(tokens: int) -> int:
        count = 0
        request = ChatRequest("mock-gpt", (ChatMessage.text("user", prompt(tokens, interval)),))
        async for delta in vendor.stream(endpoint, request):
            if isinstance(delta, TextDelta):
                count += len(delta.text.split())
        return count

    return one, egress.close_sessions


async def nothing() -> None:
    """What closes a client that needs no closing."""


def anthropic_sdk(url: str, interval: float) -> tuple[One, Callable[[], Awaitable[None]]]:
    """Anthropic's client as its documentation shows it."""
    client = import_module("anthropic").AsyncAnthropic(
        api_key="sk-bench", base_url=url.removesuffix("/v1"), max_retries=0
    )

    async def one(tokens: int) -> int:
        count = 0
        said = [{"role": "user", "content": prompt(tokens, interval)}]
        stream = await client.messages.create(model="mock", max_tokens=512, messages=said, stream=True)
        async for event in stream:
            count += event.type == "content_block_delta"
        return count

    return one, client.close


def pydantic_ai(url: str, interval: float, way: str) -> tuple[One, Callable[[], Awaitable[None]]]:
    """A model class of pydantic-ai, driven directly, without an agent."""
    stream_of = import_module("pydantic_ai.direct").model_request_stream
    prompt_of = import_module("pydantic_ai.messages").ModelRequest.user_text_prompt
    host = "anthropic" if way == "anthropic_ai" else "bedrock"
    models, providers = (import_module(f"pydantic_ai.{kind}.{host}") for kind in ("models", "providers"))
    if host == "anthropic":
        provider = providers.AnthropicProvider(api_key="sk-bench", base_url=url.removesuffix("/v1"))
        model = models.AnthropicModel("mock", provider=provider)
    else:
        keys = {"aws_access_key_id": "AKIABENCH", "aws_secret_access_key": "bench"}
        provider = providers.BedrockProvider(region_name="us-east-1", base_url=url, **keys)
        model = models.BedrockConverseModel("mock", provider=provider)

    async def one(tokens: int) -> int:
        count = 0
        said = [prompt_of(prompt(tokens, interval))]
        async with stream_of(model, said) as stream:
            async for event in stream:
                count += event.event_kind in {"part_start", "part_delta"}
        return tokens if abs(count - tokens) <= 1 else count

    return one, nothing


def way_of(way: str, url: str, interval: float) -> tuple[One, Callable[[], Awaitable[None]]]:
    """How to make one call, and what to close after."""
    ways = {"bare": bare, "adapter": adapter, "sdk_raw": sdk_raw, "sdk": sdk, "anthropic_sdk": anthropic_sdk}
    if way in ways:
        return ways[way](url, interval)
    if way in FOREIGN:
        return pydantic_ai(url, interval, way)
    return adapter(url, interval, way)


def sdk_client(url: str) -> tuple[Any, Callable[[], Awaitable[None]]]:
    """The openai client with its sockets taken from an aiohttp session, as an adapter on it would."""
    import httpx2
    import openai

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)

    class Body(httpx2.AsyncByteStream):
        def __init__(self, answer: aiohttp.ClientResponse) -> None:
            self._answer = answer

        async def __aiter__(self) -> Any:
            read = self._answer.content.readany
            while chunk := await read():
                yield chunk

        async def aclose(self) -> None:
            self._answer.close()

    class Transport(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            answer = await session.request(
                request.method,
                str(request.url),
                headers=request.headers,
                data=request.content,
                allow_redirects=False,
            )
            return httpx2.Response(
                answer.status, headers=answer.raw_headers, stream=Body(answer), request=request
            )

    http = httpx2.AsyncClient(transport=Transport(), trust_env=False)
    client = openai.AsyncOpenAI(api_key="sk-bench", base_url=url, max_retries=0, http_client=http)
    return client, session.close


def sdk_raw(url: str, interval: float) -> tuple[One, Callable[[], Awaitable[None]]]:
    """The client's raw stream, parsed as `bare` does."""
    client, close = sdk_client(url)

    async def one(tokens: int) -> int:
        count, rest = 0, b""
        call = client.chat.completions.with_streaming_response.create(**body(tokens, interval))
        async with call as answer:
            async for chunk in answer.iter_bytes():
                *events, rest = (rest + chunk).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]":
                        count += bool(orjson.loads(event[6:])["choices"])
        return count - 2

    return one, close


def sdk(url: str, interval: float) -> tuple[One, Callable[[], Awaitable[None]]]:
    """The client as its documentation shows it."""
    client, close = sdk_client(url)

    async def one(tokens: int) -> int:
        count = 0
        async for event in await client.chat.completions.create(**body(tokens, interval)):
            count += bool(event.choices and event.choices[0].delta.content)
        return count

    return one, close


async def measured(way: str, url: str, streams: int, interval: float) -> dict[str, float]:
    """Microseconds of CPU per token and per call, resident MiB at the peak."""
    one, close = way_of(way, url, interval)
    costs: dict[int, float] = {}
    await asyncio.gather(*(one(SHORT) for _ in range(streams)))
    gc.collect()
    gc.freeze()
    for tokens, repeats in ((SHORT, SHORT_REPEATS), (LONG, 1)):
        turns = repeats * max(1, LEAST_CALLS // streams)
        began = time.process_time()
        for _ in range(turns):
            counts = await asyncio.gather(*(one(tokens) for _ in range(streams)))
            assert counts == [tokens] * streams, counts[:3]
        costs[tokens] = (time.process_time() - began) * 1e6 / (turns * streams)
    await close()
    short, long = costs[SHORT], costs[LONG]
    per_token = (long - short) / (LONG - SHORT)
    return {
        "us_per_token": round(per_token, 1),
        "us_per_call": round(short - SHORT * per_token),
        "us_per_token_all_in": round(long / LONG, 1),
        "rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def pinned(core: int) -> Callable[[], None]:
    """Called in a child before it runs: keep it on one of the cores that this process may use."""

    def pin() -> None:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})

    return pin


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Return once the mock accepts; five seconds at most."""
    for _ in range(250):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    sys.exit("the mock upstream did not start")


def in_a_process(way: str, url: str, streams: int, args: argparse.Namespace) -> dict[str, float]:
    """One measurement in a fresh interpreter."""
    python = args.python if way in FOREIGN else sys.executable
    command = [python, __file__, "--one", way, "--url", url, "--streams", str(streams)]
    interval = args.interval if streams > 1 else min(args.interval, LONE_INTERVAL)
    command += ["--interval", str(interval)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        env=environ,
        preexec_fn=pinned(0),
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as text, with the ratio to the floor at the same number of streams."""
    wide = max(len(row["way"]) for row in rows)
    lines = [
        f"{'way':{wide}} {'streams':>7} {'µs/token':>9} {'ratio':>7} {'µs/call':>8} {'all in':>7} {'MiB':>5}"
    ]
    lines += [
        f"{row['way']:{wide}} {row['streams']:>7} {row['us_per_token']:>9.1f} {row['ratio']:>7.2f} "
        f"{row['us_per_call']:>8.0f} {row['us_per_token_all_in']:>7.1f} {row['rss_mib']:>5.0f}"
        for row in rows
    ]
    taken = {row["way"] for row in rows}
    known = {**WAYS, **NATIVE, **FOREIGN}
    legend = [f"  {way:{wide}} {what}" for way, what in known.items() if way in taken]
    return "\n".join([*lines, "", *legend])


def ways_of(args: argparse.Namespace) -> list[str]:
    """What is compared; the first is the floor."""
    if args.native:
        return [*NATIVE, *(FOREIGN if args.python else ())]
    return [*WAYS]


def rows_at(streams: int, url: str, args: argparse.Namespace) -> list[dict[str, Any]]:
    """The median of every way, measured in turns so that what else the machine does hits all alike."""
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in ways_of(args)}
    for _ in range(args.rounds):
        for way, results in taken.items():
            results.append(in_a_process(way, url, streams, args))
    rows: list[dict[str, Any]] = []
    for way, results in taken.items():
        middle = {name: statistics.median(result[name] for result in results) for name in results[0]}
        floor = rows[0]["us_per_token"] if rows else middle["us_per_token"]
        ratio = round(middle["us_per_token"] / floor, 2)
        rows.append({"way": way, "streams": streams, **middle, "ratio": ratio})
    return rows


def compare(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Every way at every number of streams, against one mock."""
    port = free_port()
    mock_file = ROOT / "bench" / "native_mock.py" if args.native else SHARED / "bench" / "mock_upstream.py"
    mock = subprocess.Popen(
        [sys.executable, str(mock_file), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        preexec_fn=pinned(1),  # noqa: PLW1509 - this process has no threads
    )
    try:
        wait_for(port)
        return [row for streams in args.at for row in rows_at(streams, f"http://127.0.0.1:{port}/v1", args)]
    finally:
        mock.terminate()
        mock.wait()


def main() -> None:
    """Compare all, or measure one and print it as JSON (how the comparison calls itself)."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else "")
    parser.add_argument("--at", type=int, nargs="+", default=[1, 20], help="numbers of streams at once")
    parser.add_argument("--interval", type=float, default=5.0, help="milliseconds between a stream's tokens")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, of which the median counts")
    parser.add_argument("--json", metavar="FILE", help="also write JSON; - for standard output")
    parser.add_argument("--native", action="store_true", help="the native adapters beside the lean one")
    parser.add_argument(
        "--python", metavar="FILE", help="an interpreter that has the clients to compare with"
    )
    parser.add_argument("--one", choices=[*WAYS, *NATIVE, *FOREIGN], help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--streams", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        work = measured(args.one, args.url, args.streams, args.interval)
        print(json.dumps(uvloop.run(work)))
        return
    rows = compare(args)
    if args.json == "-":
        print(json.dumps(rows, indent=1))
        return
    print(table(rows))
    if args.json:
        Path(args.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
