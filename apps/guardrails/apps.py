"""Django's handle on the guardrails app."""

from __future__ import annotations

from django.apps import AppConfig


class GuardrailsConfig(AppConfig):
    name = "apps.guardrails"
    label = "guardrails"
