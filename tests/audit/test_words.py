"""Audit events and browsers in words that people read."""

from __future__ import annotations

import pytest

from apps.accounts.browser_names import browser_name
from apps.audit.models import AuditEvent
from apps.audit.words import Changed, action_words


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("user.created", "Person created"),
        ("api_key.created", "API key created"),
        ("knowledge_base.deleted", "Collection deleted"),
        ("team.default_model_set", "Team: default model set"),
        ("message.send", "Message sent"),
        ("odd", "Odd"),
    ],
)
def test_an_action_reads_as_words(action: str, words: str) -> None:
    assert action_words(action) == words


def test_an_event_names_its_thing_and_tells_what_differs() -> None:
    event = AuditEvent(
        action="budget.changed", target_type="budget",
        before={"subject": "Sales", "amount": "10", "open": True},
        after={"subject": "Sales", "amount": "20", "open": False},
        detail={"teams": ["a", "b"], "rules": [{"id": 1}]},
    )  # fmt: skip
    assert (event.name, event.thing) == ("Sales", "Budget")
    assert event.changes == [
        Changed("Amount", "10", "20"),
        Changed("Open", "yes", "no"),
        Changed("Teams", "", "a, b"),
        Changed("Rules", "", '[{"id": 1}]'),
    ]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        ("curl/8.9.1", "curl/8.9.1"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_by_its_program_and_system(agent: str, name: str) -> None:
    assert browser_name(agent) == name
