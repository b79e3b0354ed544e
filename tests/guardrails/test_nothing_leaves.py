"""Every kind of call with masked values in it: none of their letters reaches a model server or a log."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.conftest import Api, api, routing
from tests.api.test_route_kinds import KINDS
from tests.chat.conftest import Browser, bob, browse, engineering
from tests.guardrails.policies import policy_make, rule
from tests.guardrails.test_moderation import asking
from tests.llm.conftest import Connected, connected, host
from tests.llm.host import Answer, Asked, Host, model_host
from tests.llm.routing import Routing, failing, said
from tests.llm.test_gateway_pieces import PAINTED, RANKED, offer
from tests.processes import product

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["api", "bob", "browse", "connected", "engineering", "host", "product", "routing"]

MAIL = "zq.leak77@quolbert.example"
TEXT = f"My name is Xaverine Quolbert, mail {MAIL}, account DE89 3704 0044 0532 0130 00."
NEEDLES = ("leak77", "3704 0044", "0532 0130", "Xaverine", "Quolbert")
AT_THE_CUT = "So it goes, and goes on. " * 39
"""What comes behind it stands where titles are cut."""
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{24,}")


def seen(asked: list[Asked]) -> str:
    """All that a host was sent, with what stands there in base64 as text."""
    whole = "\n".join(json.dumps([each.path, each.headers, each.body], ensure_ascii=False) for each in asked)
    return "\n".join([whole, *_opened(whole)])


def _opened(text: str) -> Iterator[str]:
    for found in _BASE64.findall(text):
        try:
            yield base64.b64decode(found, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            continue


def echo(asked: Asked) -> Answer:
    """What it was asked, so that the answer holds every placeholder."""
    return said(str(asked.body["messages"][-1]["content"])[:3_000])


def assert_kept_in(host: Host, *, least: int = 1) -> None:
    assert len(host.asked) >= least, [each.path for each in host.asked]
    found = seen(host.asked)
    assert [needle for needle in NEEDLES if needle in found] == []


def assert_not_logged(api: Api) -> None:
    for child in (api.product.web, api.product.worker):
        assert [needle for needle in NEEDLES if needle in child.text()] == []


def _messages(*contents: Any) -> list[Any]:
    return [{"role": "user", "content": content} for content in contents]


def _tools(api: Api) -> None:
    spec = {
        "name": "send",
        "description": f"Mails {MAIL}",
        "parameters": {"type": "object", "properties": {"to": {"type": "string", "default": MAIL}}},
    }
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "send", "arguments": json.dumps({"to": MAIL, "text": TEXT})},
    }
    messages: list[Any] = [
        {"role": "system", "content": f"You serve {TEXT}"},
        {"role": "user", "content": TEXT, "name": "bob"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps({"sent_to": MAIL, "note": TEXT})},
    ]
    tools: list[Any] = [{"type": "function", "function": spec}]
    api.client().chat.completions.create(
        model="big-model", messages=messages, tools=tools, user=MAIL, metadata={"who": MAIL}, stop=[MAIL]
    )


def _file(api: Api) -> None:
    data = base64.b64encode(TEXT.encode()).decode()
    file = {"filename": f"{MAIL}.txt", "file_data": f"data:text/plain;base64,{data}"}
    parts = [{"type": "text", "text": "Read it"}, {"type": "file", "file": file}]
    api.client().chat.completions.create(model="big-model", messages=_messages(parts))


def _whole(api: Api) -> None:
    api.client().chat.completions.create(model="big-model", messages=_messages(TEXT, TEXT))


def _streamed(api: Api) -> None:
    stream = api.client().chat.completions.create(model="big-model", messages=_messages(TEXT), stream=True)
    assert list(stream)


def _vectors(api: Api) -> None:
    api.client().embeddings.create(model="text-embedding-tiny", input=[TEXT, MAIL])


def _pictures(api: Api) -> None:
    api.connected.host.answer_for = lambda asked: Answer(whole=PAINTED)
    api.client().images.generate(model=offer(api.connected, "dall-e-3").slug, prompt=TEXT)


def _ranking(api: Api) -> None:
    api.connected.host.answer_for = lambda asked: Answer(whole=RANKED)
    slug = offer(api.connected, "bge-reranker").slug
    body = {"model": slug, "query": TEXT, "documents": [TEXT, f"Xaverine Quolbert, {MAIL}"]}
    api.client().post("/rerank", body=body, cast_to=object)


def _retried(api: Api) -> None:
    api.connected.host.answer_for = None
    api.connected.host.answers[:] = [failing(503), failing(503), Answer()]
    api.client().chat.completions.create(model="big-model", messages=_messages(TEXT))


def _moderated(api: Api) -> None:
    from tests.llm.routing import routing_on

    with routing_on(api.connected) as routing:
        moderated = asking(api.connected, routing, direction="both")
        policy_make(api.connected.cast, MASK, moderated)
        routing.scripts["big-model"] = echo
        api.client().chat.completions.create(model="big-model", messages=_messages(TEXT))


MASK = rule("mask", "email", "iban", "name")
WAYS: dict[str, tuple[Callable[[Api], None], int]] = {
    "whole": (_whole, 1),
    "streamed": (_streamed, 1),
    "tools": (_tools, 1),
    "file": (_file, 1),
    "vectors": (_vectors, 1),
    "pictures": (_pictures, 1),
    "ranking": (_ranking, 1),
    "retried": (_retried, 3),
    "moderated": (_moderated, 3),
}


@pytest.mark.parametrize("way", WAYS)
def test_through_v1(api: Api, way: str) -> None:
    policy_make(api.connected.cast, MASK)
    api.connected.host.answer_for = lambda asked: Answer() if "input" in asked.body else echo(asked)
    ask, least = WAYS[way]
    ask(api)
    assert_kept_in(api.connected.host, least=least)
    assert_not_logged(api)


@pytest.mark.parametrize("kind", ["cascade", "judge", "ensemble", "task", "data_class"])
def test_through_every_step_of_a_route(api: Api, routing: Routing, kind: str) -> None:
    """A name that only an earlier message tells is known in the check of the answer too."""
    policy_make(api.connected.cast, MASK)
    case = KINDS[kind](api, routing)
    for _, model, _ in case.steps:
        routing.scripts.setdefault(model, said("Dear [NAME_1], [EMAIL_1] it is."))
    if kind == "judge":
        routing.scripts["judge"] = said('{"verdict": "fail", "reasons": ["Write to [EMAIL_1]."]}')
    messages: list[Any] = [*_messages(TEXT), {"role": "assistant", "content": "Hello Xaverine Quolbert."}]
    api.client().chat.completions.create(
        model="route/auto", messages=[*messages, *_messages("Write the letter.")]
    )
    assert_kept_in(api.connected.host, least=len(case.steps))


def test_to_another_vendor_that_steps_in(api: Api, routing: Routing) -> None:
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope
    from tests.llm.conftest import KEY, allow

    cast = api.connected.cast
    policy_make(cast, MASK)
    with model_host() as other:
        allow(cast.acme.id, other.port)
        with tenant_scope(cast.acme.id):
            connection = connection_create(
                actor=None, vendor="mistral", name="Other", base_url=other.base_url, key=KEY
            )
        second = routing.model("second", connection=connection)
        routing.route("fallback", {"members": [routing.model("first", failing(500)), second]})
        api.client().chat.completions.create(model="route/auto", messages=_messages(TEXT))
        assert_kept_in(other)
    assert_kept_in(api.connected.host)


def test_through_a_chat_with_its_title_its_file_and_its_follow_up(
    api: Api, bob: Browser, engineering: str
) -> None:
    from uuid import UUID

    from apps.accounts.selectors import everyone
    from apps.knowledge.ingesting import ingest
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    connected = api.connected
    policy_make(connected.cast, MASK)
    with tenant_scope(connected.cast.acme.id):
        model_grants_set(actor=None, model=connected.embedding, team_ids=[everyone().pk])
    connected.host.answer_for = lambda asked: Answer() if "input" in asked.body else echo(asked)
    chat = bob.begin(team_id=engineering)
    letter = f"# Letter of {MAIL}\n\n{TEXT}\n\nThe cap of the hotel is 190 pounds a night."
    file = SimpleUploadedFile(f"{MAIL}.md", letter.encode(), "text/markdown")
    kept = bob.client.post(
        f"/api/v1/conversations/{chat}/files", {"file": file}, HTTP_HOST=bob.organisation.host
    )
    ingest(bob.organisation.id, UUID(kept.json()["document_id"]))
    bob.send(chat, f"{AT_THE_CUT}{TEXT} What is the cap of the hotel?", file_ids=[kept.json()["id"]])
    first = bob.answered(chat)[-1]
    assert first["state"] == "done", first
    bob.send(chat, "And for her?", parent_id=first["id"])
    assert bob.answered(chat)[-1]["state"] == "done"
    bob.call("POST", f"/messages/{first['id']}/regenerate", {})
    bob.answered(chat)
    until = time.monotonic() + 10
    while time.monotonic() < until and not {"title", "rewrite", "query", "ingest", "reply"} <= _purposes(
        connected
    ):
        time.sleep(0.05)
    assert {"title", "rewrite", "query", "ingest", "reply"} <= _purposes(connected)
    assert_kept_in(connected.host, least=6)
    assert_not_logged(api)


def _purposes(connected: Connected) -> set[str]:
    from tests.llm.conftest import ledger

    return {row.purpose for row in ledger(connected) if row.state != "reserved"}
