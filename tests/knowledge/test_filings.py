"""Questions about years and figures in long filings that repeat each other."""

from __future__ import annotations

import pytest

from tests.knowledge.conftest import Library
from tests.knowledge.embedding_host import embedder
from tests.knowledge.filings import SEGMENTS, YEARS, figures, filing


@pytest.mark.skipif(embedder() is None, reason="the embedding model is not built here")
def test_year_and_figure_lead_to_the_right_passage(library: Library) -> None:
    cast = library.cast
    base = library.base(cast.alice, "tenant")
    for year in YEARS:
        library.read(library.add(base, f"calder-10-k-{year}.md", filing(year)))
    asked: dict[str, str] = {}
    for year in YEARS:
        now = figures(year)
        asked |= {
            f"What were Calder's net sales in fiscal {year}?": f"${now.sales:,}",
            f"How much was spent on research and development in {year}?": f"${now.research} million",
            f"What was the effective tax rate in fiscal {year}?": f"{now.rate}%",
            f"How many employees did Calder have at the end of {year}?": f"{now.employees:,} employees",
            f"Net sales of {SEGMENTS[1]} in fiscal {year}": f"${now.segments[1]:,}",
            f"In which year were net sales ${now.sales:,} million?": f"${now.sales:,}",
        }
    asked["What did Halden Flow Systems cost?"] = "$212 million"
    asked["Umsatz 2022 Rotterdam fire inventories destroyed"] = "$17 million"
    found = {question: library.ask(cast.bob, question, base)[:3] for question in asked}
    missed = [
        question
        for question, passages in found.items()
        if not any(asked[question] in passage.text for passage in passages)
    ]
    assert missed == []
    own_year = [
        question
        for question, passages in found.items()
        if "fiscal" in question and question.split("fiscal ")[1][:4] not in passages[0].title
    ]
    assert own_year == []
