"""Routes below /v1/."""

from django.urls import path, re_path

from apps.api.openai import views
from apps.api.openai.stores.urls import urlpatterns as stores

urlpatterns = [
    path("models", views.models, name="v1-models"),
    path("models/<path:model_id>", views.model, name="v1-model"),
    path("chat/completions", views.chat_completions, name="v1-chat-completions"),
    path("embeddings", views.embeddings, name="v1-embeddings"),
    path("images/generations", views.images, name="v1-images"),
    path("rerank", views.rerank, name="v1-rerank"),
    *stores,
    re_path(r"^(?:files|vector_stores)/.+$", views.nothing, name="v1-nothing"),
    re_path(r"^.*$", views.nowhere, name="v1-nowhere"),
]
