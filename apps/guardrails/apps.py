"""Django's handle on the guardrails app."""

from __future__ import annotations

from django.apps import AppConfig


class GuardrailsConfig(AppConfig):
    name = "apps.guardrails"
    label = "guardrails"

    def ready(self) -> None:
        from apps.guardrails.models import MAP_FIELD
        from apps.vault import registry

        registry.register(model="guardrails.ConversationValues", column="sealed", field=MAP_FIELD)
