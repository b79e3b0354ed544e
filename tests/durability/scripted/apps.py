"""The app of the scripted kind: installed by ATRIUM_TEST_APPS, only in tests."""

from django.apps import AppConfig


class ScriptedConfig(AppConfig):
    name = "tests.durability.scripted"
    label = "scripted"

    def ready(self) -> None:
        from apps.runs.registry import register
        from tests.durability.scripted.kind import SCRIPTED

        register(SCRIPTED)
