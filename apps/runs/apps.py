"""Runs: durable units of generation, their engine, their event log and its two skins (socket and SSE)."""

from django.apps import AppConfig

SWEEP_EVERY_S = 2.0


class RunsConfig(AppConfig):
    name = "apps.runs"
    label = "runs"

    def ready(self) -> None:
        from apps.runs.maintenance import Job, register_job
        from apps.runs.sweeper import Sweeper

        register_job(Job("sweeper", SWEEP_EVERY_S, Sweeper().sweep))
