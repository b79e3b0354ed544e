"""What a hostile answer costs: bounded memory, bounded time, a typed failure (security.md, E08)."""

import asyncio
import gzip
import resource
import time
import zlib

import pytest

from apps import egress
from apps.egress import EgressFailed, Limits
from tests.egress.conftest import allowed_for, fetched, run, with_sink
from tests.wire.replay import Answer

MEGA = 1024 * 1024


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def bomb(encoding: str) -> bytes:
    plain = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    return b"".join([*(plain.compress(b"\0" * MEGA) for _ in range(512)), plain.flush()])


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_decompression_bomb_is_stopped_in_bounded_memory(encoding: str) -> None:
    before = peak()
    answer = Answer([bomb(encoding)], headers=(("Content-Encoding", encoding),))
    result, _ = with_sink(lambda sink: fetched(sink, limits=Limits(body=8 * MEGA)), answer)
    assert isinstance(result, EgressFailed)
    assert result.reason == "too_large"
    assert peak() - before < 64


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    result, _ = with_sink(fetched, Answer([b"xxxx"], headers=(("Content-Encoding", encoding),)))
    assert isinstance(result, EgressFailed)
    assert result.reason == "malformed"


@pytest.mark.parametrize("split", [1, 7, 1000, 10**6])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip"])
def test_compressed_body_comes_whole_however_it_is_cut(encoding: str, split: int) -> None:
    plain = bytes(range(256)) * 40 + b"\0" * 600_000
    packed = (
        zlib.compress(plain)
        if encoding == "deflate"
        else gzip.compress(plain[:5000]) + gzip.compress(plain[5000:])
    )
    answer = Answer(
        [packed[at : at + split] for at in range(0, len(packed), split)],
        headers=(("Content-Encoding", encoding),),
    )
    result, _ = with_sink(fetched, answer)
    assert result.body == plain


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (gzip.compress(b"x" * 5000)[:-12], "cut"),
        (b"not gzip at all", "malformed"),
        (gzip.compress(b"") * 500, "malformed"),
    ],
    ids=["no end", "no gzip", "many members"],
)
def test_broken_compression_is_typed(body: bytes, reason: str) -> None:
    result, _ = with_sink(fetched, Answer([body], headers=(("Content-Encoding", "gzip"),)))
    assert isinstance(result, EgressFailed)
    assert result.reason == reason


def test_endless_body_is_stopped_in_bounded_memory() -> None:
    before = peak()
    result, _ = with_sink(
        lambda sink: fetched(sink, limits=Limits(body=4 * MEGA)), Answer([b"x" * 65536] * 5000)
    )
    assert isinstance(result, EgressFailed)
    assert result.reason == "too_large"
    assert peak() - before < 64


def test_a_byte_a_second_is_stopped_in_time() -> None:
    began = time.monotonic()
    result, _ = with_sink(lambda sink: fetched(sink, total=0.4), Answer([b"x"] * 100, pause=0.1))
    assert isinstance(result, EgressFailed)
    assert result.reason == "timeout"
    assert time.monotonic() - began < 5


def test_headers_that_never_come_are_stopped_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    async def go() -> str:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        session = egress.session(frozenset({("127.0.0.1", port)}))
        with pytest.raises(EgressFailed) as caught:
            await egress.fetch(session, f"http://127.0.0.1:{port}/", limits=Limits(headers=0.2))
        server.close()
        return caught.value.reason

    assert run(go()) == "timeout"


@pytest.mark.parametrize(("many", "long"), [(1_000_000, 1), (1, 100_000)])
def test_headers_are_bounded(many: int, long: int) -> None:
    headers = tuple((f"X-{number}", "v" * long) for number in range(many))
    before, began = peak(), time.monotonic()
    result, _ = with_sink(fetched, Answer([b"ok"], headers=headers))
    assert isinstance(result, EgressFailed)
    assert result.reason in {"malformed", "cut"}
    assert time.monotonic() - began < 10
    assert peak() - before < 256


@pytest.mark.parametrize("ending", ["cut", "reset"])
def test_body_that_ends_early_is_cut_not_whole(ending: str) -> None:
    result, _ = with_sink(fetched, Answer([b"half"], ending=ending))  # type: ignore[arg-type]  # the literal's values
    assert isinstance(result, EgressFailed)
    assert result.reason == "cut"


def test_something_that_is_not_http_is_malformed() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()
        writer.close()

    async def go() -> str:
        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        session = egress.session(frozenset({("127.0.0.1", port)}))
        with pytest.raises(EgressFailed) as caught:
            await egress.fetch(session, f"http://127.0.0.1:{port}/")
        server.close()
        return caught.value.reason

    assert run(go()) in {"malformed", "cut"}


def test_plain_http_where_tls_is_spoken_is_refused_as_tls() -> None:
    result, _ = with_sink(
        lambda sink: egress.fetch(
            egress.session(allowed_for(sink)), f"https://127.0.0.1:{sink.port}/", limits=Limits(connect=0.5)
        )
    )
    assert isinstance(result, EgressFailed)
    assert result.reason in {"tls", "cut", "connect"}
