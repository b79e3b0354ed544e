"""A collection's embedding model in a browser: chosen by its cost, followed, paused, stopped, given up."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.routed import aside
from tests.e2e.test_accessibility import WIDTHS, look, violations

if TYPE_CHECKING:
    from uuid import UUID

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

STOPPED = "The model's provider did not answer. The collection is searched with its present model as before."


def shelf(connected: Connected) -> UUID:
    """A collection of alice's with a passage, read by one of three embedding models."""
    from apps.accounts.actors import Actor
    from apps.accounts.models import Team
    from apps.knowledge.models import Chunk, Document, KnowledgeBase
    from apps.knowledge.services import document_add, knowledge_base_create
    from apps.llm.models import Connection, Grant
    from apps.llm.services.models import Offer, model_offer
    from apps.llm.vendors.base import Modality
    from apps.tenants.scope import tenant_scope

    alice = Actor(connected.cast.alice)
    with tenant_scope(connected.cast.acme.id):
        offers = [
            Offer(name, Modality.EMBEDDING, name=name, slug=name.lower().replace(" ", "-"), price=price)
            for name, price in (
                ("Small words", (Decimal(0), Decimal(0), "USD")),
                ("Large words", (Decimal("0.13"), Decimal(0), "USD")),
                ("Odd words", None),
            )
        ]
        models = model_offer(actor=None, connection=Connection.objects.all()[0], offers=tuple(offers))
        everyone = Team.objects.get(is_everyone=True)
        Grant.objects.bulk_create([Grant(team=everyone, model=model) for model in models])
        base = knowledge_base_create(actor=alice, name="Handbook")
        document = document_add(
            actor=alice, knowledge_base=base, name="a.txt", stream=io.BytesIO(b"The cap is 190 pounds.")
        )
        values: dict[str, Any] = {"position": 0, "start": 0, "end": 22, "text": "The cap is 190 pounds."}
        Chunk.objects.create(document=document, **values)
        Document.objects.filter(id=document.id).update(
            state="ready", chunk_count=1, language="en", embedding_model_id=models[0].id
        )
        KnowledgeBase.objects.filter(id=base.id).update(embedding_model_id=models[0].id)
        base_id: UUID = base.id
        return base_id


def stop(connected: Connected) -> None:
    """The provider failed."""
    from apps.knowledge.models import Reembedding
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        Reembedding.objects.update(state="failed", error=STOPPED)


@pytest.mark.parametrize("width", WIDTHS)
def test_model_is_changed_and_the_change_followed(window: Window, connected: Connected, width: int) -> None:
    base_id = aside(shelf, connected)
    page = window(connected.cast.alice, **look(width)).tab(f"/knowledge/{base_id}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Embedding model").click()
    expect(page.get_by_text("A change embeds 1 passage anew, about 8 tokens")).to_be_visible()
    found = violations(page)
    expect(page.get_by_text("about 0.01 USD")).to_be_visible()
    expect(page.get_by_role("row", name="Odd words")).to_contain_text("price unknown")
    expect(page.get_by_label("Small words")).to_be_disabled()
    page.get_by_label("Large words").press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Changing to Large words Waiting")).to_be_visible()
    expect(page.get_by_text("0 of 1 passages embedded")).to_be_visible()
    expect(page.get_by_role("button", name="Change the model")).to_have_count(0)
    found += violations(page)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    aside(stop, connected)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("searched with its present model as before")
    found += violations(page)
    page.get_by_role("link", name="Handbook").click()
    expect(page.get_by_text("The change to the embedding model Large words has stopped")).to_be_visible()
    found += violations(page)
    page.get_by_role("link", name="Look at the change").click()
    page.get_by_role("button", name="Cancel the change").click()
    expect(page.get_by_text("The change to Large words was cancelled")).to_be_visible()
    assert found == []
