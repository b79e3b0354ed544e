"""manage.py maintain: the periodic work across tenants, until it is told to end."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.runs.maintenance import jobs, keep_pulse, repeat
from apps.tenants.platform import platform_scope


class Command(BaseCommand):
    help = "Run the maintenance jobs of all apps (sweeper, audit sealing, …) until SIGTERM."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every job on a thread of its own. Needs PLATFORM_DATABASE_URL."""
        try:
            with platform_scope():
                pass
        except Exception as error:
            raise CommandError(f"Maintenance cannot reach the database as the platform: {error}") from error
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        threads = [
            threading.Thread(target=repeat, args=(job, ended), name=job.name, daemon=True) for job in jobs()
        ]
        for thread in threads:
            thread.start()
        self.stderr.write(f"maintenance is ready: {', '.join(job.name for job in jobs())}")
        keep_pulse(ended)
        for thread in threads:
            thread.join(8)
