"""The Celery application: queues `replies` (threads, the engine) and `ingest` (prefork)."""

import os
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")  # noqa: TID251 - before settings are read
os.environ.setdefault("CELERY_SKIP_CHECKS", "yes")  # noqa: TID251 - they load every page; `migrate` runs them

from django.conf import settings

from apps.runs.engine.bootstep import EngineStep
from config import env


class CleanEnvironmentStep(bootsteps.Step):
    """Refuses to start a worker beside variables that vendors' SDKs read, also one without ATRIUM_ROLE."""

    def __init__(self, worker: Any, **options: Any) -> None:
        env.refuse_vendor_variables()
        super().__init__(worker, **options)


app = Celery("atrium")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_transport_options={
        "ack_emulation": False,
        "priority_steps": [0],
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "health_check_interval": 10,
    },
    broker_connection_retry_on_startup=True,
    task_acks_late=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    # Ingestion is nice: beside full cores a fork takes more than the usual 4 s, and would be killed for ever.
    worker_proc_alive_timeout=120.0,
    worker_disable_rate_limits=True,
    worker_hijack_root_logger=False,
    task_publish_retry_policy={
        "max_retries": 2,
        "interval_start": 0,
        "interval_step": 0.3,
        "interval_max": 0.5,
    },
    task_default_queue="ingest",
    enable_utc=True,
    timezone="UTC",
)
app.steps["worker"].update((CleanEnvironmentStep, EngineStep))
app.autodiscover_tasks()
