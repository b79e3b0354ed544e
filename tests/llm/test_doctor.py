"""The doctor on the suite's own services: what runs is ok, what does not is told with what to do."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import pytest


@pytest.fixture(scope="module")
def parts() -> dict[str, dict[str, Any]]:
    """The doctor's findings by part."""
    from django.core.management import call_command

    out = io.StringIO()
    with suppress(SystemExit):
        call_command("doctor", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["healthy"] is not any(part["state"] == "fail" for part in told["parts"])
    return {part["part"]: part for part in told["parts"]}


@pytest.mark.parametrize(
    "part", ["database", "migrations", "isolation", "redis", "vault keys", "file storage"]
)
def test_what_runs_is_ok(parts: dict[str, dict[str, Any]], part: str) -> None:
    assert parts[part]["state"] == "ok", parts[part]


def test_missing_workers_fail_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.llm.doctor import parts

    monkeypatch.setattr("apps.runs.live.CONTROL", "nobody:listens")
    monkeypatch.setattr("celery.app.control.Inspect.active_queues", lambda inspect: None)
    for look in (parts.reply_workers, parts.ingest_workers):
        state, detail, advice = look()
        assert (state, bool(detail), bool(advice)) == ("fail", True, True)


def test_failed_part_is_told_by_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.management import call_command

    monkeypatch.setattr("apps.runs.live.CONTROL", "nobody:listens")
    out = io.StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("doctor", stdout=out)
    assert caught.value.code == 1
    assert "→ Start the workers" in out.getvalue()


def test_missing_mail_is_a_warning_only(parts: dict[str, dict[str, Any]]) -> None:
    assert parts["mail"]["state"] == "warn"
