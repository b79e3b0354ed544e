"""Runs: durable units of generation, their engine, their event log and its two skins (socket and SSE)."""

from django.apps import AppConfig

SWEEP_EVERY_S = 2.0
SEAL_EVERY_S = 30.0
SEAL_LATE_EVERY_S = 86_400.0
EXPIRE_EVERY_S = 600.0


class RunsConfig(AppConfig):
    name = "apps.runs"
    label = "runs"

    def ready(self) -> None:
        from apps.accounts.upkeep import remove_expired
        from apps.audit.chain import seal_all, seal_late
        from apps.runs.maintenance import Job, register_job
        from apps.runs.sweeper import Sweeper

        register_job(Job("sweeper", SWEEP_EVERY_S, Sweeper().sweep))
        register_job(Job("audit sealing", SEAL_EVERY_S, seal_all))
        register_job(Job("late audit sealing", SEAL_LATE_EVERY_S, seal_late))
        register_job(Job("expired sessions and links", EXPIRE_EVERY_S, remove_expired))
