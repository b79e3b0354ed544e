"""The REST surface: OpenAI's dialect under /v1, every app's own endpoints under /api/v1."""

from importlib.util import find_spec

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("apps.api.openai.urls")),
    *(
        path("api/v1/", include(f"{config.name}.api.urls"))
        for config in apps.get_app_configs()
        if config.name.startswith("apps.")
        and find_spec(f"{config.name}.api")
        and find_spec(f"{config.name}.api.urls")
    ),
]
