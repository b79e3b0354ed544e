"""Routes of embedding models below /api/v1/."""

from django.urls import path

from apps.knowledge.api import embeddings

urlpatterns = [
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/embedding",
        embeddings.EmbeddingApi.as_view(),
        name="api-embedding",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/reembeddings",
        embeddings.ReembeddingListApi.as_view(),
        name="api-reembeddings",
    ),
    path("reembeddings/<uuid:reembedding_id>", embeddings.ReembeddingApi.as_view(), name="api-reembedding"),
    path(
        "reembeddings/<uuid:reembedding_id>/pause",
        embeddings.ReembeddingPauseApi.as_view(),
        name="api-reembedding-pause",
    ),
    path(
        "reembeddings/<uuid:reembedding_id>/resume",
        embeddings.ReembeddingResumeApi.as_view(),
        name="api-reembedding-resume",
    ),
    path(
        "reembeddings/<uuid:reembedding_id>/cancel",
        embeddings.ReembeddingCancelApi.as_view(),
        name="api-reembedding-cancel",
    ),
    path("embedding-default", embeddings.EmbeddingDefaultApi.as_view(), name="api-embedding-default"),
]
