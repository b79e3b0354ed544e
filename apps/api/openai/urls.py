"""Routes below /v1/."""

from django.urls import path, re_path

from apps.api.openai import views

urlpatterns = [
    path("models", views.models, name="v1-models"),
    path("chat/completions", views.chat_completions, name="v1-chat-completions"),
    path("embeddings", views.embeddings, name="v1-embeddings"),
    re_path(r"^.*$", views.nowhere, name="v1-nowhere"),
]
