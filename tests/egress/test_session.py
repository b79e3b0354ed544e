"""What may be reached, and what an answer may do (security.md, E)."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import pytest
import uvloop

from apps import egress
from apps.egress import EgressFailed, EgressRefused, Fetched, Limits
from apps.llm.vendors.interface import Endpoint
from tests.egress.conftest import OK, Names, allowed_for, fetched, run, with_sink
from tests.wire.replay import Answer, Server

LOOPBACKS = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]",  # noqa: S104
    "[64:ff9b::7f00:1]",
]  # fmt: skip
ODD = [
    "localhost", "localhost.", "LOCALHOST", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "0x7f000001",
    "127.0.0.1.", "①②⑦.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACKS + ODD)
def test_no_spelling_of_this_machine_gets_through(host: str) -> None:
    result, sink = with_sink(lambda sink: egress.fetch(egress.session(), f"http://{host}:{sink.port}/"))
    assert isinstance(result, EgressRefused)
    assert result.reason in {"private_address", "no_address", "bad_url"}
    assert sink.connections == 0


PRIVATE = ["10.0.0.1", "192.168.1.1", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "100.100.100.200"]


@pytest.mark.parametrize("host", PRIVATE)
def test_private_and_metadata_addresses_are_refused_at_once(host: str) -> None:
    began = time.monotonic()
    result, _ = with_sink(lambda _: egress.fetch(egress.session(), f"http://{host}/latest/meta-data/"))
    assert isinstance(result, EgressRefused)
    assert result.reason == "private_address"
    assert time.monotonic() - began < 3


def test_a_name_with_one_private_address_among_public_ones_is_refused(names: Names) -> None:
    names.set("mixed.example", ["1.1.1.1", "127.0.0.1"])
    result, sink = with_sink(
        lambda sink: egress.fetch(egress.session(), f"http://mixed.example:{sink.port}/")
    )
    assert isinstance(result, EgressRefused)
    assert (result.reason, sink.connections, names.asked) == ("private_address", 0, ["mixed.example"])


def test_rebinding_gains_nothing_the_checked_address_is_used(names: Names) -> None:
    names.set("rebind.example", ["1.1.1.1"], ["127.0.0.1"])
    limits = Limits(connect=0.2)
    result, sink = with_sink(
        lambda sink: egress.fetch(egress.session(), f"http://rebind.example:{sink.port}/", limits=limits)
    )
    assert isinstance(result, EgressFailed)
    assert (result.reason, sink.connections, names.asked) == ("connect", 0, ["rebind.example"])


def test_allowed_name_is_resolved_once_and_reached(names: Names) -> None:
    names.set("llm.internal", ["127.0.0.1"])

    async def twice(sink: Server) -> list[int]:
        session = egress.session(allowed_for(sink, "llm.internal"))
        return [(await egress.fetch(session, f"http://LLM.internal.:{sink.port}/")).status for _ in range(2)]

    result, sink = with_sink(twice)
    assert (result, sink.connections, len(names.asked)) == ([200, 200], 1, 1)


def test_allowed_name_that_resolves_to_metadata_is_refused(names: Names) -> None:
    names.set("llm.internal", ["169.254.169.254"])
    allowed = frozenset({("llm.internal", 80)})
    result, _ = with_sink(lambda _: egress.fetch(egress.session(allowed), "http://llm.internal/"))
    assert isinstance(result, EgressRefused)
    assert result.reason == "private_address"


def test_permission_is_for_that_port_only() -> None:
    async def other_port(sink: Server) -> Fetched:
        allowed = frozenset({("127.0.0.1", sink.port + 1)})
        return await egress.fetch(egress.session(allowed), f"http://127.0.0.1:{sink.port}/")

    result, sink = with_sink(other_port)
    assert isinstance(result, EgressRefused)
    assert sink.connections == 0


def test_an_open_socket_of_an_allowed_tenant_serves_no_other() -> None:
    async def two_tenants(sink: Server) -> Fetched:
        await fetched(sink)
        return await egress.fetch(egress.session(), f"http://127.0.0.1:{sink.port}/")

    result, sink = with_sink(two_tenants)
    assert isinstance(result, EgressRefused)
    assert len(sink.requests) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "bad_scheme"),
        ("ftp://1.1.1.1/", "bad_scheme"),
        ("gopher://1.1.1.1/", "bad_scheme"),
        ("//1.1.1.1/", "bad_scheme"),
        ("http://user:secret@1.1.1.1/", "credentials_in_url"),
        ("http://", "bad_url"),
        ("http://1.1.1.1:99999/", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("nonsense", "bad_scheme"),
    ],
)
def test_other_schemes_and_credentials_are_refused(url: str, reason: str) -> None:
    result, _ = with_sink(lambda _: egress.fetch(egress.session(), url))
    assert isinstance(result, EgressRefused)
    assert result.reason == reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_an_answer_and_never_followed(status: int) -> None:
    async def redirected(sink: Server) -> Fetched:
        return await fetched(sink, headers={"Authorization": "Bearer sk-1"})

    moved = Answer([b""], status, "text/plain", (("Location", "/elsewhere"),))
    result, sink = with_sink(redirected, moved)
    assert (result.status, len(sink.requests)) == (status, 1)


def test_session_of_an_endpoint_speaks_to_its_host_only() -> None:
    async def stray(sink: Server) -> Fetched:
        allowed = allowed_for(sink) | {("127.0.0.1", 1)}
        endpoint = Endpoint("http://127.0.0.1:1/v1", "sk-1", {}, uuid4(), allowed)
        return await egress.fetch(egress.session_for(endpoint), f"http://127.0.0.1:{sink.port}/v1/models")

    result, sink = with_sink(stray)
    assert isinstance(result, EgressRefused)
    assert (result.reason, sink.connections) == ("other_host", 0)


def test_cookies_of_one_call_are_not_in_the_next() -> None:
    async def twice(sink: Server) -> None:
        await fetched(sink)
        await fetched(sink)

    _, sink = with_sink(twice, Answer([b"ok"], headers=(("Set-Cookie", "session=tenant-a; Path=/"),)))
    assert "cookie" not in sink.requests[1].headers


def test_proxies_and_netrc_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login alice password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    result, sink = with_sink(fetched)
    assert result.status == 200
    assert "authorization" not in sink.requests[0].headers


class OpenScopeError(Exception):
    """What a guard of the tenants app raises."""


def test_guard_stops_the_call_before_anything_is_sent() -> None:
    def scope_is_open() -> None:
        raise OpenScopeError

    async def guarded(sink: Server) -> None:
        egress.guards.register(scope_is_open)
        egress.guards.register(scope_is_open)
        try:
            with pytest.raises(OpenScopeError):
                await fetched(sink)
        finally:
            egress.guards.unregister(scope_is_open)
        await fetched(sink)

    _, sink = with_sink(guarded)
    assert (sink.connections, len(sink.requests)) == (1, 1)


def test_the_same_rules_hold_on_uvloop() -> None:
    async def go() -> tuple[int, str]:
        async with Server([OK]) as sink:
            status = (await fetched(sink)).status
            with pytest.raises(EgressRefused) as caught:
                await egress.fetch(egress.session(), f"http://localhost:{sink.port}/")
            await egress.close_sessions()
            return status, caught.value.reason

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(go()) == (200, "private_address")


def test_sessions_belong_to_their_loop_and_can_be_opened_again() -> None:
    async def go() -> list[int]:
        async with Server([OK]) as sink:
            first = (await fetched(sink)).status
            await egress.close_sessions()
            await egress.close_sessions()
            return [first, (await fetched(sink)).status, sink.connections]

    assert run(go()) == [200, 200, 2]
    assert run(go()) == [200, 200, 2]
