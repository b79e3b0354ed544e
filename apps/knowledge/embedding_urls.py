"""Addresses of the pages about embedding models."""

from django.urls import path

from apps.knowledge.views import embeddings

urlpatterns = [
    path(
        "knowledge/<uuid:knowledge_base_id>/embedding",
        embeddings.EmbeddingPage.as_view(),
        name="knowledge-embedding",
    ),
    path(
        "knowledge/<uuid:knowledge_base_id>/embedding/change",
        embeddings.ReembeddingPage.as_view(),
        name="knowledge-reembedding",
    ),
    path(
        "admin/knowledge/embedding-default",
        embeddings.EmbeddingDefaultPage.as_view(),
        name="admin-embedding-default",
    ),
]
