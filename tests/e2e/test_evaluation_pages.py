"""Evaluation and data class of a collection in a browser: no violations in both themes, at both widths."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.test_accessibility import WIDTHS, look, violations

if TYPE_CHECKING:
    from uuid import UUID

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


def measured_shelf(connected: Connected) -> UUID:
    """A collection of alice's with a golden question that was measured twice."""
    from apps.accounts.actors import Actor
    from apps.knowledge.evaluation.golden import Draft, question_set
    from apps.knowledge.models import EvaluationResult, EvaluationRun
    from apps.knowledge.services import document_add, knowledge_base_create
    from apps.tenants.scope import tenant_scope

    alice = Actor(connected.cast.alice)
    with tenant_scope(connected.cast.acme.id):
        base = knowledge_base_create(actor=alice, name="Handbook", visibility="tenant")
        stream = io.BytesIO(b"The cap is 190 pounds.")
        document = document_add(actor=alice, knowledge_base=base, name="travel.txt", stream=stream)
        asked = "What is the cap?"
        question = question_set(actor=alice, base=base, draft=Draft.by_hand(asked, [document.id]))
        for share in (0.5, 1.0):
            run = EvaluationRun.objects.create(
                knowledge_base=base,
                user_id=alice.user_id,
                state="done",
                total=1,
                setting={"embedding": "minilm", "words": 0.3, "strictness": 1.0, "passages": 8},
                figures={"ndcg@10": share, "recall@10": 1.0, "mrr@10": share},
            )
            EvaluationResult.objects.create(
                run=run, question_id=question.id, text=asked, expected=[str(document.id)],
                found=[str(document.id)], ndcg=share, recall=1.0, mrr=share,
            )  # fmt: skip
        base_id: UUID = base.id
        return base_id


@pytest.mark.parametrize("width", WIDTHS)
def test_measurements_are_compared_and_the_class_is_raised(
    window: Window, connected: Connected, width: int
) -> None:
    with ThreadPoolExecutor(1) as beside:  # the browser's event loop runs on this thread
        base_id = beside.submit(measured_shelf, connected).result()
    page = window(connected.cast.alice, **look(width)).tab(f"/knowledge/{base_id}/evaluation")
    expect(page.get_by_text("What is the cap?")).to_be_visible()
    found = violations(page)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Better", exact=True)).to_be_visible()
    found += violations(page)
    page.goto(page.url.partition("/evaluation")[0])
    page.get_by_text("Data class: Internal").click()
    found += violations(page)
    page.get_by_label("Data class", exact=True).select_option("confidential")
    page.get_by_role("button", name="Save class").click()
    expect(page.get_by_text("Readers: everyone. Class: Confidential.")).to_be_visible()
    assert found == []
