"""Routes of readers below /api/v1/."""

from django.urls import path

from apps.knowledge.api import access

urlpatterns = [
    path(
        "documents/<uuid:document_id>/access", access.DocumentAccessApi.as_view(), name="api-document-access"
    ),
    path(
        "documents/<uuid:document_id>/access/effect",
        access.DocumentEffectApi.as_view(),
        name="api-document-effect",
    ),
    path(
        "documents/<uuid:document_id>/readers",
        access.DocumentReadersApi.as_view(),
        name="api-document-readers",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/readers",
        access.KnowledgeBaseReadersApi.as_view(),
        name="api-knowledge-base-readers",
    ),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/access/effect",
        access.KnowledgeBaseEffectApi.as_view(),
        name="api-knowledge-base-effect",
    ),
    path("documents/<uuid:document_id>/why", access.DocumentWhyApi.as_view(), name="api-document-why"),
    path(
        "knowledge-bases/<uuid:knowledge_base_id>/folder-access",
        access.FolderAccessApi.as_view(),
        name="api-folder-access",
    ),
]
