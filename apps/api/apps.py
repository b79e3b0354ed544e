"""The api app: the REST surface put together, and the kinds of runs behind /v1."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"
    label = "api"

    def ready(self) -> None:
        from apps.api.openai.kinds import COMPLETION, EMBEDDING, complete, embed, end_call, nobodys_message
        from apps.runs.registry import RunKind, register

        for kind, handle in ((COMPLETION, complete), (EMBEDDING, embed)):
            register(RunKind(kind, handle, on_end=end_call, describe=nobodys_message))
