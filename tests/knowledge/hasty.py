"""The Celery application with turns of half a second, for a worker of tests."""

import django

django.setup()

from apps.knowledge import ingesting  # noqa: E402 - models come after the set-up
from config.celery import app  # noqa: E402

ingesting.TURN_S = 0.5  # type: ignore[misc]  # a large document of tests is small

__all__ = ["app"]
