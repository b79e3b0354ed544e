"""Routes below /api/v1/."""

from django.urls import path

from apps.knowledge.api import chunks, documents, knowledge_bases, quotas, uploads, versions
from apps.knowledge.api.access_urls import urlpatterns as access
from apps.knowledge.api.care_urls import urlpatterns as care
from apps.knowledge.api.class_urls import urlpatterns as classes
from apps.knowledge.api.embedding_urls import urlpatterns as embeddings
from apps.knowledge.api.evaluation_urls import urlpatterns as evaluation
from apps.knowledge.api.narrowing_urls import urlpatterns as narrowing
from apps.knowledge.api.source_urls import urlpatterns as sources

urlpatterns = [
    *access,
    *care,
    *classes,
    *embeddings,
    *narrowing,
    *evaluation,
    *sources,
    path("knowledge-bases", knowledge_bases.KnowledgeBaseListApi.as_view(), name="api-knowledge-bases"),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>",
        knowledge_bases.KnowledgeBaseApi.as_view(),
        name="api-knowledge-base",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/documents",
        knowledge_bases.DocumentListApi.as_view(),
        name="api-documents",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/search",
        knowledge_bases.SearchListApi.as_view(),
        name="api-knowledge-base-search",
    ),
    path("searches", knowledge_bases.SearchesApi.as_view(), name="api-searches"),
    path("searches/<uuid:search_id>", knowledge_bases.SearchApi.as_view(), name="api-search"),
    path("documents/<uuid:document_id>", documents.DocumentApi.as_view(), name="api-document"),
    path(
        "documents/<uuid:document_id>/retry",
        documents.DocumentRetryApi.as_view(),
        name="api-document-retry",
    ),
    path(
        "documents/<uuid:document_id>/content",
        documents.DocumentContentApi.as_view(),
        name="api-document-content",
    ),
    path("documents/<uuid:document_id>/chunks", chunks.ChunkListApi.as_view(), name="api-chunks"),
    path("documents/<uuid:document_id>/versions", versions.VersionListApi.as_view(), name="api-versions"),
    path(
        "documents/<uuid:document_id>/reprocess",
        versions.ReprocessApi.as_view(),
        name="api-document-reprocess",
    ),
    path("documents/<uuid:document_id>/pause", versions.PauseApi.as_view(), name="api-document-pause"),
    path("documents/<uuid:document_id>/resume", versions.ResumeApi.as_view(), name="api-document-resume"),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/uploads",
        uploads.UploadListApi.as_view(),
        name="api-uploads",
    ),
    path("knowledge-bases/<uuid:knowledge_base_id>/quota", quotas.QuotaApi.as_view(), name="api-quota"),
    path("uploads/<uuid:upload_id>", uploads.UploadApi.as_view(), name="api-upload"),
    path("chunks/<uuid:chunk_id>", chunks.ChunkApi.as_view(), name="api-chunk"),
    path("files/<uuid:file_id>", documents.FileApi.as_view(), name="api-file"),
]
