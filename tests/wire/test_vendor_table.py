"""Each row of the vendor table: a choice with an adapter, a form, a test, that sends what is documented."""

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from apps.llm.vendors.base import ChatMessage, ChatRequest, Modality
from apps.llm.vendors.interface import Endpoint, Vendor
from apps.llm.vendors.registry import GROUPS, INSTALLED, VENDORS, vendor_for
from tests.wire.conftest import QUICK, run
from tests.wire.dialects import DIALECTS
from tests.wire.replay import SHARED, Answer, Request, Server
from tests.wire.test_dialects import DONE, HELLO, STOP
from tests.wire.vendor_table import ROWS, Row

ROOT = Path(__file__).parents[2]
STACK = SHARED / "design" / "stack.md"
COMPLETED = b'data: {"type":"response.completed","response":{"status":"completed","output":[]}}\n\n'
CONTINUED = b'data: {"choices":[{"text":"Hi","finish_reason":"stop"}]}\n\n'
ENDED = b'data: {"completion":"Hi","finish_reason":"end_of_text"}\n\n'
ANSWERS = {
    "chat": HELLO + STOP + DONE,
    "responses": COMPLETED,
    "completions": CONTINUED + ENDED + DONE,
}
ASKED = ChatRequest(
    "the-model",
    (ChatMessage.text("system", "Be brief."), ChatMessage.text("user", "hello")),
    max_tokens=100,
)
SPOKEN = [row for row in ROWS if row.adapter in ANSWERS]
NAMES = [row.name for row in SPOKEN]


def base_of(row: Row) -> str:
    """The address that the registry's form offers, else the documented one."""
    default = next(field.default for field in vendor_for(row.slug).fields if field.name == "base_url")
    return default or row.url.removesuffix("/chat/completions")


def endpoint_of(row: Row, server: Server, **settings: str) -> Endpoint:
    """The row's own path on a loopback host."""
    allowed = server.endpoint()
    base = f"http://127.0.0.1:{server.port}{urlsplit(base_of(row)).path}"
    return Endpoint(base, "sk-1", settings, allowed.tenant_id, allowed.allowed)


def sent_by(row: Row, asked: ChatRequest = ASKED) -> Request:
    """What leaves for the row's own path."""

    async def ask() -> Request:
        async with Server([Answer([ANSWERS[row.adapter]])]) as server:
            async for _ in vendor_for(row.slug).stream(endpoint_of(row, server), asked, QUICK):
                pass
            return server.requests[0]

    return run(ask())


def test_every_name_of_the_table_is_here() -> None:
    if not STACK.is_file():
        pytest.skip("the design is not here")
    section = STACK.read_text("utf-8").split("## Vendors")[1].split("\nUsage:")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    for line in lines:
        told = line.split("|")[1]
        assert any(row.name.lower() in line.lower() for row in ROWS), told
    assert len(lines) == 27


def test_every_vendor_of_the_registry_is_in_the_table() -> None:
    offered = {vendor.slug for group in GROUPS.values() for vendor in group}
    assert offered == {row.slug for row in ROWS}
    assert set(VENDORS) - offered == {vendor.slug for vendor in INSTALLED}
    assert sum(len(group) for group in (INSTALLED, *GROUPS.values())) == len(VENDORS)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_row_has_an_adapter_a_form_marks_and_a_test(row: Row) -> None:
    vendor = vendor_for(row.slug)
    assert_form(vendor)
    assert vendor.info.docs.startswith("https://")
    assert vendor.modalities <= set(Modality)
    assert bool(vendor.info.retired) is (row.slug in {"palm", "lambda", "meta"})
    assert all(slug in VENDORS and not VENDORS[slug].info.retired for slug in vendor.info.instead)
    assert bool(vendor.info.instead) is bool(vendor.info.retired)
    if vendor.info.hosting == "hosted" and row.adapter != "retired":
        assert vendor.key_page.startswith("https://")
    if row.adapter == "native":
        assert row.slug in {dialect.vendor.slug for dialect in DIALECTS}


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_what_a_row_rests_on_is_written_down(row: Row) -> None:
    """docs/vendors.md: the source of what was compared, or plainly that it was not."""
    if row.adapter in {"native", "retired"} or row.slug == "openai_compatible":
        return
    told, not_verified = (ROOT / "docs/vendors.md").read_text("utf-8").lower().split("## not verified")
    vendor = vendor_for(row.slug)
    where = told if vendor.info.checked else not_verified
    assert row.name.lower() in where or vendor.label.partition(" (")[0].lower() in where
    assert vendor.info.checked == "" or date.fromisoformat(vendor.info.checked) >= date(2026, 11, 22)


def assert_form(vendor: Vendor) -> None:
    fields = vendor.fields
    assert fields[0].name == "base_url"
    assert len({field.name for field in fields}) == len(fields)
    assert sum(field.secret for field in fields) <= 1
    for field in fields:
        assert field.label
        assert (field.kind == "choice") is bool(field.choices)
        assert not field.choices or field.default in dict(field.choices)
        assert field.kind != "boolean" or field.default in {"yes", "no"}


@pytest.mark.parametrize("row", SPOKEN, ids=NAMES)
def test_form_offers_the_documented_address(row: Row) -> None:
    base = base_of(row)
    assert row.url.startswith(base)
    assert urlsplit(base)[:2] == urlsplit(row.url)[:2]


@pytest.mark.parametrize("row", SPOKEN, ids=NAMES)
def test_what_leaves_is_as_the_host_documents_it(row: Row) -> None:
    sent = sent_by(row)
    assert (sent.method, sent.path) == ("POST", urlsplit(row.url).path)
    assert {name: sent.headers[name] for name in row.headers} == row.headers
    assert set(sent.headers) == set(row.headers) | {
        "host", "content-type", "user-agent", "accept", "accept-encoding", "content-length",
    }  # fmt: skip
    assert sent.headers["content-type"] == "application/json"
    assert orjson.loads(sent.body) == body_of(row)


def body_of(row: Row) -> dict[str, Any]:
    """The body that the row's documentation asks for."""
    body: dict[str, Any] = {"stream": True, row.limit: 100}
    if row.slug != "gooseai":
        body["model"] = "the-model"
    match row.adapter:
        case "responses":
            body["store"] = False
            body |= xai_words() if row.slug == "xai" else openai_words()
            if row.slug == "perplexity":
                body["tools"] = [{"type": "web_search"}]
        case "completions":
            body["prompt"] = "Be brief.\n\nUser: hello\n\nAssistant:"
            body["stop_sequences" if row.slug == "aleph_alpha_luminous" else "stop"] = [
                "\nUser:",
                "\n\nUser:",
            ]
        case _:
            words = [("system", "Be brief."), ("user", "hello")]
            body["messages"] = [{"role": role, "content": text} for role, text in words]
    if row.counts and row.adapter != "responses":
        body["stream_options"] = {"include_usage": True}
    return body


def openai_words() -> dict[str, Any]:
    return {"instructions": "Be brief.", "input": [{"role": "user", "content": "hello"}]}


def xai_words() -> dict[str, Any]:
    words = [("system", "Be brief."), ("user", "hello")]
    return {
        "input": [{"role": role, "content": text} for role, text in words],
        "include": ["reasoning.encrypted_content"],
    }
