"""The doctor on the suite's own services: what runs is ok, what does not is told with what to do."""

from __future__ import annotations

import io
import json
import shutil
import threading
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Callable


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
    "part",
    [
        "database", "migrations", "isolation", "platform database", "clock", "redis", "vault keys",
        "file storage",
    ],
)  # fmt: skip
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


@pytest.fixture
def pulse(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes a pulse of a maintenance process whose jobs are as given; nobody else's is seen."""
    from apps.runs import maintenance
    from apps.runs.live import connect_sync
    from apps.runs.maintenance import Passes

    monkeypatch.setattr(maintenance, "PULSE", f"maintenance:pulse:{uuid4()}")

    def beat(**jobs: Passes) -> None:
        monkeypatch.setattr(maintenance, "_passes", jobs)
        ended = threading.Event()
        thread = threading.Thread(target=maintenance.keep_pulse, args=(ended,))
        thread.start()
        client = connect_sync()
        while not client.exists(maintenance.PULSE):
            pass
        client.close()
        ended.set()
        thread.join()

    return beat


def test_maintenance_that_does_not_run_fails_with_advice(pulse: Callable[..., None]) -> None:
    from apps.llm.doctor.operating import maintenance

    state, detail, advice = maintenance()
    assert (state, detail) == ("fail", "not running")
    assert "manage.py maintain" in advice


def test_jobs_that_ran_when_they_should_are_fine(pulse: Callable[..., None]) -> None:
    from apps.llm.doctor.operating import maintenance
    from apps.runs.maintenance import Passes

    now = time.time()
    pulse(sweeper=Passes(2.0, now), days=Passes(3600.0, now - 7000))
    assert maintenance()[:2] == ("ok", "running, 2 jobs on time")


def test_a_job_that_failed_is_a_warning(pulse: Callable[..., None]) -> None:
    from apps.llm.doctor.operating import maintenance
    from apps.runs.maintenance import Passes

    pulse(sweeper=Passes(2.0, time.time(), "OperationalError: away"))
    assert maintenance()[:2] == ("warn", "failed last time: sweeper (OperationalError: away)")


def test_a_stuck_job_is_a_failure(pulse: Callable[..., None]) -> None:
    from apps.llm.doctor.operating import maintenance
    from apps.runs.maintenance import Passes

    pulse(sweeper=Passes(2.0, time.time() - 90))
    assert maintenance()[:2] == ("fail", "stuck: sweeper")


def test_a_full_disk_is_told_with_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.llm.doctor import operating

    for free, state in ((100 * 1024**2, "fail"), (2 * 1024**3, "warn"), (90 * 1024**3, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda folder, free=free: SimpleNamespace(free=free))
        found = operating.disk()
        assert found[0] == state
        assert "free at /" in found[1]


def test_a_clock_that_is_off_is_told_with_its_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.llm.doctor import operating

    ours = time.time
    monkeypatch.setattr("apps.llm.doctor.operating.time", SimpleNamespace(time=lambda: ours() + 10))
    assert operating.clock()[:2] == ("warn", "-10.0 s between the database and this host")


def test_a_worker_refuses_to_start_beside_vendors_variables_also_without_a_role(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from config.celery import CleanEnvironmentStep, app

    assert CleanEnvironmentStep in app.steps["worker"]
    monkeypatch.setenv("OPENAI_ORG_ID", "org-leaks")
    with pytest.raises(ImproperlyConfigured, match="OPENAI_ORG_ID"):
        CleanEnvironmentStep(None)
