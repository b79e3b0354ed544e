"""The doctor on the suite's own services: what runs is ok, what does not is told with what to do."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest


@pytest.fixture(scope="module")
def parts() -> dict[str, dict[str, Any]]:
    """The doctor's findings by part."""
    from django.core.management import call_command

    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["healthy"] is False
    return {part["part"]: part for part in told["parts"]}


@pytest.mark.parametrize(
    "part", ["database", "migrations", "isolation", "redis", "vault keys", "file storage"]
)
def test_what_runs_is_ok(parts: dict[str, dict[str, Any]], part: str) -> None:
    assert parts[part]["state"] == "ok", parts[part]


def test_missing_workers_fail_with_advice(parts: dict[str, dict[str, Any]]) -> None:
    for part in ("reply workers", "ingest workers"):
        assert parts[part]["state"] == "fail"
        assert parts[part]["advice"]


def test_missing_mail_is_a_warning_only(parts: dict[str, dict[str, Any]]) -> None:
    assert parts["mail"]["state"] == "warn"
