"""Django's handle on the knowledge app."""

from __future__ import annotations

from django.apps import AppConfig

SWEEP_EVERY_S = 5.0
ORPHANS_EVERY_S = 1800.0


class KnowledgeConfig(AppConfig):
    name = "apps.knowledge"
    label = "knowledge"
    verbose_name = "Knowledge"

    def ready(self) -> None:
        from apps.files.upkeep import remove_orphans
        from apps.knowledge.sweeping import sweep
        from apps.runs.maintenance import Job, register_job

        register_job(Job("documents", SWEEP_EVERY_S, sweep))
        register_job(Job("orphaned files", ORPHANS_EVERY_S, remove_orphans))
