"""The api app: the REST surface put together, and the kinds of runs behind /v1."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"
    label = "api"

    def ready(self) -> None:
        from apps.api.openai import kinds
        from apps.runs.registry import RunKind, register

        for kind, handle in (
            (kinds.COMPLETION, kinds.complete),
            (kinds.EMBEDDING, kinds.embed),
            (kinds.PICTURE, kinds.paint),
            (kinds.RERANK, kinds.rerank),
        ):
            register(RunKind(kind, handle, on_end=kinds.end_call, describe=kinds.nobodys_message))
