"""A collection searched otherwise than by default, and what keeps its passages various."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from apps.knowledge.reranking import Unordered
from apps.llm.gateway import Caller, ErrorKind, VendorError
from tests.knowledge.conftest import Library
from tests.knowledge.test_rest import _json as api
from tests.llm.conftest import connected, host

if TYPE_CHECKING:
    from tests.llm.conftest import Connected

__all__ = ["connected", "host"]

CRANES = "\n\n".join(f"# Crane {at}\n\nCrane {at} lifts {at} tons in hall {at}." for at in range(1, 13))


def test_defaults_changes_and_reset_by_rest(library: Library, signed_in: Any) -> None:
    from apps.knowledge.models import Tuning
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.bob, "teams", cast.engineering)
    library.read(library.add(base, "cranes.md", CRANES))
    bob, address = signed_in(cast.bob), f"/knowledge-bases/{base.id}/tuning"
    usual = {"passages": 8, "words": 0.4, "strictness": 1.0, "reranker_id": None, "is_default": True}
    assert api(bob, "GET", address).json() == usual
    assert len(library.ask(cast.bob, "What does a crane lift?", base)) == 8
    changed = api(bob, "PUT", address, {"passages": 2, "words": 1.0}).json()
    assert changed == usual | {"passages": 2, "words": 1.0, "is_default": False}
    assert len(library.ask(cast.bob, "What does a crane lift?", base)) == 2
    assert library.ask(cast.bob, "Who wrote Hamlet?", base) == []
    api(bob, "PUT", address, {"strictness": 0})
    assert library.ask(cast.bob, "Who wrote Hamlet?", base)
    for wrong in ({"passages": 0}, {"words": 2}, {"strictness": -1}, {"reranker_id": str(base.id)}):
        assert api(bob, "PUT", address, wrong).status_code == 400
    assert api(bob, "DELETE", address).json() == usual
    with tenant_scope(cast.acme.id):
        assert Tuning.objects.count() == 0
    assert api(signed_in(cast.carol), "GET", address).status_code == 404


def test_page_shows_defaults_keeps_what_is_wrong_and_resets(library: Library, signed_in: Any) -> None:
    from apps.knowledge.models import Tuning
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.bob)
    bob, address = signed_in(cast.bob), f"/knowledge/{base.id}/advanced"
    page = bob.get(address).content.decode()
    assert "8 by default" in page
    assert "Reset to the defaults" not in page
    wrong = bob.post(address, {"passages": "99", "words": "40", "strictness": "100"})
    assert wrong.status_code == 422
    assert 'value="99"' in wrong.content.decode()
    assert bob.post(address, {"passages": "4", "words": "55", "strictness": "80"}).status_code == 302
    with tenant_scope(cast.acme.id):
        row = Tuning.objects.get()
    assert (row.passages, row.words, row.strictness) == (4, 0.55, 0.8)
    assert "Reset to the defaults" in bob.get(address).content.decode()
    assert bob.post(address, {"reset": ""}).status_code == 302
    with tenant_scope(cast.acme.id):
        assert Tuning.objects.count() == 0
    assert signed_in(cast.carol).get(address).status_code == 404


def test_one_document_leaves_room_for_others_and_copies_are_told_once(library: Library) -> None:
    cast = library.cast
    base = library.base(cast.alice, "tenant")
    library.read(library.add(base, "cranes.md", CRANES))
    library.read(library.add(base, "copy.md", CRANES.replace("lifts", "lifts ")))
    for name in ("north", "south"):
        text = f"# Yard {name}\n\nThe crane of the {name} yard lifts containers of many tons."
        library.read(library.add(base, f"{name}.md", text))
    found = library.ask(cast.bob, "What does a crane lift?", base)
    assert {"Yard north", "Yard south"} <= {passage.title for passage in found}
    assert len({passage.text.replace("lifts ", "lifts") for passage in found}) == len(found)


def test_reports_of_two_years_are_no_copies(library: Library) -> None:
    cast = library.cast
    base = library.base(cast.alice, "tenant")
    for year in (2022, 2023):
        text = f"# Report {year}\n\nNet sales of the crane division grew by seven percent in the year."
        library.read(library.add(base, f"{year}.md", text))
    found = library.ask(cast.bob, "How did net sales of the crane division grow?", base)
    assert {passage.title for passage in found} == {"Report 2022", "Report 2023"}


@pytest.mark.parametrize(
    ("fault", "why"),
    [(None, Unordered.SLOW), (VendorError(ErrorKind.SERVER, "no"), Unordered.FAILED)],
)
def test_a_model_that_is_slow_or_fails_leaves_the_order_of_the_search(
    library: Library, monkeypatch: pytest.MonkeyPatch, fault: VendorError | None, why: Unordered
) -> None:
    from apps.knowledge import reranking
    from apps.knowledge.models import Tuning
    from apps.tenants.scope import tenant_scope

    async def silent(call: object) -> object:
        await asyncio.sleep(0 if fault else 5)
        raise fault or AssertionError

    cast = library.cast
    base = library.base(cast.bob)
    library.read(library.add(base, "cranes.md", CRANES))
    with tenant_scope(cast.acme.id):
        Tuning.objects.create(knowledge_base=base, reranker_id=uuid4())
    monkeypatch.setattr("apps.knowledge.reranking.gateway.rerank", silent)
    monkeypatch.setattr(reranking, "SECONDS", 0.05)
    found = library.look(cast.bob, "What does a crane lift?", base)
    made = asyncio.run(reranking.rerank(Caller(cast.acme.id, None, cast.bob.id), found))
    assert (made.found, made.scores, made.why) == (found, {}, why)


def test_chores_go_to_the_least_expensive_model_at_the_same_connection(connected: Connected) -> None:
    from decimal import Decimal

    from apps.llm.models import Connection, Grant, Model
    from apps.llm.selectors.small import small_model
    from apps.tenants.scope import tenant_scope

    team = connected.cast.engineering
    with tenant_scope(connected.cast.acme.id):
        elsewhere = Connection.objects.create(name="Elsewhere", vendor="openai_compatible")
        for place, slug, price in (
            (connected.connection, "cheap", 1),
            (connected.connection, "dear", 90),
            (elsewhere, "gift", 0),
        ):
            model = Model.objects.create(
                connection=place,
                slug=slug,
                name=slug,
                vendor_model=slug,
                price_input=Decimal(price),
                price_output=Decimal(price),
                currency="USD",
            )
            Grant.objects.create(team=team, model=model)
        beside = {connected.chat.pk}
        chosen = small_model(team.pk, beside)
        Grant.objects.filter(model__slug="cheap").delete()
        instead = small_model(team.pk, beside)
        nobody = small_model(team.pk, set())
    assert chosen is not None
    assert (chosen.slug, nobody) == ("cheap", None)
    assert instead is not None
    assert instead.connection_id == connected.connection.pk
