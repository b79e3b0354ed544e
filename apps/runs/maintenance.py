"""Periodic jobs of the maintenance process, registered by apps when they are ready."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connections

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """`work` is called every `every_s` seconds on a thread of its own; it may use `platform_scope`."""

    name: str
    every_s: float
    work: Callable[[], object]


_jobs: dict[str, Job] = {}


def register_job(job: Job) -> None:
    """Make the job part of `manage.py maintain`; the last registration of a name holds."""
    _jobs[job.name] = job


def jobs() -> list[Job]:
    """All registered jobs."""
    return list(_jobs.values())


def repeat(job: Job, ended: threading.Event) -> None:
    """Do the job until `ended` is set; a failure is logged and the job goes on."""
    while not ended.is_set():
        try:
            job.work()
        except Exception as error:  # noqa: BLE001 - a job outlives every fault of its databases
            logger.warning("The job %s failed: %s: %s", job.name, type(error).__name__, error)
        finally:
            connections.close_all()
        ended.wait(job.every_s)
