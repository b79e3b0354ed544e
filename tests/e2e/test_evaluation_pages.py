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
    from apps.knowledge.evaluation.gates import gate_set
    from apps.knowledge.evaluation.golden import Draft, question_set
    from apps.knowledge.models import (
        EvaluationResult,
        EvaluationRun,
        GatedChange,
        GoldenQuestion,
        GoldenSource,
    )
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
                setting={
                    "embedding": "minilm",
                    "answers": "big-model",
                    "words": 0.3,
                    "strictness": 1.0,
                    "passages": 8,
                },
                figures={
                    "ndcg@10": share,
                    "recall@10": 1.0,
                    "mrr@10": share,
                    "citations": 1.0,
                    "search_p50": 41,
                    "search_p95": 90,
                },
                costs={"USD": "0.0123"},
                calls=3,
            )
            EvaluationResult.objects.create(
                run=run, question_id=question.id, text=asked, expected=[str(document.id)],
                found=[str(document.id)], ndcg=share, recall=1.0, mrr=share, answer="190 pounds [1].",
                supported=1.0, judged=1.0, verdict="CORRECT. It names the cap.",
            )  # fmt: skip
        gate_set(actor=alice, base=base, most_fall=0.02)
        runs = EvaluationRun.objects.order_by("created_at")
        GatedChange.objects.create(
            knowledge_base=base,
            state="held",
            tuned={"words": 1.0},
            before=runs[1],
            after=runs[0],
            most_fall=0.02,
            why="nDCG@10 would fall from 1.000 to 0.500; the gate allows a fall of 0.02.",
            is_over=True,
        )
        proposed = GoldenQuestion.objects.create(
            knowledge_base=base, text="Who pays for breakfast?", answer="We do.", is_proposed=True
        )
        GoldenSource.objects.create(question=proposed, document=document, passage="The cap is 190 pounds.")
        base_id: UUID = base.id
        return base_id


@pytest.mark.parametrize("width", WIDTHS)
def test_measurements_are_compared_and_the_class_is_raised(
    window: Window, connected: Connected, width: int
) -> None:
    with ThreadPoolExecutor(1) as beside:  # the browser's event loop runs on this thread
        base_id = beside.submit(measured_shelf, connected).result()
    page = window(connected.cast.alice, **look(width)).tab(f"/knowledge/{base_id}/evaluation")
    expect(page.get_by_text("would fall from")).to_be_visible()
    page.get_by_text("Measure otherwise").click()
    found = violations(page)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("Better", exact=True)).to_be_visible()
    found += violations(page)
    page.goto(page.url.partition("/compare")[0])
    page.locator("#runs").get_by_role("link").first.click()
    expect(page.get_by_text("190 pounds [1].")).to_be_visible()
    found += violations(page)
    page.goto(page.url.partition("/knowledge/")[0] + f"/knowledge/{base_id}/evaluation/questions")
    page.get_by_text("Passage of").click()
    page.get_by_text("Import a set in BEIR's layout").click()
    found += violations(page)
    page.get_by_role("button", name="Approve: Who pays for breakfast?").click()
    expect(page.get_by_role("button", name="Remove: Who pays for breakfast?")).to_be_visible()
    page.goto(page.url.partition("/evaluation")[0])
    page.get_by_text("Data class: Internal").click()
    found += violations(page)
    page.get_by_label("Data class", exact=True).select_option("confidential")
    page.get_by_role("button", name="Save class").click()
    expect(page.get_by_text("Readers: everyone. Class: Confidential.")).to_be_visible()
    assert found == []
