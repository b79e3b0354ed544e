"""Starts the engine with a Celery worker of the queue `replies`, and drains it before the pool stops."""

from __future__ import annotations

import logging
import os
import secrets
import sys
from typing import Any

from celery import bootsteps

from apps.runs.engine.collector import calm_collector
from apps.runs.engine.running import engine_of_process, set_engine

logger = logging.getLogger(__name__)

QUEUE = "replies"
SWITCH_S = 0.001
"""How long a thread may keep the others from the interpreter; Python's own 5 ms delay first tokens."""


class EngineStep(bootsteps.StartStopStep):
    """Requires the pool, so that its stop comes before the pool's, where raising would hang the process."""

    requires = ("celery.worker.components:Pool",)

    def include_if(self, worker: Any) -> bool:
        """Only where replies are consumed."""
        return QUEUE in worker.app.amqp.queues.consume_from

    def start(self, worker: Any) -> None:
        """Start the loop before the first hint comes."""
        from apps.runs.engine.engine import Engine

        sys.setswitchinterval(SWITCH_S)
        calm_collector()
        name = f"{os.uname().nodename[:32]}:{os.getpid()}:{secrets.token_hex(4)}"
        engine = Engine(name, places=worker.concurrency)
        engine.start()
        set_engine(engine)

    def stop(self, worker: Any) -> None:
        """Let runs end for a while, interrupt the rest."""
        from django.conf import settings

        engine = engine_of_process()
        if engine is None:
            return
        set_engine(None)
        try:
            engine.drain(settings.RUN_DRAIN_SECONDS)
        except Exception:
            logger.exception("The engine could not be drained; the sweeper settles what it left.")

    def terminate(self, worker: Any) -> None:
        """As stop: a second signal does not lose text."""
        self.stop(worker)
