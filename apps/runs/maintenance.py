"""Periodic jobs of the maintenance process, registered by apps when they are ready, and its pulse.

The pulse is one key in Redis, written every few seconds and soon forgotten: the doctor reads it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import orjson
from django.db import connections

from apps.runs.live import FAULTS, connect_sync

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

PULSE: Final = "maintenance:pulse"
PULSE_EVERY_S: Final = 5.0
_FORGOTTEN_AFTER_S: Final = 30


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


@dataclass(slots=True)
class Passes:
    """How it stands with a job: its interval, when its last pass ended (Unix time), with what fault."""

    every_s: float
    ended_at: float
    fault: str = ""


_passes: dict[str, Passes] = {}


def repeat(job: Job, ended: threading.Event) -> None:
    """Do the job until `ended` is set; a failure is logged and the job goes on."""
    passes = _passes[job.name] = Passes(job.every_s, time.time())
    while not ended.is_set():
        fault = ""
        try:
            job.work()
        except Exception as error:  # noqa: BLE001 - a job outlives every fault of its databases
            fault = f"{type(error).__name__}: {error}"
            logger.warning("The job %s failed: %s", job.name, fault)
        finally:
            connections.close_all()
        passes.ended_at, passes.fault = time.time(), fault
        ended.wait(job.every_s)


def keep_pulse(ended: threading.Event) -> None:
    """Tell in Redis how the jobs stand, until `ended` is set."""
    redis = connect_sync()
    while not ended.is_set():
        try:
            told = orjson.dumps({name: asdict(each) for name, each in dict(_passes).items()})
            redis.set(PULSE, told, ex=_FORGOTTEN_AFTER_S)
        except FAULTS:
            logger.warning("Redis is away: the doctor can not see that maintenance runs.")
        ended.wait(PULSE_EVERY_S)
    redis.close()


def pulse(redis: Redis) -> dict[str, Passes] | None:
    """How the jobs of the maintenance process stand, None where none runs; raises RedisError."""
    told = redis.get(PULSE)
    if told is None:
        return None
    return {name: Passes(**each) for name, each in orjson.loads(told).items()}
