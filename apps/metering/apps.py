"""Django's handle on the metering app."""

from __future__ import annotations

from django.apps import AppConfig


class MeteringConfig(AppConfig):
    name = "apps.metering"
    label = "metering"
