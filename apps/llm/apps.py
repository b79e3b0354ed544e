"""Django's handle on the models app."""

from __future__ import annotations

from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "apps.llm"
    label = "llm"
    verbose_name = "Models"

    def ready(self) -> None:
        from apps.llm.endpoints import KEY_FIELD
        from apps.vault import registry

        registry.register(model="llm.Connection", column="sealed_key", field=KEY_FIELD)
