"""The REST surface: OpenAI's dialect under /v1, every app's own endpoints under /api/v1."""

from importlib.util import find_spec

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path

from apps.api.views import DocsPage, SchemaApi

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("apps.api.openai.urls")),
    path("docs/api/", DocsPage.as_view(), name="api-docs"),
    path("docs/api/errors", DocsPage.as_view(), name="api-errors"),
    path("api/v1/schema", SchemaApi.as_view(), name="api-schema"),
    *(
        path("api/v1/", include(f"{config.name}.api.urls"))
        for config in apps.get_app_configs()
        if config.name.startswith("apps.")
        and find_spec(f"{config.name}.api")
        and find_spec(f"{config.name}.api.urls")
    ),
]
