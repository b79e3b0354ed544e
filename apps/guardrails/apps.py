"""Django's handle on the guardrails app."""

from __future__ import annotations

from django.apps import AppConfig


class GuardrailsConfig(AppConfig):
    name = "apps.guardrails"
    label = "guardrails"

    def ready(self) -> None:
        from apps.guardrails.models import MAP_FIELD
        from apps.guardrails.retention import EVERY_S, findings_forget
        from apps.runs.maintenance import Job, register_job
        from apps.vault import registry

        register_job(Job("findings of rules", EVERY_S, findings_forget))
        registry.register(model="guardrails.ConversationValues", column="sealed", field=MAP_FIELD)
